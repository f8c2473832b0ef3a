import type { Authorizer, Permission } from '../authorization/authorize.ts'
import { roleArn as arnOfRole } from '../base/arn.ts'
import type { Caller } from '../base/caller.ts'
import { type Clock, toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { ConditionContext, RequestFacts } from '../base/request-facts.ts'
import type { Session } from '../base/session.ts'
import { requireTransitiveKeys } from '../base/session-tags.ts'
import { requestTagContext } from '../base/tag-context.ts'
import type { MfaVerifier } from '../credentials/verify-mfa.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import { findStoredPolicy } from '../policy/stored-policy.ts'
import type { Policies } from '../store/policies.ts'
import type { Role, Roles } from '../store/roles.ts'
import type { AskedByCaller, AssumedRole } from './gate.ts'
import { ancestorOf, type IssuerDeps, issueRoleSession } from './issue-role-session.ts'
import { requireFactor } from './require-factor.ts'
import { findRole, requireSane, requireSessionPolicies } from './session-request.ts'
import { inheritTags, type PassedTags } from './session-tags.ts'

type Deps = IssuerDeps & {
  roles: Pick<Roles, 'find'>
  policies: Pick<Policies, 'find'>
  authorizer: Authorizer
  mfa: MfaVerifier
  clock: Clock
  demo: boolean
}

/** Sessions got with a role's credentials. @see AWS IAM User Guide, "Role chaining" */
const mostSecondsInChain = 3_600

/**
 * A person proves who they are for a browser's hour and, at its end, credentials of twelve; after that nobody asks their
 * provider about them any more. A chain that goes round would otherwise go on for ever.
 */
const mostSecondsOfProof = 46_800

/** Stands in for the trust policy of a role that is not there, so that it is refused in the same words. */
const trustsNobody = parsePolicy(
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}]}',
  'trust',
)

/** See `Gate.assumeRoleAs`. */
export async function assumeRoleAs(
  deps: Deps,
  caller: Caller,
  text: string,
  asked: AskedByCaller,
  facts: RequestFacts,
): Promise<AssumedRole> {
  requireSane(asked)
  const role = await findRole(deps, text)
  const { tags = {} } = asked
  const brought = { tags, transitiveTagKeys: requireTransitiveKeys(asked.transitiveTagKeys, tags) }
  const passed = inheritTags(brought, caller.session)
  const sourceIdentity = requireOneSourceIdentity(asked, caller, text)
  const permission = permissionOn(role, text, { ...asked, ...brought }, sourceIdentity, deps.accountId)
  if (caller.kind === 'root') throw denied(caller, permission, 'because roles may not be assumed by root')
  const actions = [
    'sts:AssumeRole',
    ...(Object.keys(tags).length > 0 ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ]
  // Before the policies are asked: they may ask for it.
  const mfaAtSeconds = (await requireFactor(deps.mfa, caller, asked.factor)) ?? caller.session?.mfaAtSeconds
  addFactor(permission.context, mfaAtSeconds, facts)
  for (const action of actions) {
    await deps.authorizer.requirePermission(caller, { ...permission, action }, facts)
  }
  // INVARIANT: the trust policy of a role that is not there admits nobody.
  if (role === undefined) throw new TypeError(`${text} was trusted and is not there`)

  if (asked.seconds > role.maxSessionSeconds) throw new Refusal('duration.overRoleMaximum')
  if (caller.kind === 'session' && asked.seconds > mostSecondsInChain)
    throw new Refusal('duration.overChainMaximum')
  await requireSessionPolicies(asked, deps.accountId, deps.policies)
  const draft = {
    ...sessionFor(caller, role, asked, toSeconds(deps.clock())),
    ...passed,
    ...(mfaAtSeconds === undefined ? {} : { mfaAtSeconds }),
  }
  return issueRoleSession(deps, role, sourceIdentity === undefined ? draft : { ...draft, sourceIdentity }, {
    event: 'AssumeRole',
    facts,
    caller,
  })
}

/** Long-term keys say nothing of a second factor, unless one came along. */
function addFactor(
  context: ConditionContext,
  mfaAtSeconds: number | undefined,
  { atMs }: RequestFacts,
): void {
  if (mfaAtSeconds === undefined) return
  context.set('aws:multifactorauthpresent', ['true'])
  context.set('aws:multifactorauthage', [String(Math.max(0, toSeconds(atMs) - mfaAtSeconds))])
}

function permissionOn(
  role: Role | undefined,
  text: string,
  { name, externalId, tags, transitiveTagKeys }: AskedByCaller & PassedTags,
  sourceIdentity: string | undefined,
  accountId: string,
): Permission & { context: ConditionContext } {
  const context = requestTagContext(tags)
  if (transitiveTagKeys.length > 0) context.set('sts:transitivetagkeys', transitiveTagKeys)
  context.set('sts:rolesessionname', [name])
  if (externalId !== undefined) context.set('sts:externalid', [externalId])
  if (sourceIdentity !== undefined) context.set('sts:sourceidentity', [sourceIdentity])
  for (const key in role?.tags) {
    context.set(`aws:resourcetag/${key.toLowerCase()}`, [role.tags[key] ?? ''])
    context.set(`iam:resourcetag/${key.toLowerCase()}`, [role.tags[key] ?? ''])
  }
  return {
    action: 'sts:AssumeRole',
    resource: role === undefined ? text : arnOfRole(accountId, role.path, role.name),
    context,
    resourcePolicy: (role && findStoredPolicy(role.trustPolicy, 'trust')) ?? trustsNobody,
    ...(role?.trustedIds === undefined ? {} : { meantIds: role.trustedIds }),
  }
}

/** It says who stands behind a whole chain: nobody along it can say otherwise. */
function requireOneSourceIdentity(
  { sourceIdentity }: AskedByCaller,
  caller: Caller,
  text: string,
): string | undefined {
  const inherited = caller.session?.sourceIdentity
  if (sourceIdentity === undefined || inherited === undefined || inherited === sourceIdentity)
    return sourceIdentity ?? inherited
  const permission = { action: 'sts:SetSourceIdentity', resource: text }
  throw denied(caller, permission, 'because the calling session has another source identity')
}

function sessionFor(
  caller: Caller,
  role: Role,
  asked: AskedByCaller,
  nowSeconds: number,
): Omit<Session, 'accessKeyId' | 'tags' | 'transitiveTagKeys'> {
  const { session } = caller
  return {
    kind: 'role',
    principalId: role.id,
    name: asked.name,
    ...(session?.person === undefined ? {} : { person: session.person }),
    issuedAtSeconds: nowSeconds,
    expiresAtSeconds: Math.min(
      nowSeconds + asked.seconds,
      session === undefined ? Number.POSITIVE_INFINITY : endOfProof(session),
    ),
    ancestors: [...(session?.ancestors ?? []), ancestorOf(caller, nowSeconds)],
    policyArns: asked.policyArns ?? [],
    ...(asked.policy === undefined ? {} : { policy: asked.policy }),
    demo: session?.demo ?? false,
  }
}

function endOfProof({ person, ancestors, issuedAtSeconds }: Session): number {
  if (person === undefined) return Number.POSITIVE_INFINITY
  const [eldest] = ancestors
  const provenAtSeconds = person.provenAtSeconds ?? eldest?.issuedAtSeconds ?? issuedAtSeconds
  return Math.min(provenAtSeconds + mostSecondsOfProof, person.endsAtSeconds ?? Number.POSITIVE_INFINITY)
}

function denied(caller: Caller, { action, resource }: Permission, why: string): Refusal {
  return new Refusal('access.denied', { said: { principal: caller.arn, action, resource, why } })
}
