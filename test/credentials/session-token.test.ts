import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../../server/base/refusal.ts'
import { mint, secretOf } from '../../server/credentials/mint.ts'
import { maxTokenLength, openSession } from '../../server/credentials/session-token.ts'
import { createKeyring } from '../../server/keys/keyring.ts'

const oldMaster = randomBytes(32)
const keyring = createKeyring([oldMaster])

const asked = {
  kind: 'role' as const,
  principalId: 'AROAEXAMPLE',
  name: 'ada',
  person: { issuer: 'https://accounts.google.com', subject: '1234' },
  proof: {
    provider: 'accounts.google.com',
    audience: 'client',
    subjectKey: 'accounts.google.com:sub',
    audienceKey: 'accounts.google.com:aud',
  },
  issuedAtSeconds: 1_000,
  expiresAtSeconds: 4_600,
  ancestors: [],
  tags: {},
  transitiveTagKeys: [],
  policyArns: [],
  demo: false,
}

test('a session comes out of its token as it went in', () => {
  const text = fc.string({ maxLength: 60 })
  fc.assert(
    fc.property(
      fc.record(
        {
          name: text,
          kind: fc.constantFrom('role', 'user', 'federatedUser'),
          person: fc.record(
            {
              issuer: fc.string({ minLength: 1, maxLength: 60 }),
              subject: text,
              personId: text,
              provenAtSeconds: fc.nat(),
              endsAtSeconds: fc.nat(),
            },
            { noNullPrototype: true, requiredKeys: ['issuer', 'subject'] },
          ),
          mfaAtSeconds: fc.nat(),
          ancestors: fc.array(
            fc.record(
              { accessKeyId: text, principalId: text, issuedAtSeconds: fc.nat() },
              { noNullPrototype: true },
            ),
            { maxLength: 4 },
          ),
          tags: fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true }),
          transitiveTagKeys: fc.array(text, { maxLength: 3 }),
          policyArns: fc.array(text, { maxLength: 3 }),
          policy: text,
          sourceIdentity: text,
          demo: fc.boolean(),
        },
        {
          requiredKeys: [
            'name',
            'kind',
            'person',
            'ancestors',
            'tags',
            'transitiveTagKeys',
            'policyArns',
            'demo',
          ],
        },
      ),
      session => {
        const { credentials, session: minted } = mint(keyring, { ...asked, ...session })
        const opened = openSession(keyring, credentials.sessionToken, credentials.accessKeyId)
        assert.deepEqual(opened?.session, minted)
      },
    ),
    { numRuns: 200 },
  )
})

test('the three strings look like those of AWS', () => {
  const { credentials } = mint(keyring, asked)
  assert.match(credentials.accessKeyId, /^ASIA[A-Z2-7]{16}$/)
  assert.match(credentials.secretAccessKey, /^[A-Za-z0-9+/]{40}$/)
  assert.match(credentials.sessionToken, /^[A-Za-z0-9_-]+$/)
})

test("a victim's session token is worth nothing under one's own access key id", () => {
  const victim = mint(keyring, asked).credentials
  const attacker = mint(keyring, asked).credentials
  assert.equal(openSession(keyring, victim.sessionToken, attacker.accessKeyId), undefined)
})

for (const [story, spoil] of [
  ['cut short', (token: string) => token.slice(0, -4)],
  ['with a character added', (token: string) => `${token}A`],
  ['with padding', (token: string) => `${token}==`],
  ['with white space inside', (token: string) => `${token.slice(0, 20)} ${token.slice(20)}`],
  ['in the other base64 alphabet', (token: string) => Buffer.from(token, 'base64url').toString('base64')],
  ['that is empty', () => ''],
  ['that is no base64', () => '\u0000\ud800!'],
  ['longer than any of ours', (token: string) => token + 'A'.repeat(maxTokenLength)],
] as const) {
  test(`a token ${story} does not open`, () => {
    // A multiple of three bytes would need no padding, and some of these would change nothing.
    let { credentials } = mint(keyring, asked)
    while (Buffer.from(credentials.sessionToken, 'base64url').toString('base64').match(/[+/]/) === null) {
      credentials = mint(keyring, asked).credentials
    }
    const spoiled = spoil(credentials.sessionToken)
    assert.equal(openSession(keyring, spoiled, credentials.accessKeyId), undefined)
  })
}

test('a token and its secret outlive one rotation of the master key, and end with the next', () => {
  const { credentials } = mint(keyring, asked)
  const rotated = createKeyring([randomBytes(32), oldMaster])
  const opened = openSession(rotated, credentials.sessionToken, credentials.accessKeyId)
  assert.ok(opened)
  assert.equal(secretOf(rotated, opened), credentials.secretAccessKey)
  const twice = createKeyring([randomBytes(32), randomBytes(32)])
  assert.equal(openSession(twice, credentials.sessionToken, credentials.accessKeyId), undefined)
})

test('policies and tags that do not fit into a token are refused, not cut', () => {
  assert.throws(
    () => mint(keyring, { ...asked, policy: 'x'.repeat(8192) }),
    (error: unknown) => error instanceof Refusal && error.reason === 'policy.packedTooLarge',
  )
})

test('the longest that the wire lets through still fits', () => {
  const tags = Object.fromEntries(
    Array.from({ length: 8 }, (_, n) => [`${n}`.padEnd(128, 'k'), 'v'.repeat(256)]),
  )
  const { credentials } = mint(keyring, { ...asked, policy: 'x'.repeat(2048), tags })
  assert.ok(credentials.sessionToken.length <= maxTokenLength)
})
