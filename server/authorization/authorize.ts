import { entityOf, parseArn } from '../base/arn.ts'
import type { Caller, SessionCaller } from '../base/caller.ts'
import { Refusal } from '../base/refusal.ts'
import type { ConditionContext, RequestFacts } from '../base/request-facts.ts'
import { type Decision, decide, type PolicyPart } from '../policy/decide/decide.ts'
import { explain } from '../policy/explain/explain.ts'
import { describeFailure } from '../policy/explain/failed-elements.ts'
import type { Policy } from '../policy/policy.ts'
import type { PolicyRequest } from '../policy/request.ts'
import { findStoredPolicies, findStoredPolicy } from '../policy/stored-policy.ts'
import type { Policies } from '../store/policies.ts'
import type { Roles } from '../store/roles.ts'
import { callerContext } from './caller-context.ts'

/** What an action needs of its caller. */
export type Permission = {
  /** `iam:CreateRole` */
  action: string
  /** The ARN that it acts on, or `*`. */
  resource: string
  /** The action's own condition keys, in lower case. */
  context?: ConditionContext
}

export type Authorizer = {
  /** @throws {Refusal} access.denied, saying principal, action, resource and why */
  requirePermission(caller: Caller, permission: Permission, facts: RequestFacts): Promise<void>
}

export type AuthorizerDeps = {
  roles: Pick<Roles, 'documents'>
  policies: Pick<Policies, 'find' | 'findDocument'>
}

export function createAuthorizer(deps: AuthorizerDeps): Authorizer {
  return {
    async requirePermission(caller, permission, facts) {
      if (caller.kind === 'root') return
      const identity = findStoredPolicies(await deps.roles.documents(caller.session.roleId), 'identity')
      const session = await sessionPolicies(deps, caller)
      if (identity === undefined || session === undefined) {
        throw denied(caller, permission, 'because a policy that applies can no longer be read')
      }

      const context = callerContext(caller, facts)
      for (const [key, values] of permission.context ?? []) context.set(key, values)
      const policies = { identity, session }
      const request: PolicyRequest = {
        principal: { kind: 'session', accountId: caller.accountId, arn: caller.arn, roleArn: caller.roleArn },
        action: permission.action,
        resource: permission.resource,
        context,
      }
      const decision = decide(policies, request)
      if (decision.outcome === 'allowed') return
      throw denied(caller, permission, whyNot(decision, permission), storyOf(policies, request))
    },
  }
}

/**
 * The policies that the session was narrowed by. A managed one that is gone since allows nothing, and
 * so does the whole session when it was the only one: an empty list would mean no narrowing at all.
 */
async function sessionPolicies(
  { policies }: AuthorizerDeps,
  { session, accountId }: SessionCaller,
): Promise<Policy[] | undefined> {
  const found: Policy[] = []
  if (session.policy !== undefined) {
    const policy = findStoredPolicy(session.policy, 'session')
    if (policy === undefined) return undefined
    found.push(policy)
  }
  for (const arn of session.policyArns) {
    const document = await findManagedDocument(policies, arn, accountId)
    const policy = document === undefined ? undefined : findStoredPolicy(document, 'identity')
    if (policy === undefined) return undefined
    found.push(policy)
  }
  return found
}

async function findManagedDocument(
  policies: AuthorizerDeps['policies'],
  text: string,
  accountId: string,
): Promise<string | undefined> {
  const arn = parseArn(text)
  const named = arn && entityOf(arn, 'policy')
  if (arn === undefined || named === undefined || arn.accountId !== accountId) return undefined
  const policy = await policies.find(named.name)
  return policy === undefined || policy.path !== named.path ? undefined : policies.findDocument(policy.id)
}

const partNames: Readonly<Record<PolicyPart, string>> = {
  identity: 'identity-based policy',
  group: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  resource: 'resource-based policy',
}

/**
 * As AWS words it: which kind of policy stood against it, and no more.
 * @see AWS IAM User Guide, "Troubleshoot access denied error messages"
 */
function whyNot(decision: Exclude<Decision, { outcome: 'allowed' }>, { action }: Permission): string {
  if (decision.outcome === 'implicitlyDenied') {
    return `because no ${partNames[decision.missing]} allows the ${action} action`
  }
  const name = partNames[decision.statements[0].part]
  return `with an explicit deny in ${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`
}

/** For the log: which statement denied it, or which came near and what failed. */
function storyOf(policies: { identity: Policy[]; session: Policy[] }, request: PolicyRequest): string {
  const { decision, nearMisses } = explain(policies, request)
  if (decision.outcome === 'explicitlyDenied') return JSON.stringify(decision.statements[0])
  return nearMisses
    .map(({ place, failed }) => `${JSON.stringify(place)} ${failed.map(describeFailure).join('; ')}`)
    .join(' | ')
}

function denied(caller: Caller, { action, resource }: Permission, why: string, detail?: string): Refusal {
  return new Refusal('access.denied', {
    said: { principal: caller.arn, action, resource, why },
    ...(detail === undefined ? {} : { detail }),
  })
}
