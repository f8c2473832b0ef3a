import { Cron } from 'croner'

/** When windows open by a cron expression, in UTC. */
export type CronTimes = {
  /** The hours of a day at which they do, ascending. */
  hours: readonly number[]
  /** The first after that moment; undefined when there is none any more. */
  next(afterMs: number): number | undefined
}

/** Of a schedule in hours. */
export const fewestHoursBetween = 4

/**
 * Reads `Minutes Hours Day-of-month Month Day-of-week Year`, the six fields within `cron(...)`.
 *
 * @returns what is wrong with it, as text, where it can't be read
 * @see AWS Secrets Manager User Guide, "Rotation schedules", cron expressions
 */
export function readCron(text: string): CronTimes | string {
  const fields = text.toUpperCase().split(' ')
  const [minutes, hoursField = '', dayOfMonth = '', month = '', dayOfWeek = '', year] = fields
  if (fields.length !== 6) return 'a cron expression has six fields'
  if (minutes !== '0') return 'the minutes must be 0'
  if (year !== '*') return 'the year must be *'
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) return 'one of the day fields must be ?, and one only'
  const hours = readHours(hoursField)
  if (hours === undefined) return 'the hours must be from 0 to 23, with , - * or /'
  if (gapsOf(hours).some(gap => gap < fewestHoursBetween)) {
    return `at least ${fewestHoursBetween} hours must lie between rotations`
  }
  const days = [plainDays(dayOfMonth, 31), plainDays(month, 12), plainDays(lastDay(dayOfWeek), 7)]
  try {
    // AWS counts the days of the week from Sunday as 1; in croner that is `alternativeWeekdays`.
    const cron = new Cron(`0 0 ${hours.join(',')} ${days.join(' ')}`, {
      paused: true,
      timezone: 'UTC',
      mode: '6-part',
      alternativeWeekdays: true,
      domAndDow: true,
    })
    const next = (afterMs: number) => cron.nextRun(new Date(afterMs))?.getTime()
    return next(0) === undefined ? 'it means no day' : { hours, next }
  } catch {
    return 'it can’t be read'
  }
}

/** The last day of a week is Saturday. */
function lastDay(dayOfWeek: string): string {
  return dayOfWeek === 'L' ? '7' : dayOfWeek
}

/** `4/2` and `/2` as croner has them: with the end of the range. `?` is every day there. */
function plainDays(field: string, most: number): string {
  if (field === '?') return '*'
  return field
    .split(',')
    .map(part => part.replace(/^(\w+)\/(\d+)$/, `$1-${most}/$2`).replace(/^\//, '*/'))
    .join(',')
}

function readHours(field: string): number[] | undefined {
  const hours = new Set<number>()
  for (const part of field.split(',')) {
    const [, any, from = '', to, step] =
      /^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)?(?:\/(\d{1,2}))?$/.exec(part) ?? []
    if (part === '' || (any === undefined && from === '' && step === undefined)) return undefined
    const first = Number(from)
    const last = to !== undefined ? Number(to) : from !== '' && step === undefined ? first : 23
    if (first > last || last > 23 || step === '0' || step === '00') return undefined
    for (let hour = first; hour <= last; hour += Number(step ?? 1)) hours.add(hour)
  }
  return [...hours].sort((a, b) => a - b)
}

/** The hours between one and the next, over midnight as well. */
export function gapsOf(hours: readonly number[]): number[] {
  const [first = 0] = hours
  return hours.map((hour, n) => (hours[n + 1] ?? first + 24) - hour)
}
