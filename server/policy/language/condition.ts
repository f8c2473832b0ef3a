import { allOperators } from '../operators/all-operators.ts'
import type { Wanted } from '../operators/operator.ts'
import type { Context } from '../request.ts'

/** One key under one operator, compiled. */
export type Condition = {
  /** As it is written: `ForAnyValue:StringLikeIfExists`. */
  operator: string
  /** In lower case. */
  key: string
  /** As they are written. */
  writtenKey: string
  values: readonly string[]
  holds(context: Context): boolean
}

export type ConditionSource = {
  operator: string
  key: string
  values: readonly string[]
  effect: 'Allow' | 'Deny'
  /** Whether `${...}` acts. */
  variables: boolean
}

type Operation = { set: string | undefined; name: string; ifExists: boolean }

const operatorPattern = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/

/** `ForAnyValue:StringLikeIfExists` in its parts, whether or not there is such an operator. */
export function readOperator(text: string): Operation {
  const [, set, name = '', ifExists] = operatorPattern.exec(text) ?? []
  return { set, name, ifExists: ifExists !== undefined }
}

/** Whether there is such an operator, in such a form. */
export function isOperator(text: string): boolean {
  const { set, name, ifExists } = readOperator(text)
  return allOperators.has(name) || (name === 'Null' && set === undefined && !ifExists)
}

/**
 * Compiles one line of a Condition block.
 *
 * @returns what is wrong with it, as a sentence, where it can't be compiled
 */
export function compileCondition(source: ConditionSource): Condition | string {
  const { operator, values, effect, variables } = source
  const { set, name, ifExists } = readOperator(operator)
  const common = { operator, key: source.key.toLowerCase(), writtenKey: source.key, values }
  if (name === 'Null' && set === undefined && !ifExists) return compileNull(common)

  const found = allOperators.get(name)
  if (found === undefined) return `${operator} is not a condition operator`
  const wanted: Wanted[] = []
  for (const value of values) {
    const compiled = found.compile(value, { variables })
    if (compiled === undefined) return `${operator} can't compare with "${value}"`
    wanted.push(compiled)
  }
  const { negated } = found
  const fits = fitsOne(wanted, negated)
  const whenAbsent = set === undefined ? negated : set === 'ForAllValues'
  const all = set === 'ForAllValues' || (set === undefined && negated)
  const needs = negated && effect === 'Allow' ? needsOf(wanted) : []
  return { ...common, holds: holdsFor({ key: common.key, fits, all, whenAbsent, ifExists, needs }) }
}

type Fits = (actual: string, context: Context) => boolean

/** From this many values on, a set is faster than looking at one after the other. */
const manyValues = 4

function fitsOne(wanted: readonly Wanted[], negated: boolean): Fits {
  const literals = wanted.flatMap(({ literal }) => (literal === undefined ? [] : [literal]))
  if (literals.length === wanted.length && literals.length >= manyValues) {
    const set = new Set(literals)
    return actual => set.has(actual) !== negated
  }
  return (actual, context) => {
    for (const one of wanted) if (one.fits(actual, context)) return !negated
    return negated
  }
}

const noValues: readonly string[] = []

type Comparison = {
  key: string
  fits: Fits
  /** Whether all values of the request must fit, or one. */
  all: boolean
  whenAbsent: boolean
  ifExists: boolean
  /** Keys of variables without which it does not hold. */
  needs: readonly string[]
}

/**
 * What an absent key means differs by operator (AWS IAM User Guide, "Condition operators" and "Multivalued
 * context keys"): a positive operator fails, a negated one holds, and so does any with IfExists;
 * ForAllValues holds and ForAnyValue fails.
 *
 * A key with several values under an operator without a set qualifier is not described there. Here one
 * value must fit a positive operator, and none may fit what a negated one excludes.
 */
function holdsFor({ key, fits, all, whenAbsent, ifExists, needs }: Comparison): Condition['holds'] {
  return context => {
    const actual = context.get(key) ?? noValues
    if (ifExists && actual.length === 0) return true
    for (const need of needs) if (context.get(need)?.length !== 1) return false
    if (actual.length === 0) return whenAbsent
    for (const value of actual) if (fits(value, context) !== all) return !all
    return all
  }
}

/**
 * "Is not `${aws:username}`" must not let everybody in who has no user name: an Allow never rests on a
 * variable without a value.
 */
function needsOf(wanted: readonly Wanted[]): readonly string[] {
  return [...new Set(wanted.flatMap(({ needs = [] }) => needs))]
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
