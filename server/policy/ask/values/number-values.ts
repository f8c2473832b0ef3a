/** Texts for a number at each bound, between all neighbours, and beyond both ends; and one for no number. */
export function numberValues(bounds: readonly string[]): string[] {
  const numbers = bounds.map(Number)
  const near = numbers.flatMap(bound => [bound, bound + 1, bound - 1])
  return [...[...near, ...between(numbers)].map(textOfNumber), mostDigits, `-${mostDigits}`, 'none']
}

/** Of each two neighbours, what lies in the middle. */
export function between(numbers: readonly number[]): number[] {
  const sorted = [...new Set(numbers)].sort((one, other) => one - other)
  return sorted.slice(1).map((number, n) => number / 2 + (sorted[n] ?? 0) / 2)
}

/** The largest number that conditions can read. */
const mostDigits = `${'9'.repeat(30)}.${'9'.repeat(30)}`

/** Conditions read no exponents. */
function textOfNumber(number: number): string {
  const text = String(number)
  if (!text.includes('e')) return text
  return Number.isInteger(number) ? BigInt(number).toString() : number.toFixed(30)
}
