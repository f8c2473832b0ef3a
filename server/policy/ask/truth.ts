import { readOperator } from '../language/condition.ts'
import type { Patterns, Statement } from '../language/statement.ts'
import type { Pattern } from '../match/pattern.ts'
import { type Piece, resolve, type Variable } from '../match/segment.ts'
import { allOperators } from '../operators/all-operators.ts'
import type { Context } from '../request.ts'
import type { Effort } from './effort.ts'
import { GlobSet, globOf } from './texts/glob-set.ts'
import { keyStates } from './values/key-states.ts'
import { type Line, variableKeys } from './values/line.ts'

/**
 * Kleene's three values. `open`: it may be either, as far as is known. Every key that the context has is
 * known, with an empty list to be absent; any other may be absent or have any values.
 */
export type Truth = boolean | 'open'

type Effect = Statement['effect']

export function truthOfLine(line: Line, effect: Effect, known: Context, effort: Effort): Truth {
  const { condition, variables } = line
  const isOpen = variables.some(key => !known.has(key))
  const actual = known.get(condition.key)
  if (actual === undefined) return isOpen ? 'open' : truthForAnyValue(line, known, effort)
  if (!isOpen) return condition.holds(known)
  if (actual.length === 0) return truthOfAbsence(line, known)
  return line.caseless ? 'open' : truthForAnyVariable(line, effect, actual, known)
}

/** Some conditions hold, or don't, whatever the key is. */
function truthForAnyValue(line: Line, known: Context, effort: Effort): Truth {
  const { key, holds } = line.condition
  const { states, because } = keyStates(key, [line], known, effort)
  if (states.length > 1 || because !== undefined) return 'open'
  return holds(known)
}

/** What an absent key means does not depend on the text that variables make, but may on whether they make one. */
function truthOfAbsence({ condition, variables }: Line, known: Context): Truth {
  const given = variables.filter(key => !known.has(key)).map(key => [key, ['any']] as const)
  const withThem = condition.holds(new Map([...known, ...given]))
  return withThem === condition.holds(known) ? withThem : 'open'
}

/** The values of the key are known, those of variables in what it is compared with are not. */
function truthForAnyVariable(
  { condition, patterns }: Line,
  effect: Effect,
  actual: readonly string[],
  known: Context,
): Truth {
  const { set, name } = readOperator(condition.operator)
  const negated = allOperators.get(name)?.negated ?? false
  const fits = actual.map(value => {
    const one = or(patterns.map(pattern => truthOfPattern(pattern, value, known)))
    return negated ? not(one) : one
  })
  const all = set === 'ForAllValues' || (set === undefined && negated)
  const truth = all ? not(or(fits.map(not))) : or(fits)
  return negated && effect === 'Allow' ? and([truth, truthOfNeeds(patterns, known)]) : truth
}

export function truthOfResources(
  { patterns, negated }: Patterns,
  resource: string,
  effect: Effect,
  known: Context,
): Truth {
  const one = or(patterns.map(pattern => truthOfPattern(pattern, resource, known)))
  if (!negated) return one
  return effect === 'Allow' ? and([not(one), truthOfNeeds(patterns, known)]) : not(one)
}

/** A variable that is not known may be any text, and so match anything; or have none, and match nothing. */
function truthOfPattern(pattern: Pattern, text: string, known: Context): Truth {
  if (variableKeys([pattern]).every(key => known.has(key))) return pattern.matches(text, known)
  const glob = globOf(pattern.pieces, variable => (known.has(variable.key) ? resolve(variable, known) : any))
  const set = new GlobSet([glob])
  return set.matched(set.read(text)).length > 0 ? 'open' : false
}

/** Whether the variables have the values that an Allow does not do without. */
function truthOfNeeds(patterns: readonly Pattern[], known: Context): Truth {
  return and(
    patterns.flatMap(({ needs }) =>
      needs.map(key => (known.has(key) ? known.get(key)?.length === 1 : 'open')),
    ),
  )
}

export function and(truths: readonly Truth[]): Truth {
  return truths.includes(false) ? false : truths.includes('open') ? 'open' : true
}

function or(truths: readonly Truth[]): Truth {
  return truths.includes(true) ? true : truths.includes('open') ? 'open' : false
}

function not(truth: Truth): Truth {
  return truth === 'open' ? 'open' : !truth
}

const any: Exclude<Piece, Variable> = { wildcard: '*', crosses: true }
