import type { Pattern } from '../match/pattern.ts'
import type { Context } from '../request.ts'

/** One value of a policy, compiled: whether a value of the request is what it wants. */
export type Wanted = {
  fits(actual: string, context: Context): boolean
  /** The one text that fits, where there is only one. */
  literal?: string | undefined
  /** The keys of variables without which nothing fits. */
  needs?: readonly string[]
}

/**
 * An operator. `compile` answers undefined for a value that the operator can't be given. A negated
 * operator holds when none of the wanted values fits; any other when one does.
 */
export type Operator = {
  compile(value: string, options: { variables: boolean }): Wanted | undefined
  negated: boolean
}

export function anyOf(compile: Operator['compile']): Operator {
  return { compile, negated: false }
}

export function noneOf(compile: Operator['compile']): Operator {
  return { compile, negated: true }
}

/** Compares by an order that the texts stand for; a text that stands for nothing fits nothing. */
export function compare<Value>(
  read: (text: string) => Value | undefined,
  holds: (actual: Value, wanted: Value) => boolean,
): Operator['compile'] {
  return value => {
    const wanted = read(value)
    if (wanted === undefined) return undefined
    return {
      fits(text) {
        const actual = read(text)
        return actual !== undefined && holds(actual, wanted)
      },
    }
  }
}

export function wantedOf(pattern: Pattern): Wanted {
  const { literal, needs } = pattern
  return { fits: (actual, context) => pattern.matches(actual, context), literal, needs }
}
