import { compilePattern, type Pattern } from '../../match/pattern.ts'
import type { JsonText } from '../text/json-node.ts'
import { meansEvery } from './arn-fields.ts'
import type { ConditionView, ListView, PolicyView, StatementView } from './policy-view.ts'

const compiled = new WeakMap<ListView, readonly Pattern[]>()
/** What was found out before: checks ask for each principal and each value, and a long list must not be read for each. */
const matched = new WeakMap<ListView, Map<string, boolean>>()
const narrowing = new WeakMap<ConditionView, boolean>()
const noContext: ReadonlyMap<string, readonly string[]> = new Map()

/** Whether a statement is about an action: `service:Name`, in any case. */
export function isAbout({ actions }: StatementView, action: string): boolean {
  return actions !== undefined && matchesOne(actions, action) !== actions.negated
}

/** Those of the actions that are written that match. */
export function textsAbout(actions: ListView, action: string): JsonText[] {
  const name = action.toLowerCase()
  const patterns = patternsOf(actions)
  return actions.texts.filter((_, n) => patterns[n]?.matches(name, noContext))
}

/** Whether one of them matches. */
function matchesOne(actions: ListView, action: string): boolean {
  const known = matched.get(actions) ?? new Map<string, boolean>()
  matched.set(actions, known)
  const name = action.toLowerCase()
  const found = known.get(name) ?? patternsOf(actions).some(pattern => pattern.matches(name, noContext))
  known.set(name, found)
  return found
}

function patternsOf(actions: ListView): readonly Pattern[] {
  const known = compiled.get(actions)
  if (known !== undefined) return known
  const patterns = actions.texts.map(({ value }) =>
    compilePattern(value.toLowerCase(), { wildcards: true, variables: false }),
  )
  compiled.set(actions, patterns)
  return patterns
}

/** Whether it is about every resource of a kind, such as `iam` and `role/*`. All but some is taken for all. */
export function isAboutEvery(
  { resources }: StatementView,
  service: string,
  kind: string,
  { version }: PolicyView,
): boolean {
  if (resources === undefined || resources.negated) return resources !== undefined
  const variables = version === '2012-10-17'
  return resources.texts.some(({ value }) => meansEvery(value, service, kind, variables))
}

/**
 * Whether a condition lets through only requests that have the key, with one of the values that it wants: no
 * negation, no way around for an absent key, and no value that is any text.
 *
 * @param statement the one that the condition is of
 */
export function narrows(condition: ConditionView, { conditions }: StatementView): boolean {
  const found = narrowing.get(condition) ?? findWhetherNarrows(condition, conditions)
  narrowing.set(condition, found)
  return found
}

function findWhetherNarrows(condition: ConditionView, conditions: readonly ConditionView[]): boolean {
  const { operator, values, key } = condition
  if (operator.family === 'Null' || operator.negated || values.length === 0) return false
  if (operator.holdsWhenAbsent && !isGuarded(key, conditions)) return false
  return !values.some(({ value }) => isAnything(value))
}

/** Whether a condition on the key wants it to be there. */
export function isGuarded(key: string, conditions: readonly ConditionView[]): boolean {
  return conditions.some(
    one =>
      one.key === key &&
      one.operator.family === 'Null' &&
      one.values.length > 0 &&
      one.values.every(({ value }) => value.toLowerCase() === 'false'),
  )
}

function isAnything(value: string): boolean {
  return /^[*?]*\*[*?]*$/.test(value) || isAnyArn(value) || isAnyNetwork(value)
}

/** Whose account and resource are open, such as `arn:*` and `arn:aws:iam::*:*`. */
function isAnyArn(value: string): boolean {
  const [head, , , , ...who] = value.split(':')
  return head === 'arn' && value.includes('*') && /^[*?:]*$/.test(who.join(':'))
}

/**
 * A part of the internet so large that anybody finds a place in it, or two such parts that are all of it together.
 *
 * @see Amazon S3 User Guide, "Blocking public access", the meaning of "public"
 */
function isAnyNetwork(value: string): boolean {
  const [, address, bits] = /^([0-9a-f.:]+)\/(\d+)$/i.exec(value) ?? []
  return address !== undefined && Number(bits) < (address.includes(':') ? 32 : 8)
}
