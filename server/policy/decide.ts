import type { Policy } from './parse-policy.ts'
import type { StatementRequest } from './statement.ts'

/** Whose policies are asked, and in which part. */
export type PolicySet = {
  /** What the principal's own policies allow. */
  identity?: readonly Policy[]
  /** Narrows what identity policies allow. */
  boundary?: Policy
  /** Each session is narrowed by what its policies allow together. */
  session?: readonly Policy[]
  /** The resource's own policy; a role's trust policy is one. */
  resource?: Policy
}

export type PolicyRequest = StatementRequest

export type DecidingStatement = { kind: keyof PolicySet; policy: number; index: number; sid?: string }

export type Decision = {
  outcome: 'allowed' | 'explicitlyDenied' | 'implicitlyDenied'
  /** The statements that made it so; none when nothing matched. */
  statements: readonly DecidingStatement[]
}

const implicitlyDenied: Decision = { outcome: 'implicitlyDenied', statements: [] }

/**
 * Decides one request. An explicit deny wins wherever it stands; then the identity's or the resource's
 * policies must allow it, and a boundary and session policies, where there are any, must allow it too.
 *
 * @see AWS IAM User Guide, "Policy evaluation logic"
 */
export function decide(policies: PolicySet, request: PolicyRequest): Decision {
  const { identity = [], session = [] } = policies
  const boundary = policies.boundary === undefined ? [] : [policies.boundary]
  const resource = policies.resource === undefined ? [] : [policies.resource]

  const denying =
    find('identity', identity, 'Deny', request) ??
    find('boundary', boundary, 'Deny', request) ??
    find('session', session, 'Deny', request) ??
    find('resource', resource, 'Deny', request)
  if (denying !== undefined) return { outcome: 'explicitlyDenied', statements: [denying] }

  const granting =
    find('identity', identity, 'Allow', request) ?? find('resource', resource, 'Allow', request)
  if (granting === undefined) return implicitlyDenied
  const statements = [granting]
  for (const [kind, narrowing] of [
    ['boundary', boundary],
    ['session', session],
  ] as const) {
    if (narrowing.length === 0) continue
    const allowing = find(kind, narrowing, 'Allow', request)
    if (allowing === undefined) return implicitlyDenied
    statements.push(allowing)
  }
  return { outcome: 'allowed', statements }
}

function find(
  kind: keyof PolicySet,
  policies: readonly Policy[],
  effect: 'Allow' | 'Deny',
  request: PolicyRequest,
): DecidingStatement | undefined {
  for (let policy = 0; policy < policies.length; policy++) {
    for (const statement of policies[policy]?.statements ?? []) {
      if (statement.effect !== effect || !statement.matches(request)) continue
      const { index, sid } = statement
      return { kind, policy, index, ...(sid === undefined ? {} : { sid }) }
    }
  }
  return undefined
}
