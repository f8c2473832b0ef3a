import { allOperators } from './operators/all-operators.ts'
import type { Wanted } from './operators/operator.ts'
import type { Context } from './pattern.ts'

/** One key under one operator, compiled. */
export type Condition = {
  /** As it is written: `ForAnyValue:StringLikeIfExists`. */
  operator: string
  /** In lower case. */
  key: string
  /** As they are written. */
  values: readonly string[]
  holds(context: Context): boolean
}

const operatorPattern = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/

/**
 * Compiles one line of a Condition block.
 *
 * @returns what is wrong with it, as a sentence, where it can't be compiled
 */
export function compileCondition(
  operator: string,
  key: string,
  values: readonly string[],
  variables: boolean,
): Condition | string {
  const [, set, name = '', ifExists] = operatorPattern.exec(operator) ?? []
  const common = { operator, key: key.toLowerCase(), values }
  if (name === 'Null' && set === undefined && ifExists === undefined) return compileNull(common)

  const found = allOperators.get(name)
  if (found === undefined) return `${operator} is not a condition operator`
  const wanted: Wanted[] = []
  for (const value of values) {
    const compiled = found.compile(value, { variables })
    if (compiled === undefined) return `${operator} can't compare with "${value}"`
    wanted.push(compiled)
  }
  const fits = fitsOne(wanted, found.negated)
  const whenAbsent = ifExists !== undefined || (set === undefined ? found.negated : set === 'ForAllValues')
  return { ...common, holds: holdsFor(common.key, fits, set ?? (found.negated ? 'all' : 'any'), whenAbsent) }
}

type Fits = (actual: string, context: Context) => boolean

function fitsOne(wanted: readonly Wanted[], negated: boolean): Fits {
  return (actual, context) => {
    for (const one of wanted) if (one(actual, context)) return !negated
    return negated
  }
}

/**
 * What an absent key means differs by operator (AWS IAM User Guide, "Condition operators" and "Multivalued
 * context keys"): a positive operator fails, a negated one holds, and so does any with IfExists;
 * ForAllValues holds and ForAnyValue fails.
 *
 * A key with several values under an operator without a set qualifier is not described there. Here one
 * value must fit a positive operator, and none may fit what a negated one excludes.
 */
function holdsFor(key: string, fits: Fits, quantifier: string, whenAbsent: boolean): Condition['holds'] {
  const all = quantifier === 'ForAllValues' || quantifier === 'all'
  return context => {
    const actual = context.get(key)
    if (actual === undefined || actual.length === 0) return whenAbsent
    for (const value of actual) if (fits(value, context) !== all) return !all
    return all
  }
}

/** `true` wants the key absent, `false` wants it there. */
function compileNull(common: Omit<Condition, 'holds'>): Condition | string {
  const wanted = common.values.map(value => value.toLowerCase())
  if (!wanted.every(value => value === 'true' || value === 'false')) return 'Null takes "true" or "false"'
  return {
    ...common,
    holds: context => wanted.some(value => (value === 'true') === isAbsent(context, common.key)),
  }
}

function isAbsent(context: Context, key: string): boolean {
  return (context.get(key)?.length ?? 0) === 0
}
