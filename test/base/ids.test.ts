import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newRequestId, requestTimeMs } from '../../server/base/ids.ts'

test('a request’s id is a UUID that tells when the request came', () => {
  for (const atMs of [0, 1, Date.now(), 2 ** 48 - 1]) {
    const id = newRequestId(atMs)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(requestTimeMs(id), atMs)
  }
})

test('the ids of one moment differ', () => {
  assert.equal(new Set(Array.from({ length: 1_000 }, () => newRequestId(1))).size, 1_000)
})

for (const other of ['', 'x', '2c5ea4c0-4067-41e1-8bad-9b1deb4d3b7d', `${newRequestId(1)}0`]) {
  test(`${other || 'nothing'} tells no time`, () => assert.equal(requestTimeMs(other), undefined))
}
