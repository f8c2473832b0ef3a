import { anyOf, compare, noneOf, type Operator } from './operator.ts'

const equal = compare(readTime, (actual, wanted) => actual === wanted)

/** @see AWS IAM User Guide, condition operators, date */
export const dateOperators = {
  DateEquals: anyOf(equal),
  DateNotEquals: noneOf(equal),
  DateLessThan: anyOf(compare(readTime, (actual, wanted) => actual < wanted)),
  DateLessThanEquals: anyOf(compare(readTime, (actual, wanted) => actual <= wanted)),
  DateGreaterThan: anyOf(compare(readTime, (actual, wanted) => actual > wanted)),
  DateGreaterThanEquals: anyOf(compare(readTime, (actual, wanted) => actual >= wanted)),
} satisfies Record<string, Operator>

const iso8601 = /^(\d{4})-(\d\d)(?:-(\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?$/

/**
 * Milliseconds, from ISO 8601 (in UTC unless it says otherwise) or from seconds since the epoch.
 * @see https://www.w3.org/TR/NOTE-datetime
 */
export function readTime(text: string): number | undefined {
  const [epoch, seconds, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text) ?? []
  if (epoch !== undefined) return Number(seconds) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
  const [, year, month, day = '01', time, offset] = iso8601.exec(text) ?? []
  // The engine takes the 30th of February for the 1st of March.
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return undefined
  // It takes a time without an offset for local time.
  const ms = Date.parse(time !== undefined && offset === undefined ? `${text}Z` : text)
  return year === undefined || Number.isNaN(ms) ? undefined : ms
}
