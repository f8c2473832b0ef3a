import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomSalt } from '../../server/keys/random-salt.ts'

test('no bytes are handed out twice, across many refills of the pool', () => {
  const salts = Array.from({ length: 5_000 }, () => randomSalt(16).toString('hex'))
  assert.equal(new Set(salts).size, salts.length)
  assert.ok(!salts.includes('0'.repeat(32)))
})

test('what is handed out is the caller’s own: writing to it changes nothing that comes later', () => {
  const first = randomSalt(16)
  const before = randomSalt(16)
  first.fill(0xff)
  assert.notDeepEqual(before, first)
})
