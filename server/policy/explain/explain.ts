import {
  type Decision,
  decide,
  type PolicyPart,
  type PolicySet,
  placeOf,
  policiesOf,
  policyParts,
  type StatementPlace,
} from '../decide/decide.ts'
import type { Statement } from '../language/statement.ts'
import { ResourceHashes } from '../match/statement-index.ts'
import type { Policy } from '../policy.ts'
import type { PolicyRequest } from '../request.ts'
import { type FailedElement, failedElements } from './failed-elements.ts'

/** A decision with its whole story. */
export type Explanation = {
  decision: Decision
  /** Every policy that had a say, in the order in which they were asked. */
  considered: readonly ConsideredPolicy[]
  /** For an implicit denial: the statements that came nearest to allowing it, the nearest first. */
  nearMisses: readonly NearMiss[]
}

export type ConsideredPolicy = {
  part: PolicyPart
  /** Its place within the part. */
  policy: number
  /** How many statements it has. */
  statements: number
  /** Those of its statements that match the request. */
  allowing: readonly StatementPlace[]
  denying: readonly StatementPlace[]
}

export type NearMiss = { place: StatementPlace; failed: readonly FailedElement[] }

const mostMatches = 20
const mostNearMisses = 5
/** How many statements of one policy are looked at for near misses, beside those that the index finds. */
const mostLookedAt = 32
/** What fails in more elements than this is not near. */
const mostFailures = 2

/** Decides once more, and tells why. For whoever asks: `decide` alone does nothing of this. */
export function explain(policies: PolicySet, request: PolicyRequest): Explanation {
  const decision = decide(policies, request)
  const considered: ConsideredPolicy[] = []
  const nearMisses: NearMiss[] = []
  resource.useResource(request.resource)
  for (const part of policyParts) {
    for (const [n, policy] of policiesOf(policies, part).entries()) {
      considered.push({
        part,
        policy: n,
        statements: policy.statements.length,
        allowing: matching(part, n, policy, 'allowing', request),
        denying: matching(part, n, policy, 'denying', request),
      })
      if (decision.outcome === 'implicitlyDenied' && couldAllow(part, decision.missing)) {
        nearMisses.push(...nearMissesIn(part, n, policy, request))
      }
    }
  }
  nearMisses.sort((one, other) => one.failed.length - other.failed.length)
  return { decision, considered, nearMisses: nearMisses.slice(0, mostNearMisses) }
}

const resource = new ResourceHashes()
const found: Statement[] = []

function matching(
  part: PolicyPart,
  n: number,
  policy: Policy,
  effect: 'allowing' | 'denying',
  request: PolicyRequest,
): StatementPlace[] {
  const count = policy[effect].lookUp(request.action, resource, found)
  const candidates = [...new Set(found.slice(0, Math.min(count, mostMatches * 5)))]
  return candidates
    .filter(statement => failedElements(statement, request).length === 0)
    .slice(0, mostMatches)
    .map(statement => placeOf(part, n, statement))
}

/** A group's policies count as the identity's, and within an account so would the resource's. */
function couldAllow(part: PolicyPart, missing: PolicyPart): boolean {
  if (missing === 'identity') return part === 'identity' || part === 'group' || part === 'resource'
  return part === missing
}

/**
 * Looked for where they are likely: among what the index finds for the request (a condition or the principal
 * failed), among statements of the same action (the resource failed), and at the document's beginning.
 */
function nearMissesIn(part: PolicyPart, n: number, { allowing }: Policy, request: PolicyRequest): NearMiss[] {
  const count = allowing.lookUp(request.action, resource, found)
  const candidates = new Set([
    ...found.slice(0, Math.min(count, mostLookedAt)),
    ...allowing.sample(request.action),
    ...allowing.statements.slice(0, mostLookedAt),
  ])
  const misses: NearMiss[] = []
  for (const statement of candidates) {
    const failed = failedElements(statement, request)
    const isNear = failed.length > 0 && failed.length <= mostFailures
    if (isNear) misses.push({ place: placeOf(part, n, statement), failed })
  }
  return misses
}
