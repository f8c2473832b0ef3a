import { z } from 'zod'

/** One line of text for which something holds. */
export function text(holds: RegExp | ((value: string) => boolean), problem: string) {
  const test = holds instanceof RegExp ? (value: string) => holds.test(value) : holds
  return z.string().refine(test, problem)
}

export function oneOf<const Value extends string>(values: readonly Value[]) {
  return z.enum(values, { error: `not a known value, expected one of ${values.join(', ')}` })
}
