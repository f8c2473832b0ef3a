import { toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { type ConditionContext, contextOf, type RequestFacts } from '../base/request-facts.ts'
import { requestTagContext } from '../base/tag-context.ts'
import { decide, type StatementPlace } from '../policy/decide/decide.ts'
import { explain, type NearMiss } from '../policy/explain/explain.ts'
import { describeFailure } from '../policy/explain/failed-elements.ts'
import type { Policy } from '../policy/policy.ts'
import type { PolicyRequest } from '../policy/request.ts'
import { findStoredPolicy } from '../policy/stored-policy.ts'
import type { Role } from '../store/roles.ts'

/** One ask for a role: who, which, under what session name, from where. */
export type TrustQuestion = {
  identity: FederatedIdentity
  role: Role
  roleArn: string
  accountId: string
  sessionName: string
  facts: RequestFacts
}

/** What the trust policy did not allow, and why not. */
export type Distrust = {
  action: string
  /** For operators: it quotes the policy's conditions and what the proof says in their place. */
  why: string
  /** Whether the policy means this provider, and something else is in the way. */
  isNear: boolean
}

/**
 * Asks the role's trust policy: for the role itself, and separately for the right to bring session tags
 * and a source identity along.
 *
 * @throws {Refusal} trust.denied, saying the action that was not allowed
 */
export function requireTrust(question: TrustQuestion): void {
  const distrust = findDistrust(question)
  if (distrust === undefined) return
  const { action, why } = distrust
  throw new Refusal('trust.denied', { detail: `${question.roleArn}: ${why}`, said: { action } })
}

/** The same question, without a word about why. */
export function isTrusted(question: TrustQuestion): boolean {
  return findRefusedRequest(question) === undefined
}

/** The same question, with the answer in words; undefined for a role that admits this identity. */
export function findDistrust(question: TrustQuestion): Distrust | undefined {
  const refused = findRefusedRequest(question)
  if (refused === undefined) return undefined
  const policy = findStoredPolicy(question.role.trustPolicy, 'trust')
  return { action: refused.action, ...storyOf(policy, refused) }
}

/** By which of the Security Token Service's actions somebody with this proof takes a role. */
export function assumingAction({ kind }: FederatedIdentity): string {
  if (kind === 'ldap') return 'AssumeRoleWithLDAPIdentity'
  return kind === 'saml' ? 'AssumeRoleWithSAML' : 'AssumeRoleWithWebIdentity'
}

/** The first of the requests that the trust policy does not allow. */
function findRefusedRequest(question: TrustQuestion): PolicyRequest | undefined {
  const { identity, role, roleArn } = question
  const policy = findStoredPolicy(role.trustPolicy, 'trust')
  const context = trustContext(question)
  const actions = [
    `sts:${assumingAction(identity)}`,
    ...(Object.keys(identity.tags).length > 0 ? ['sts:TagSession'] : []),
    ...(identity.sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ]
  const principal = { kind: 'federated' as const, providers: identity.principals }
  return actions
    .map(action => ({ principal, action, resource: roleArn, context }))
    .find(request => policy === undefined || decide({ resource: policy }, request).outcome !== 'allowed')
}

/** Which statement denies it, or which came nearest to allowing it and what is in its way. */
function storyOf(policy: Policy | undefined, request: PolicyRequest): Omit<Distrust, 'action'> {
  const { action } = request
  if (policy === undefined) return { why: 'its trust policy can’t be read any more', isNear: false }
  const { decision, nearMisses } = explain({ resource: policy }, request)
  const nameOf = ({ sid, index }: StatementPlace) => `statement ${sid ?? index + 1}`
  if (decision.outcome === 'explicitlyDenied') {
    return { why: `${nameOf(decision.statements[0])} denies ${action}`, isNear: true }
  }
  const isOurs = ({ failed }: NearMiss) => !failed.some(({ element }) => /^(?:Not)?Principal$/.test(element))
  const nearest = nearMisses.find(isOurs) ?? nearMisses[0]
  if (nearest === undefined) return { why: `no statement comes near to allowing ${action}`, isNear: false }
  const inTheWay = nearest.failed.map(describeFailure).join('; ')
  return {
    why: `${nameOf(nearest.place)} would allow ${action} but for ${inTheWay}`,
    isNear: isOurs(nearest),
  }
}

/** @see AWS IAM User Guide, "IAM and AWS STS condition context keys" */
function trustContext({ identity, role, sessionName, facts }: TrustQuestion): ConditionContext {
  const context = contextOf(facts)
  for (const key in identity.context) {
    // An issuer whose host is called `aws` would otherwise say where the request comes from, and one called `rolecall`
    // who somebody is.
    if (!/^(aws|sts|rolecall):/.test(key)) context.set(key, identity.context[key] ?? [])
  }
  context.set('aws:federatedprovider', [identity.provider])
  if (identity.personId !== undefined) context.set('rolecall:person', [identity.personId])
  if (identity.mfaAtSeconds !== undefined) {
    context.set('aws:multifactorauthpresent', ['true'])
    const age = Math.max(0, toSeconds(facts.atMs) - identity.mfaAtSeconds)
    context.set('aws:multifactorauthage', [String(age)])
  }
  context.set('sts:rolesessionname', [sessionName])
  if (identity.sourceIdentity !== undefined) context.set('sts:sourceidentity', [identity.sourceIdentity])
  for (const key in role.tags) context.set(`aws:resourcetag/${key.toLowerCase()}`, [role.tags[key] ?? ''])

  for (const [key, values] of requestTagContext(identity.tags)) context.set(key, values)
  if (identity.transitiveTagKeys.length > 0) context.set('sts:transitivetagkeys', identity.transitiveTagKeys)
  return context
}
