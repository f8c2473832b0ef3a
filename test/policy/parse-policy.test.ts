import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../../server/base/refusal.ts'
import { parsePolicy } from '../../server/policy/parse-policy.ts'

for (const [story, condition] of [
  ['in the place of operators', (deep: string) => deep],
  ['in the place of keys', (deep: string) => `{"StringEquals":${deep}}`],
  ['in the place of values', (deep: string) => `{"StringEquals":{"aws:username":[${deep}]}}`],
] as const) {
  test(`a document that nests thousands of levels deep ${story} is refused like any other that is none`, () => {
    const deep = `${'['.repeat(9_000)}${']'.repeat(9_000)}`
    const document = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":${condition(deep)}}}`
    assert.throws(
      () => parsePolicy(document, 'identity'),
      (error: unknown) => error instanceof Refusal && error.reason === 'policy.malformed',
    )
  })
}
