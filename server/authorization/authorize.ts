import type { Caller } from '../base/caller.ts'
import { Refusal } from '../base/refusal.ts'
import type { ConditionContext, RequestFacts } from '../base/request-facts.ts'
import type { Keyring } from '../keys/keyring.ts'
import { type Decision, decide, type PolicyPart, type PolicySet } from '../policy/decide/decide.ts'
import { type Explanation, explain } from '../policy/explain/explain.ts'
import { describeFailure } from '../policy/explain/failed-elements.ts'
import type { Policy } from '../policy/policy.ts'
import type { PolicyPrincipal, PolicyRequest } from '../policy/request.ts'
import { callerContext } from './caller-context.ts'
import { encodeDenial } from './denial-message.ts'
import { gatherPolicies, type PolicySources } from './gather-policies.ts'

/** What an action needs of its caller. */
export type Permission = {
  /** `iam:CreateRole` */
  action: string
  /** The ARN that it acts on, or `*`. */
  resource: string
  /**
   * What a refusal calls it, where that is not the ARN: as the caller named it, or who may not see a thing would learn
   * its ARN, and that it is there.
   */
  named?: string
  /** The action's own condition keys, in lower case. */
  context?: ConditionContext
  /** The resource's own policy, where it has one: a role's is its trust policy. */
  resourcePolicy?: Policy
  /** Whom ARNs in it mean, where that is known: a name that was given anew means somebody else. */
  meantIds?: Readonly<Record<string, string>>
}

export type Authorizer = {
  /** @throws {Refusal} access.denied, saying principal, action, resource and why, and the whole story, sealed */
  requirePermission(caller: Caller, permission: Permission, facts: RequestFacts): Promise<void>
}

export type AuthorizerDeps = PolicySources & { keyring: Keyring }

export function createAuthorizer(deps: AuthorizerDeps): Authorizer {
  return {
    async requirePermission(caller, permission, facts) {
      requireWithinSession(caller, permission)
      if (caller.kind === 'root' && permission.resourcePolicy === undefined) return
      const gathered = await gatherPolicies(deps, caller)
      if (gathered === undefined) {
        throw denied(caller, permission, 'because a policy that applies can no longer be read')
      }
      const { resourcePolicy } = permission
      const policies = resourcePolicy === undefined ? gathered : { ...gathered, resource: resourcePolicy }

      const context = callerContext(caller, facts)
      for (const [key, values] of permission.context ?? []) context.set(key, values)
      const request: PolicyRequest = {
        principal: principalOf(caller, permission.meantIds),
        action: permission.action,
        resource: permission.resource,
        context,
      }
      const decision = decide(policies, request)
      if (decision.outcome === 'allowed') return
      const told = permission.named === undefined ? decision : withoutHint(decision, gathered, request)
      const explanation = explain(policies, request)
      throw denied(caller, permission, whyNot(told, permission), {
        sealed: encodeDenial(deps.keyring, policies, request, explanation),
        detail: storyOf(explanation),
      })
    },
  }
}

type Denied = Exclude<Decision, { outcome: 'allowed' }>

/** As policies on resources mean the caller: by ARN, unless the ARN means one who had it before. */
function principalOf(caller: Caller, meantIds?: Permission['meantIds']): PolicyPrincipal {
  const { accountId, arn } = caller
  const nameOf = (name: string, id: string) => ((meantIds?.[name] ?? id) === id ? name : `${name} ${id}`)
  switch (caller.kind) {
    case 'root':
      return { kind: 'root', accountId }
    case 'user':
      return { kind: 'user', accountId, arn: nameOf(arn, caller.user.id) }
    case 'session':
      return {
        kind: 'session',
        accountId,
        arn: nameOf(arn, caller.session.principalId),
        roleArn: nameOf(caller.roleArn, caller.session.principalId),
      }
    case 'federatedUser':
      return {
        kind: 'federatedUser',
        accountId,
        arn,
        userArn:
          caller.user === undefined
            ? `arn:aws:iam::${accountId}:root`
            : nameOf(caller.user.arn, caller.user.id),
      }
  }
}

/**
 * What temporary credentials without a role may never do, whatever the policies say: else a stolen set of them could
 * make itself permanent.
 *
 * @see AWS STS API reference, GetSessionToken and GetFederationToken, Permissions
 */
function requireWithinSession(caller: Caller, permission: Permission): void {
  if (caller.kind === 'session' || caller.session === undefined) return
  const { action } = permission
  const isFederated = caller.kind === 'federatedUser'
  if (action.startsWith('iam:') && (isFederated || caller.session.mfaAtSeconds === undefined)) {
    const what = isFederated ? 'of a federated user' : 'without multi-factor authentication'
    throw denied(caller, permission, `because session credentials ${what} can't call IAM`)
  }
  if (action.startsWith('sts:') && (isFederated || !ofAssumeRole.includes(action))) {
    throw denied(caller, permission, "because session credentials can't call this action")
  }
}

/** What AssumeRole asks for: the role itself, and the right to bring tags and a source identity along. */
const ofAssumeRole = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']

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
function whyNot(decision: Denied, { action }: Permission): string {
  if (decision.outcome === 'implicitlyDenied') {
    return `because no ${partNames[decision.missing]} allows the ${action} action`
  }
  const name = partNames[decision.statements[0].part]
  return `with an explicit deny in ${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`
}

/**
 * Who may not do it anyway is not told that the resource's own policy denies it: so much as that there is one says that
 * the resource is there.
 */
function withoutHint(decision: Denied, gathered: PolicySet, request: PolicyRequest): Denied {
  if (decision.outcome !== 'explicitlyDenied' || decision.statements[0].part !== 'resource') return decision
  const own = decide(gathered, request)
  return own.outcome === 'allowed' ? decision : own
}

/** For the log: which statement denied it, or which came near and what failed. */
function storyOf({ decision, nearMisses }: Explanation): string {
  if (decision.outcome === 'explicitlyDenied') return JSON.stringify(decision.statements[0])
  return nearMisses
    .map(({ place, failed }) => `${JSON.stringify(place)} ${failed.map(describeFailure).join('; ')}`)
    .join(' | ')
}

function denied(
  caller: Caller,
  { action, resource, named = resource }: Permission,
  why: string,
  { sealed, detail }: { sealed?: string; detail?: string } = {},
): Refusal {
  return new Refusal('access.denied', {
    said: {
      principal: caller.arn,
      action,
      resource: named,
      why,
      ...(sealed === undefined ? {} : { sealed }),
    },
    ...(detail === undefined ? {} : { detail }),
  })
}
