/** Holds docs/guides/secrets-at-rest.md to what the service takes. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parseEnv } from 'node:util'
import { readConfig } from '../server/config.ts'
import { decide } from '../server/policy/decide/decide.ts'
import { parsePolicy } from '../server/policy/parse-policy.ts'
import { readGuide } from './support/run-guide.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const guide = readGuide('secrets-at-rest.md')
const folder = temporaryFolder()
for (const name of ['master-key', 'master-key-new']) {
  writeFileSync(join(folder, name), `${randomBytes(32).toString('base64')}\n`)
  chmodSync(join(folder, name), 0o400)
}
const settings = [...guide.text.matchAll(/^( *)```ini\n([\s\S]*?)^ *```$/gm)].map(
  ([, indent = '', body = '']) =>
    body.replaceAll(new RegExp(`^${indent}`, 'gm'), '').replaceAll('/run/secrets', folder),
)

describe('the settings of the guide', () => {
  test('were found', () => assert.equal(settings.length, 5))

  for (const [n, text] of settings.entries()) {
    test(`number ${n + 1} starts a service`, () => {
      const config = readConfig(parseEnv(text))
      assert.ok(config.masterKey !== undefined || config.secretsKms !== undefined)
    })
  }

  test('turn round between the two rounds, and end as one node does', () => {
    const [alone, first, second] = settings.map(text => readConfig(parseEnv(text)))
    assert.deepEqual(first?.masterKey, second?.previousMasterKey)
    assert.deepEqual(first?.previousMasterKey, second?.masterKey)
    assert.deepEqual(alone?.masterKey, second?.masterKey)
  })

  test('have the key service wrap, and on the way back only unwrap', () => {
    const kms = settings.map(text => readConfig(parseEnv(text)).secretsKms).filter(one => one !== undefined)
    assert.deepEqual(
      kms.map(({ wraps, region }) => [wraps, region]),
      [
        [true, 'eu-central-1'],
        [false, 'eu-central-1'],
      ],
    )
  })
})

describe('the policy of the guide', () => {
  const [json = ''] = guide.blocks('json')
  const policy = parsePolicy(json.replace('ROLECALL-ACCOUNT', '123456789012'), 'identity')
  const key = JSON.parse(json).Statement[0].Resource
  const outcomeOf = (action: string, secret: string) =>
    decide(
      { identity: [policy] },
      {
        principal: {
          kind: 'user',
          accountId: '111122223333',
          arn: 'arn:aws:iam::111122223333:user/rolecall',
        },
        action,
        resource: key,
        context: new Map([['kms:encryptioncontext:secretarn', [secret]]]),
      },
    ).outcome
  const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret'

  for (const [story, action, secret, outcome] of [
    ['wrapping', 'kms:Encrypt', `${arn}:a-abcdef`, 'allowed'],
    ['unwrapping', 'kms:Decrypt', `${arn}:a-abcdef`, 'allowed'],
    ['the look at the start', 'kms:Encrypt', `${arn}:rolecall-key-check`, 'allowed'],
    [
      'another account’s secrets',
      'kms:Decrypt',
      arn.replace('1234', '9999').concat(':a'),
      'implicitlyDenied',
    ],
    ['more', 'kms:ScheduleKeyDeletion', `${arn}:a-abcdef`, 'implicitlyDenied'],
  ] as const) {
    test(`${story}: ${outcome}`, () => assert.equal(outcomeOf(action, secret), outcome))
  }
})
