import { anyOf, noneOf, type Operator } from './operator.ts'

/** A value of the request that is no number stands in no order to one, and equals none. */
function compare(holds: (actual: number, wanted: number) => boolean): Operator['compile'] {
  return value => {
    const wanted = readNumber(value)
    return wanted === undefined
      ? undefined
      : text => {
          const actual = readNumber(text)
          return actual !== undefined && holds(actual, wanted)
        }
  }
}

const equal = compare((actual, wanted) => actual === wanted)

/** @see AWS IAM User Guide, condition operators, numeric */
export const numericOperators = {
  NumericEquals: anyOf(equal),
  NumericNotEquals: noneOf(equal),
  NumericLessThan: anyOf(compare((actual, wanted) => actual < wanted)),
  NumericLessThanEquals: anyOf(compare((actual, wanted) => actual <= wanted)),
  NumericGreaterThan: anyOf(compare((actual, wanted) => actual > wanted)),
  NumericGreaterThanEquals: anyOf(compare((actual, wanted) => actual >= wanted)),
} satisfies Record<string, Operator>

function readNumber(text: string): number | undefined {
  return /^[+-]?\d{1,30}(\.\d{1,30})?$/.test(text) ? Number(text) : undefined
}
