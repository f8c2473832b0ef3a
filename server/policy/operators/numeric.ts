import { anyOf, compare, noneOf, type Operator } from './operator.ts'

const equal = compare(readDecimal, (actual, wanted) => order(actual, wanted) === 0)

/** @see AWS IAM User Guide, condition operators, numeric */
export const numericOperators = {
  NumericEquals: anyOf(equal),
  NumericNotEquals: noneOf(equal),
  NumericLessThan: anyOf(compare(readDecimal, (actual, wanted) => order(actual, wanted) < 0)),
  NumericLessThanEquals: anyOf(compare(readDecimal, (actual, wanted) => order(actual, wanted) <= 0)),
  NumericGreaterThan: anyOf(compare(readDecimal, (actual, wanted) => order(actual, wanted) > 0)),
  NumericGreaterThanEquals: anyOf(compare(readDecimal, (actual, wanted) => order(actual, wanted) >= 0)),
} satisfies Record<string, Operator>

type Decimal = { text: string; near: number }

function readDecimal(text: string): Decimal | undefined {
  return /^[+-]?\d{1,30}(\.\d{1,30})?$/.test(text) ? { text, near: Number(text) } : undefined
}

/** Less than, equal to or greater than 0. Of two numbers that differ late, a double takes one for the other. */
function order(one: Decimal, other: Decimal): number {
  if (one.near !== other.near) return one.near - other.near
  return one.text === other.text ? 0 : Number(exactly(one) - exactly(other))
}

/** In units of the last digit that there may be. */
function exactly({ text }: Decimal): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(30, '0'))
}
