import { dateOperators } from '../../operators/date.ts'
import { numericOperators } from '../../operators/numeric.ts'
import { namesPrincipals } from '../../policy.ts'
import { isAlwaysPresent } from '../catalogue/condition-keys.ts'
import { type Answer, type CheckTable, eachCondition, inStatements, type Problem, problem } from '../check.ts'
import { memberOf } from '../text/json-node.ts'
import { hasWildcard } from '../view/glob.ts'
import type { ConditionView, PolicyView, StatementView } from '../view/policy-view.ts'

/** Conditions that always hold, or never. */
export const contradictionChecks = {
  'condition-empty': { level: 'suggestion', find: inStatements(emptyBlocks) },
  'condition-always': { level: 'warning', find: eachCondition(bothAnswers) },
  'condition-contradiction': { level: 'warning', find: inStatements(contradictions) },
} satisfies CheckTable

function* emptyBlocks({ node }: StatementView): Iterable<Problem> {
  const condition = memberOf(node, 'Condition')
  if (condition?.value.type !== 'object') return
  const blocks = condition.value.members
  for (const place of blocks.length === 0 ? [condition] : blocks) {
    if (place.value.type !== 'object' || place.value.members.length > 0) continue
    yield problem(place, 'This holds no condition: it has no effect.', 'Take it out, or add a condition.')
  }
}

function bothAnswers(
  { operator, values, key, writtenKey }: ConditionView,
  _: StatementView,
  { kind }: PolicyView,
): Answer {
  if (operator.family !== 'Null' && operator.family !== 'Bool') return undefined
  const answers = new Set(values.map(({ value }) => value.toLowerCase()))
  if (answers.size === 2)
    return problem(operator, `"true" and "false" together ask nothing.`, 'Keep one of them.')
  if (operator.family === 'Bool' || !isAlwaysPresent(key, !namesPrincipals(kind))) return undefined
  return problem(operator, `Every request has ${writtenKey}.`, 'Take the condition out.')
}

const mostConditions = 50
const mostValues = 20

/** Any two conditions on one key that no request satisfies both. */
function* contradictions({ conditions }: StatementView): Iterable<Problem> {
  const some = conditions.slice(0, mostConditions)
  for (const [n, later] of some.entries()) {
    const earlier = some
      .slice(0, n)
      .find(one => one.key === later.key && (clash(one, later) || clash(later, one)))
    if (earlier === undefined) continue
    const message = `Together with ${earlier.operator.written}, which wants otherwise, this never holds.`
    yield problem(later, message, 'Take one of the two out.')
  }
}

function clash(one: ConditionView, other: ConditionView): boolean {
  return (
    wantsAbsent(one, other) || excludesAll(one, other) || wantsOthers(one, other) || emptyRange(one, other)
  )
}

/** `Null` wants the key absent, the other there. */
function wantsAbsent(one: ConditionView, { operator, values }: ConditionView): boolean {
  if (!answersAll(one, 'true') || one.operator.family !== 'Null') return false
  if (operator.family === 'Null')
    return values.length > 0 && values.every(({ value }) => value.toLowerCase() === 'false')
  return !operator.holdsWhenAbsent
}

function answersAll({ values }: ConditionView, answer: string): boolean {
  return values.length > 0 && values.every(({ value }) => value.toLowerCase() === answer)
}

const negations: Readonly<Record<string, readonly string[]>> = {
  StringNotEquals: ['StringEquals'],
  StringNotEqualsIgnoreCase: ['StringEquals', 'StringEqualsIgnoreCase'],
  StringNotLike: ['StringLike', 'StringEquals'],
  NumericNotEquals: ['NumericEquals'],
  DateNotEquals: ['DateEquals'],
  ArnNotEquals: ['ArnEquals', 'ArnLike'],
  ArnNotLike: ['ArnEquals', 'ArnLike'],
  NotIpAddress: ['IpAddress'],
}

/** Everything that one wants is what the other excludes. */
function excludesAll(one: ConditionView, other: ConditionView): boolean {
  const wanted = negations[other.operator.name]
  if (!wanted?.includes(one.operator.name) || !asksOneValue(one) || !asksOneValue(other)) return false
  const ignoresCase = other.operator.name.endsWith('IgnoreCase')
  const spelled = (value: string) => (ignoresCase ? value.toLowerCase() : value)
  const excluded = new Set(other.values.map(({ value }) => spelled(value)))
  return one.values.length > 0 && one.values.every(({ value }) => excluded.has(spelled(value)))
}

/** Two lists of which nothing is in both, where the key has one value. */
function wantsOthers(one: ConditionView, other: ConditionView): boolean {
  if (one.known?.many !== false || !asksOneValue(one) || !asksOneValue(other)) return false
  const names = [one.operator.name, other.operator.name]
  const isBool = names.every(name => name === 'Bool')
  if (!isBool && !names.every(name => name === 'StringEquals')) return false
  const spelled = (value: string) => (isBool ? value.toLowerCase() : value)
  if (
    [...one.values, ...other.values].some(
      ({ value }) => value.includes('${') || (hasWildcard(value, true) && isBool),
    )
  )
    return false
  const wanted = new Set(other.values.map(({ value }) => spelled(value)))
  return (
    one.values.length > 0 && wanted.size > 0 && !one.values.some(({ value }) => wanted.has(spelled(value)))
  )
}

/** Whether it must hold of the one value: with IfExists or in a set it may hold otherwise. */
function asksOneValue({ operator }: ConditionView): boolean {
  return operator.set === undefined && (operator.negated || !operator.ifExists)
}

const below = /^(Numeric|Date)LessThan(Equals)?$/
const above = /^(Numeric|Date)GreaterThan(Equals)?$/

/** More than what the other wants it to be less than. */
function emptyRange(low: ConditionView, high: ConditionView): boolean {
  const [, family, lowEquals] = above.exec(low.operator.name) ?? []
  const [, sameFamily, highEquals] = below.exec(high.operator.name) ?? []
  if (family === undefined || family !== sameFamily || low.known?.many === true) return false
  if (!asksOneValue(low) || !asksOneValue(high) || low.values.length === 0 || high.values.length === 0)
    return false
  if (low.values.length > mostValues || high.values.length > mostValues) return false
  const touching = lowEquals !== undefined && highEquals !== undefined
  return low.values.every(least =>
    high.values.every(most => isBelow(family, most.value, least.value, touching)),
  )
}

/** Whether the top of the range is below its bottom, or is its bottom while that does not belong to it. */
function isBelow(family: string, top: string, bottom: string, touching: boolean): boolean {
  const operators =
    family === 'Date'
      ? [dateOperators.DateLessThan, dateOperators.DateLessThanEquals]
      : [numericOperators.NumericLessThan, numericOperators.NumericLessThanEquals]
  const compiled = operators[touching ? 0 : 1]?.compile(bottom, { variables: false })
  return compiled?.fits(top, new Map()) ?? false
}
