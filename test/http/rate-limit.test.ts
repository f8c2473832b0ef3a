import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal, retryHeaders, throttled } from '../../server/base/refusal.ts'
import { createRateLimit } from '../../server/http/rate-limit.ts'

test('a burst goes through, the rest waits for its tokens', () => {
  let nowMs = 0
  const limit = createRateLimit({ perSecond: 2, burst: 3 }, () => nowMs)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => limit.take('a')),
    [true, true, true, false],
  )
  assert.equal(limit.take('b'), true, 'others are not concerned')
  nowMs = 500
  assert.equal(limit.take('a'), true)
  assert.equal(limit.take('a'), false)
})

test('whoever has to wait is told until when', () => {
  let nowMs = 0
  const limit = createRateLimit({ perSecond: 1 / 60, burst: 1 }, () => nowMs)
  limit.requireToken('a')
  nowMs = 15_500
  const refusal = refusalIn(() => limit.requireToken('a'))
  assert.equal(refusal.reason, 'request.throttled')
  assert.deepEqual(retryHeaders(refusal), { 'retry-after': '45' })
  nowMs += 45_000
  limit.requireToken('a')
})

test('a wait is whole seconds, and never none', () => {
  for (const [waitMs, seconds] of [
    [0, '1'],
    [1, '1'],
    [1_000, '1'],
    [1_001, '2'],
  ] as const) {
    assert.deepEqual(retryHeaders(throttled(waitMs)), { 'retry-after': seconds })
  }
  assert.deepEqual(retryHeaders(new Refusal('request.throttled')), { 'retry-after': '1' })
  assert.deepEqual(retryHeaders(new Refusal('password.refused')), {})
})

test('a clock that is set back neither gives nor takes tokens', () => {
  let nowMs = 10_000
  const limit = createRateLimit({ perSecond: 1, burst: 1 }, () => nowMs)
  assert.equal(limit.take('a'), true)
  nowMs = 0
  assert.equal(limit.take('a'), false)
})

test('however many keys come, the table stays bounded', () => {
  const limit = createRateLimit({ perSecond: 0, burst: 1, mostKeys: 10 }, () => 0)
  assert.equal(limit.take('first'), true)
  for (let n = 0; n < 10; n++) limit.take(String(n))
  assert.equal(limit.take('first'), true, 'the eldest was forgotten')
})

test('whoever was seen again is forgotten after those who were not', () => {
  const limit = createRateLimit({ perSecond: 0, burst: 1, mostKeys: 3 }, () => 0)
  const isForgotten = (key: string) => limit.take(key)
  for (const key of ['a', 'b', 'c', 'a', 'd', 'b', 'd', 'e']) limit.take(key)
  assert.equal(isForgotten('d'), false)
  assert.equal(isForgotten('b'), false)
  assert.equal(isForgotten('a'), true)
})

function refusalIn(act: () => void): Refusal {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  return assert.fail('it was not refused')
}
