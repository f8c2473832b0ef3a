import { reaches } from '../language/principal.ts'
import { matchesRequest, reachOf, type Statement } from '../language/statement.ts'
import { ResourceHashes } from '../match/statement-index.ts'
import type { Policy } from '../policy.ts'
import { accountOf, type PolicyRequest } from '../request.ts'

/** Whose policies are asked, and in which part. */
export type PolicySet = {
  /** The principal's own. */
  identity?: readonly Policy[]
  /** Those of the groups that a user is in; they count like the user's own. */
  group?: readonly Policy[]
  /** Narrows what the identity's policies allow. */
  boundary?: Policy
  /** Narrow a session: what they allow together is the most that it may do. */
  session?: readonly Policy[]
  /** The resource's own policy. A trust policy must itself name the principal. */
  resource?: Policy
}

export type PolicyPart = keyof PolicySet

/** Where a statement stands: `policy` counts within its part. */
export type StatementPlace = { part: PolicyPart; policy: number; index: number; sid?: string }

export type Decision =
  /** The statements that granted it, and those that let it through a boundary or a session policy. */
  | { outcome: 'allowed'; statements: readonly StatementPlace[] }
  /** The first statement that denies it. */
  | { outcome: 'explicitlyDenied'; statements: readonly [StatementPlace] }
  /** Which part would have had to allow it, and did not. */
  | { outcome: 'implicitlyDenied'; missing: PolicyPart; statements: readonly [] }

/** In the order in which a deny is looked for. */
export const policyParts = ['identity', 'group', 'boundary', 'session', 'resource'] as const

/** The policies of one part. */
export function policiesOf(policies: PolicySet, part: PolicyPart): readonly Policy[] {
  const some = policies[part]
  if (some === undefined) return []
  return 'statements' in some ? [some] : some
}

/**
 * Decides one request. An explicit deny wins wherever it stands. Within an account, then, the identity's
 * policies or the resource's must allow it; across accounts, both. A boundary and session policies narrow
 * what the identity's policies allow; whether they narrow what the resource's policy allows depends on how
 * that names the principal (see `Reach`).
 *
 * @see AWS IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"
 */
export function decide(policies: PolicySet, request: PolicyRequest): Decision {
  resource.useResource(request.resource)
  const denying = findDenying(policies, request)
  if (denying !== undefined) return { outcome: 'explicitlyDenied', statements: [denying] }

  const grant = policies.resource && findGrant(policies.resource, request)
  const reach = grant?.reach ?? 0
  const account = accountOf(request.principal)
  const isForeign = account !== undefined && (request.resourceAccountId ?? account) !== account
  const mustBeNamed = account === undefined || isForeign || policies.resource?.kind === 'trust'
  if (mustBeNamed && reach === reaches.none) return denials.resource
  if (grant !== undefined && !isForeign) {
    if (reach === reaches.direct) return { outcome: 'allowed', statements: [grant.place] }
    if (reach === reaches.limited) return narrow(policies, request, [grant.place])
  }

  const given = grant !== undefined && mustBeNamed ? [grant.place] : []
  // The account itself may do everything with what is its own, without a policy.
  if (request.principal.kind === 'root') return narrow(policies, request, given)
  const allowing =
    findAllowing('identity', policies.identity, request) ?? findAllowing('group', policies.group, request)
  if (allowing === undefined) return denials.identity
  return narrow(policies, request, [allowing, ...given])
}

/** Deciding never waits, so that one place to work in does for all. */
const resource = new ResourceHashes()
const found: Statement[] = []

const denials = {
  identity: { outcome: 'implicitlyDenied', missing: 'identity', statements: [] },
  boundary: { outcome: 'implicitlyDenied', missing: 'boundary', statements: [] },
  session: { outcome: 'implicitlyDenied', missing: 'session', statements: [] },
  resource: { outcome: 'implicitlyDenied', missing: 'resource', statements: [] },
} as const satisfies Record<string, Decision>

function findDenying(policies: PolicySet, request: PolicyRequest): StatementPlace | undefined {
  return (
    findIn('identity', policies.identity, 'denying', request) ??
    findIn('group', policies.group, 'denying', request) ??
    findOne('boundary', policies.boundary, 0, 'denying', request) ??
    findIn('session', policies.session, 'denying', request) ??
    findOne('resource', policies.resource, 0, 'denying', request, policies.boundary !== undefined)
  )
}

/** What narrows must allow it too. */
function narrow(policies: PolicySet, request: PolicyRequest, granting: StatementPlace[]): Decision {
  const { boundary, session = [] } = policies
  if (boundary !== undefined) {
    const allowing = findOne('boundary', boundary, 0, 'allowing', request)
    if (allowing === undefined) return denials.boundary
    granting.push(allowing)
  }
  // A federated user may do what was passed on to them and no more.
  if (session.length > 0 || request.principal.kind === 'federatedUser') {
    const allowing = findAllowing('session', session, request)
    if (allowing === undefined) return denials.session
    granting.push(allowing)
  }
  return { outcome: 'allowed', statements: granting }
}

function findAllowing(
  part: PolicyPart,
  policies: readonly Policy[] | undefined,
  request: PolicyRequest,
): StatementPlace | undefined {
  return findIn(part, policies, 'allowing', request)
}

function findIn(
  part: PolicyPart,
  policies: readonly Policy[] = [],
  effect: 'allowing' | 'denying',
  request: PolicyRequest,
): StatementPlace | undefined {
  for (let n = 0; n < policies.length; n++) {
    const place = findOne(part, policies[n], n, effect, request)
    if (place !== undefined) return place
  }
  return undefined
}

function findOne(
  part: PolicyPart,
  policy: Policy | undefined,
  n: number,
  effect: 'allowing' | 'denying',
  request: PolicyRequest,
  bounded = false,
): StatementPlace | undefined {
  if (policy === undefined) return undefined
  const count = policy[effect].lookUp(request.action, resource, found)
  for (let at = 0; at < count; at++) {
    const statement = found[at]
    if (statement === undefined || reachOf(statement, request, bounded) === 'none') continue
    if (matchesRequest(statement, request)) return placeOf(part, n, statement)
  }
  return undefined
}

/** The statement of a resource's policy whose grant reaches furthest. */
function findGrant(
  policy: Policy,
  request: PolicyRequest,
): { reach: number; place: StatementPlace } | undefined {
  let best: Statement | undefined
  let furthest: number = reaches.none
  const count = policy.allowing.lookUp(request.action, resource, found)
  for (let at = 0; at < count; at++) {
    const statement = found[at]
    const reach = statement === undefined ? reaches.none : reaches[reachOf(statement, request)]
    if (statement === undefined || reach <= furthest || !matchesRequest(statement, request)) continue
    best = statement
    furthest = reach
  }
  return best && { reach: furthest, place: placeOf('resource', 0, best) }
}

export function placeOf(part: PolicyPart, policy: number, { index, sid }: Statement): StatementPlace {
  return sid === undefined ? { part, policy, index } : { part, policy, index, sid }
}
