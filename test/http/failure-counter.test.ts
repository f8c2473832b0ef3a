import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateLimiterRes } from 'rate-limiter-flexible'
import { FailureCounter } from '../../server/http/failure-counter.ts'

function start({ points = 3, seconds = 60, mostKeys = 10 } = {}) {
  let nowMs = 1_000_000
  const counter = new FailureCounter({ points, seconds, mostKeys }, () => nowMs)
  const consume = (key = 'ada') =>
    counter.consume(key).then(
      () => 'taken' as const,
      (error: unknown) => (error instanceof RateLimiterRes ? error.msBeforeNext : assert.fail(String(error))),
    )
  return { counter, consume, advanceMs: (ms: number) => (nowMs += ms) }
}

test('a key has so many points a window, and is then told when the window ends', async () => {
  const { consume, advanceMs } = start()
  for (let n = 0; n < 3; n++) assert.equal(await consume(), 'taken')
  advanceMs(20_000)
  assert.equal(await consume(), 40_000)
  assert.equal(await consume('ben'), 'taken', 'others are not concerned')
  advanceMs(39_999)
  assert.equal(await consume(), 1, 'whoever goes on meanwhile waits no longer for it')
  advanceMs(1)
  assert.equal(await consume(), 'taken')
})

test('of many at once, as many go through as there are points', async () => {
  const { consume } = start()
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => consume()))
  assert.deepEqual(outcomes, [...Array(3).fill('taken'), ...Array(7).fill(60_000)])
})

test('a point that is given back can be taken again, and a key without points takes no place', async () => {
  const { counter, consume } = start({ points: 1 })
  assert.equal(await consume(), 'taken')
  assert.equal((await counter.get('ada'))?.remainingPoints, 0)
  await counter.reward('ada')
  assert.equal(counter.size, 0)
  await counter.reward('ada')
  assert.equal(await consume(), 'taken', 'but no more than were taken')
  assert.notEqual(await consume(), 'taken')
})

test('a point that comes back after its window has ended is none of the next one', async () => {
  const { counter, consume, advanceMs } = start({ points: 1 })
  await consume()
  advanceMs(60_000)
  await counter.reward('ada')
  assert.equal(await counter.get('ada'), null)
  assert.equal(await consume(), 'taken')
  assert.notEqual(await consume(), 'taken')
})

test('windows that have ended leave as others come, with no timer', async () => {
  const { counter, consume, advanceMs } = start()
  for (let n = 0; n < 5; n++) await consume(String(n))
  advanceMs(59_999)
  await consume('later')
  assert.equal(counter.size, 6)
  advanceMs(1)
  await consume('later')
  assert.equal(counter.size, 1)
  assert.ok(!process.getActiveResourcesInfo().includes('Timeout'))
})

test('when the table is full, the window goes that would be the next to end', async () => {
  const { counter, consume, advanceMs } = start({ points: 1 })
  for (let n = 0; n < 10; n++) {
    await consume(String(n))
    advanceMs(1)
  }
  // To be seen again makes no window newer.
  await consume('0')
  await consume('one more')
  assert.equal(counter.size, 10)
  assert.equal(await counter.get('0'), null)
  assert.equal((await counter.get('1'))?.remainingPoints, 0)
})

test('a clock that is set back makes nobody wait for more than a window', async () => {
  const { consume, advanceMs } = start({ points: 1 })
  await consume()
  advanceMs(-86_400_000)
  assert.equal(await consume(), 'taken')
  assert.equal(await consume(), 60_000)
})
