import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Env, problemsOf } from '../support/config-problems.ts'

const notNumbers =
  'not a list of key numbers, expected one to three from 1 to 999, each once, with commas between'

const refused: [story: string, env: Env, problem: string][] = [
  [
    'a request key’s number twice',
    { ROLECALL_SAML_SIGNING_KEYS: '2,2' },
    `ROLECALL_SAML_SIGNING_KEYS: ${notNumbers}`,
  ],
  [
    'a request key of no number',
    { ROLECALL_SAML_SIGNING_KEYS: '0' },
    `ROLECALL_SAML_SIGNING_KEYS: ${notNumbers}`,
  ],
  [
    'four request keys',
    { ROLECALL_SAML_SIGNING_KEYS: '1,2,3,4' },
    `ROLECALL_SAML_SIGNING_KEYS: ${notNumbers}`,
  ],
]

for (const [story, env, problem] of refused) {
  test(`${story} is refused, and named`, () => assert.deepEqual(problemsOf(env), [problem]))
}
