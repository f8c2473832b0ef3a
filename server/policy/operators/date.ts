import { anyOf, noneOf, type Operator } from './operator.ts'

function compare(holds: (actual: number, wanted: number) => boolean): Operator['compile'] {
  return value => {
    const wanted = readTime(value)
    return wanted === undefined
      ? undefined
      : text => {
          const actual = readTime(text)
          return actual !== undefined && holds(actual, wanted)
        }
  }
}

const equal = compare((actual, wanted) => actual === wanted)

/** @see AWS IAM User Guide, condition operators, date */
export const dateOperators = {
  DateEquals: anyOf(equal),
  DateNotEquals: noneOf(equal),
  DateLessThan: anyOf(compare((actual, wanted) => actual < wanted)),
  DateLessThanEquals: anyOf(compare((actual, wanted) => actual <= wanted)),
  DateGreaterThan: anyOf(compare((actual, wanted) => actual > wanted)),
  DateGreaterThanEquals: anyOf(compare((actual, wanted) => actual >= wanted)),
} satisfies Record<string, Operator>

const iso8601 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/

/** Milliseconds, from ISO 8601 (in UTC unless it says otherwise) or from seconds since the epoch. */
function readTime(text: string): number | undefined {
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000
  const match = iso8601.exec(text)
  if (match === null) return undefined
  // ECMAScript takes a time without an offset for local time.
  const ms = Date.parse(match[1] !== undefined && match[4] === undefined ? `${text}Z` : text)
  return Number.isNaN(ms) ? undefined : ms
}
