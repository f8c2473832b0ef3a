import type { Context } from '../pattern.ts'

/** One value of a policy, compiled: whether a value of the request is what it wants. */
export type Wanted = (actual: string, context: Context) => boolean

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
