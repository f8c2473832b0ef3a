import { Refusal } from '../../../base/refusal.ts'
import { type CronTimes, fewestHoursBetween, gapsOf, readCron } from './cron-expression.ts'

/** As a request or a secret has them. */
export type Rules = {
  afterDays?: number | undefined
  /** `3h` */
  duration?: string | undefined
  schedule?: string | undefined
}

/** When rotations fall due, and how long each of their windows is open. */
export type Schedule = { windowHours: number } & (
  | { every: 'days' | 'hours'; count: number }
  | { every: 'cron'; times: CronTimes }
)

const hoursOfDay = 24
const mostDays = 999

/**
 * Undefined for rules that set no schedule: such a secret is rotated when somebody asks for it.
 *
 * @throws {Refusal} entity.invalid
 * @see AWS Secrets Manager API reference, RotationRulesType
 */
export function readSchedule({ afterDays, duration, schedule: expression }: Rules): Schedule | undefined {
  if (afterDays !== undefined && expression !== undefined) {
    throw invalid('You can specify either AutomaticallyAfterDays or ScheduleExpression, but not both.')
  }
  const hours = duration === undefined ? undefined : readHours(duration)
  if (afterDays !== undefined) return { every: 'days', count: afterDays, windowHours: hours ?? hoursOfDay }
  if (expression === undefined) {
    if (duration !== undefined) throw invalid('Duration goes with a schedule.')
    return undefined
  }
  const rate = /^rate\((\d{1,5}) (hours?|days?)\)$/.exec(expression)
  if (rate !== null) return readRate(Number(rate[1]), rate[2]?.startsWith('day') ? 'days' : 'hours', hours)
  const cron = /^cron\(([^()]+)\)$/.exec(expression)
  if (cron === null) throw invalidExpression('expected rate(...) or cron(...)')
  const times = readCron(cron[1] ?? '')
  if (typeof times === 'string') throw invalidExpression(times)
  return { every: 'cron', times, windowHours: cronWindow(times, hours) }
}

function readRate(count: number, every: 'hours' | 'days', hours: number | undefined): Schedule {
  const fewest = every === 'hours' ? fewestHoursBetween : 1
  const most = every === 'hours' ? mostDays * hoursOfDay : mostDays
  if (count < fewest || count > most) throw invalidExpression(`expected ${fewest} to ${most} ${every}`)
  const windowHours = hours ?? (every === 'hours' ? 1 : hoursOfDay)
  if (every === 'hours' && windowHours > count) throw invalidWindow()
  return { every, count, windowHours }
}

/** One that would go beyond the day, or into the next, would leave it open which of the two a rotation belongs to. */
function cronWindow({ hours }: CronTimes, asked: number | undefined): number {
  const last = hours.at(-1) ?? 0
  const windowHours = asked ?? (hours.length > 1 ? 1 : hoursOfDay - last)
  if (last + windowHours > hoursOfDay || gapsOf(hours).some(gap => windowHours > gap)) throw invalidWindow()
  return windowHours
}

function readHours(duration: string): number {
  const hours = Number(/^(\d{1,2})h$/.exec(duration)?.[1])
  if (hours >= 1 && hours <= hoursOfDay) return hours
  throw invalid('Duration must be whole hours from 1h to 24h.')
}

function invalidWindow(): Refusal {
  return invalid(
    'The rotation window must not extend into the next UTC day or into the next rotation window.',
  )
}

function invalidExpression(why: string): Refusal {
  return invalid(`ScheduleExpression is not valid: ${why}.`)
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
