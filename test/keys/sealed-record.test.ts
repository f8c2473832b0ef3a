import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createKeyring } from '../../server/keys/keyring.ts'
import { openRecord, sealRecord } from '../../server/keys/sealed-record.ts'

const master = randomBytes(32)
const keyring = createKeyring([master])

test('what was sealed opens to the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string(), (bytes, bound) => {
      const sealed = sealRecord(keyring, 'session-token-seal', Buffer.from(bytes), bound)
      assert.deepEqual(openRecord(keyring, 'session-token-seal', sealed, bound), Buffer.from(bytes))
    }),
    { numRuns: 200 },
  )
})

test('a record with any one bit turned does not open', () => {
  const sealed = sealRecord(keyring, 'session-token-seal', Buffer.from('a secret'), 'ASIA1')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const tampered = Buffer.from(sealed)
    tampered[bit >> 3] = (tampered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.equal(openRecord(keyring, 'session-token-seal', tampered, 'ASIA1'), undefined, `bit ${bit}`)
  }
})

test('a record cut short anywhere does not open', () => {
  const sealed = sealRecord(keyring, 'session-token-seal', Buffer.from('a secret'), 'ASIA1')
  for (let length = 0; length < sealed.length; length++) {
    assert.equal(openRecord(keyring, 'session-token-seal', sealed.subarray(0, length), 'ASIA1'), undefined)
  }
})

for (const [story, open] of [
  ['under another binding', (sealed: Buffer) => openRecord(keyring, 'session-token-seal', sealed, 'ASIA2')],
  ['for another purpose', (sealed: Buffer) => openRecord(keyring, 'encoded-message', sealed, 'ASIA1')],
  [
    'under another master key',
    (sealed: Buffer) => openRecord(createKeyring([randomBytes(32)]), 'session-token-seal', sealed, 'ASIA1'),
  ],
] as const) {
  test(`a record does not open ${story}`, () => {
    assert.equal(open(sealRecord(keyring, 'session-token-seal', Buffer.from('x'), 'ASIA1')), undefined)
  })
}

test('a record still opens when its master key has become the previous one', () => {
  const sealed = sealRecord(keyring, 'signing-key-at-rest', Buffer.from('x'), 'kid')
  const rotated = createKeyring([randomBytes(32), master])
  assert.deepEqual(openRecord(rotated, 'signing-key-at-rest', sealed, 'kid'), Buffer.from('x'))
  const fresh = sealRecord(rotated, 'signing-key-at-rest', Buffer.from('y'), 'kid')
  assert.equal(
    openRecord(keyring, 'signing-key-at-rest', fresh, 'kid'),
    undefined,
    'new records are under the new key',
  )
})

test('no two records share a salt, so that no two share a key and nonce', () => {
  const salts = Array.from({ length: 2000 }, () =>
    sealRecord(keyring, 'session-token-seal', Buffer.from('same'), 'same').subarray(5, 21).toString('hex'),
  )
  assert.equal(new Set(salts).size, salts.length)
})
