import type { Pattern } from '../match/pattern.ts'
import type { Context, PolicyRequest } from '../request.ts'
import type { Condition } from './condition.ts'
import type { PrincipalElement, PrincipalMatcher, Reach } from './principal.ts'

/** One statement, compiled. What it lacks, such as a resource in a trust policy, matches everything. */
export type Statement = {
  index: number
  sid?: string
  effect: 'Allow' | 'Deny'
  /** Patterns in lower case: actions match in any. */
  actions: Patterns
  resources: Patterns | undefined
  /** The one pattern of `resources`, where that is all it is: each object less is one place in memory less to fetch. */
  resource: Pattern | undefined
  principal: Principals | undefined
  conditions: readonly Condition[]
}

/** An element, or its Not-form: one of the patterns must match, or none. */
export type Patterns = {
  patterns: readonly Pattern[]
  written: readonly string[]
  negated: boolean
}
export type Principals = { reach: PrincipalMatcher; element: PrincipalElement; negated: boolean }

/** Whether a statement whose actions fit the request matches it, whoever is asking. */
export function matchesRequest(statement: Statement, { resource, context }: PolicyRequest): boolean {
  const { resource: only, resources, conditions } = statement
  if (only !== undefined) {
    if (!only.matches(resource, context)) return false
  } else if (resources !== undefined && !matchesResource(resources, resource, context, statement.effect)) {
    return false
  }
  for (const condition of conditions) if (!condition.holds(context)) return false
  return true
}

/**
 * How the statement means the principal. One without Principal means its bearer.
 *
 * NotPrincipal, which there is with Deny alone, means everybody whom it does not name. Of those with a
 * boundary it means whom it names as well: so AWS has it.
 *
 * @param bounded whether the principal has a permissions boundary
 * @see AWS IAM User Guide, "Permissions boundaries for IAM entities"
 */
export function reachOf({ principal }: Statement, request: PolicyRequest, bounded = false): Reach {
  if (principal === undefined) return 'direct'
  const reach = principal.reach(request.principal)
  if (!principal.negated) return reach
  return reach === 'none' || bounded ? 'direct' : 'none'
}

export function matchesPatterns({ patterns, negated }: Patterns, text: string, context: Context): boolean {
  for (const pattern of patterns) if (pattern.matches(text, context)) return !negated
  return negated
}

/** An Allow of everything but a variable without a value would allow everything: it allows nothing. */
export function matchesResource(
  resources: Patterns,
  resource: string,
  context: Context,
  effect: Statement['effect'],
): boolean {
  if (resources.negated && effect === 'Allow') {
    for (const { needs } of resources.patterns) {
      for (const key of needs) if (context.get(key)?.length !== 1) return false
    }
  }
  return matchesPatterns(resources, resource, context)
}
