import { matchesPatterns, matchesResource, reachOf, type Statement } from '../language/statement.ts'
import type { PolicyPrincipal, PolicyRequest } from '../request.ts'

/** One element of a statement that does not fit a request: what it wants, and what was there. */
export type FailedElement = {
  /** `Action`, `NotResource`, or `Condition StringEquals aws:PrincipalTag/team`. */
  element: string
  wanted: readonly string[]
  /** Empty for a condition key that the request does not have. */
  actual: readonly string[]
}

/** Every element that keeps the statement from matching; none when it matches. */
export function failedElements(statement: Statement, request: PolicyRequest): FailedElement[] {
  const { actions, resources, principal, effect } = statement
  const { action, resource, context } = request
  const failed: FailedElement[] = []
  if (!matchesPatterns(actions, action.toLowerCase(), context)) {
    failed.push({ element: elementName('Action', actions), wanted: actions.written, actual: [action] })
  }
  if (resources !== undefined && !matchesResource(resources, resource, context, effect)) {
    failed.push({
      element: elementName('Resource', resources),
      wanted: resources.written,
      actual: [resource],
    })
  }
  if (principal !== undefined && reachOf(statement, request) === 'none') {
    const wanted = principal.element === '*' ? ['*'] : Object.values(principal.element).flat()
    failed.push({ element: elementName('Principal', principal), wanted, actual: namesOf(request.principal) })
  }
  for (const { operator, key, writtenKey, values, holds } of statement.conditions) {
    if (holds(context)) continue
    failed.push({
      element: `Condition ${operator} ${writtenKey}`,
      wanted: values,
      actual: context.get(key) ?? [],
    })
  }
  return failed
}

/** `Condition StringEquals aws:PrincipalTag/team: wanted "blue", was "red"` */
export function describeFailure({ element, wanted, actual }: FailedElement): string {
  const isNegated = /^(?:Not|Condition \S*Not)/.test(element)
  const found = actual.length === 0 ? 'was absent' : `was ${quoted(actual)}`
  return `${element}: wanted ${isNegated ? 'none of ' : ''}${quoted(wanted)}, ${found}`
}

/** The most telling name first. */
export function namesOf(principal: PolicyPrincipal): string[] {
  switch (principal.kind) {
    case 'root':
      return [`arn:aws:iam::${principal.accountId}:root`]
    case 'user':
      return [principal.arn]
    case 'session':
      return [principal.arn, principal.roleArn]
    case 'federatedUser':
      return [principal.arn, principal.userArn]
    case 'federated':
      return [...principal.providers]
    case 'service':
      return [...principal.names]
    case 'anonymous':
      return ['anonymous']
  }
}

function elementName(name: string, { negated }: { negated: boolean }): string {
  return negated ? `Not${name}` : name
}

function quoted(values: readonly string[]): string {
  return values.map(value => `"${value}"`).join(' or ')
}
