import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../../../server/base/refusal.ts'
import {
  momentIn,
  nextAppointment,
  nextWindow,
} from '../../../server/secrets/rotation/schedule/next-rotation.ts'
import { type Rules, readSchedule } from '../../../server/secrets/rotation/schedule/schedule.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** A Wednesday. */
const nowMs = Date.parse('2026-07-01T10:30:00Z')

/** The openings of the next windows, each after a rotation at the moment of the one before. */
function openings(rules: Rules, count: number): string[] {
  const schedule = readSchedule(rules) ?? assert.fail('no schedule')
  const found: string[] = []
  for (let atMs = nowMs; found.length < count; ) {
    const window = nextWindow(schedule, atMs, atMs) ?? assert.fail('no window')
    found.push(
      `${new Date(window.opensAtMs).toISOString().slice(5, 13)} ${(window.closesAtMs - window.opensAtMs) / hourMs}h`,
    )
    atMs = momentIn(window, 'some-secret', atMs)
  }
  return found
}

describe('windows', () => {
  for (const [rules, ...expected] of [
    [{ afterDays: 30 }, '07-31T00 24h', '08-30T00 24h'],
    [{ afterDays: 1, duration: '3h' }, '07-02T00 3h', '07-03T00 3h'],
    [{ schedule: 'rate(10 days)' }, '07-11T00 24h', '07-21T00 24h'],
    [{ schedule: 'rate(1 day)', duration: '2h' }, '07-02T00 2h'],
    [{ schedule: 'rate(4 hours)' }, '07-01T12 1h', '07-01T16 1h', '07-01T20 1h', '07-02T00 1h'],
    [{ schedule: 'rate(12 hours)', duration: '12h' }, '07-01T12 12h', '07-02T00 12h'],
    [{ schedule: 'cron(0 16 1,15 * ? *)', duration: '2h' }, '07-01T16 2h', '07-15T16 2h', '08-01T16 2h'],
    [{ schedule: 'cron(0 8 * * ? *)' }, '07-02T08 16h', '07-03T08 16h'],
    [{ schedule: 'cron(0 4/12 * * ? *)' }, '07-01T16 1h', '07-02T04 1h', '07-02T16 1h'],
    [{ schedule: 'cron(0 /8 ? * * *)', duration: '8h' }, '07-01T16 8h', '07-02T00 8h'],
    [
      { schedule: 'cron(0 8 1/7 * ? *)' },
      '07-08T08 16h',
      '07-15T08 16h',
      '07-22T08 16h',
      '07-29T08 16h',
      '08-01T08 16h',
    ],
    [{ schedule: 'cron(0 0 ? * SUN#1 *)' }, '07-05T00 24h', '08-02T00 24h'],
    [{ schedule: 'cron(0 0 ? * 1 *)' }, '07-05T00 24h', '07-12T00 24h'],
    [{ schedule: 'cron(0 0 ? * MON-FRI *)' }, '07-02T00 24h', '07-03T00 24h', '07-06T00 24h'],
    [{ schedule: 'cron(0 0 ? * L *)' }, '07-04T00 24h', '07-11T00 24h'],
    [{ schedule: 'cron(0 0 ? * FRIL *)' }, '07-31T00 24h', '08-28T00 24h'],
    [{ schedule: 'cron(0 16 L * ? *)' }, '07-31T16 8h', '08-31T16 8h', '09-30T16 8h'],
    [{ schedule: 'cron(0 0 15W * ? *)' }, '07-15T00 24h', '08-14T00 24h', '09-15T00 24h'],
    [{ schedule: 'cron(0 9 1 JAN,JUL ? *)' }, '01-01T09 15h', '07-01T09 15h'],
    [{ schedule: 'cron(0 9 1 /3 ? *)' }, '10-01T09 15h', '01-01T09 15h'],
  ] as const) {
    test(`by ${JSON.stringify(rules)} open when AWS's do`, () => {
      const found = openings(rules, expected.length)
      // A window that is open already counts for one who rotated before it opened, and for nobody else.
      assert.deepEqual(found, expected)
    })
  }

  for (const [story, rules] of [
    ['two schedules', { afterDays: 1, schedule: 'rate(1 day)' }],
    ['a window without a schedule', { duration: '3h' }],
    ['a window of no time', { afterDays: 1, duration: '0h' }],
    ['a window of more than a day', { afterDays: 1, duration: '25h' }],
    ['a window that is no number', { afterDays: 1, duration: 'h3' }],
    ['every three hours', { schedule: 'rate(3 hours)' }],
    ['a window into the next one', { schedule: 'rate(4 hours)', duration: '5h' }],
    ['no days', { schedule: 'rate(0 days)' }],
    ['too many days', { schedule: 'rate(1000 days)' }],
    ['minutes', { schedule: 'rate(300 minutes)' }],
    ['a cron with minutes', { schedule: 'cron(5 8 * * ? *)' }],
    ['a cron with a year', { schedule: 'cron(0 8 * * ? 2027)' }],
    ['a cron of five fields', { schedule: 'cron(0 8 * * ?)' }],
    ['both days of a cron', { schedule: 'cron(0 8 1 * 1 *)' }],
    ['neither day of a cron', { schedule: 'cron(0 8 ? * ? *)' }],
    ['a cron for every hour', { schedule: 'cron(0 * * * ? *)' }],
    ['a cron for every three hours', { schedule: 'cron(0 1/3 * * ? *)' }],
    ['a cron whose hours are near over midnight', { schedule: 'cron(0 1,22 * * ? *)' }],
    ['a cron of an hour that is none', { schedule: 'cron(0 24 * * ? *)' }],
    ['a cron of a step of nothing', { schedule: 'cron(0 0/0 * * ? *)' }],
    ['a cron for a day that never is', { schedule: 'cron(0 8 31 2 ? *)' }],
    ['a cron of rubbish', { schedule: 'cron(0 8 x * ? *)' }],
    ['a cron whose window goes beyond the day', { schedule: 'cron(0 22 * * ? *)', duration: '3h' }],
    ['neither kind', { schedule: 'tomorrow' }],
  ] as const) {
    test(`${story} is refused`, () => {
      assert.throws(
        () => readSchedule(rules),
        (error: unknown) => error instanceof Refusal && error.reason === 'entity.invalid',
      )
    })
  }

  test('rules without a schedule are rules', () => assert.equal(readSchedule({}), undefined))
})

const anyRules: fc.Arbitrary<Rules> = fc.oneof(
  fc.record({ afterDays: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({
    afterDays: fc.integer({ min: 1, max: 1000 }),
    duration: fc.integer({ min: 1, max: 24 }).map(n => `${n}h`),
  }),
  fc.integer({ min: 1, max: 999 }).map(n => ({ schedule: `rate(${n} days)` })),
  fc.integer({ min: 4, max: 400 }).map(n => ({ schedule: `rate(${n} hours)` })),
  fc
    .record({
      hour: fc.integer({ min: 0, max: 23 }),
      day: fc.constantFrom(
        '* * ?',
        '1 * ?',
        '1,15 * ?',
        'L * ?',
        '? * MON',
        '? * 2#1',
        '1/7 1/3 ?',
        '? JAN FRIL',
      ),
      hours: fc.integer({ min: 1, max: 24 }),
    })
    .map(({ hour, day, hours }) => ({
      schedule: `cron(0 ${hour} ${day} *)`,
      duration: `${Math.min(hours, 24 - hour)}h`,
    })),
)
const anyTime = fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2120-01-01') })

test('whatever the rules and the last rotation, the next is in the future and within its window', () => {
  fc.assert(
    fc.property(
      anyRules,
      anyTime,
      fc.integer({ min: 0, max: 3_000 * dayMs }),
      fc.string({ minLength: 1 }),
      (rules, lastMs, since, id) => {
        const now = lastMs + since
        const schedule = readSchedule(rules) ?? assert.fail('no schedule')
        const window = nextWindow(schedule, lastMs, now) ?? assert.fail('no window')
        const { dueAtMs, nextByMs, days } = nextAppointment(rules, id, lastMs, now) ?? assert.fail('none')
        assert.ok(window.opensAtMs > lastMs, 'it opens after the last rotation')
        assert.ok(dueAtMs > now, 'it is in the future')
        assert.ok(window.opensAtMs <= dueAtMs && dueAtMs <= window.closesAtMs, 'it is within its window')
        assert.equal(nextByMs, window.closesAtMs)
        assert.equal(window.opensAtMs % hourMs, 0, 'windows open on the hour')
        assert.ok(days >= 1)
        if (schedule.every === 'days' && since === 0) {
          assert.ok(window.opensAtMs - lastMs <= schedule.count * dayMs)
          assert.ok(window.opensAtMs - lastMs > (schedule.count - 1) * dayMs)
        }
      },
    ),
  )
})

test('a thousand secrets with one rule spread over their window, each to the same moment each time', () => {
  const moments = Array.from({ length: 1_000 }, (_, n) => {
    const { dueAtMs } =
      nextAppointment({ afterDays: 7 }, `team/db-${n}-AbCdEf`, nowMs, nowMs) ?? assert.fail()
    assert.equal(nextAppointment({ afterDays: 7 }, `team/db-${n}-AbCdEf`, nowMs, nowMs)?.dueAtMs, dueAtMs)
    return dueAtMs
  })
  const perHour = new Map<number, number>()
  for (const at of moments)
    perHour.set(Math.floor(at / hourMs), (perHour.get(Math.floor(at / hourMs)) ?? 0) + 1)
  assert.equal(perHour.size, 24)
  assert.ok(Math.max(...perHour.values()) < 100, 'no hour has much more than its share')
})
