import { toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { type ConditionContext, contextOf, type RequestFacts } from '../base/request-facts.ts'
import { decide } from '../policy/decide/decide.ts'
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

/**
 * Asks the role's trust policy: for the role itself, and separately for the right to bring session tags
 * and a source identity along.
 *
 * @throws {Refusal} trust.denied, saying the action that was not allowed
 */
export function requireTrust(question: TrustQuestion): void {
  const { identity } = question
  const context = trustContext(question)
  requireAction(`sts:${assumingAction(identity)}`, question, context)
  if (Object.keys(identity.tags).length > 0) requireAction('sts:TagSession', question, context)
  if (identity.sourceIdentity !== undefined) requireAction('sts:SetSourceIdentity', question, context)
}

/** By which of the Security Token Service's actions somebody with this proof takes a role. */
export function assumingAction({ kind }: FederatedIdentity): string {
  if (kind === 'ldap') return 'AssumeRoleWithLDAPIdentity'
  return kind === 'saml' ? 'AssumeRoleWithSAML' : 'AssumeRoleWithWebIdentity'
}

function requireAction(
  action: string,
  { identity, role, roleArn }: TrustQuestion,
  context: ConditionContext,
): void {
  const resource = findStoredPolicy(role.trustPolicy, 'trust')
  const decision =
    resource &&
    decide(
      { resource },
      {
        principal: { kind: 'federated', providers: identity.principals },
        action,
        resource: roleArn,
        context,
      },
    )
  if (decision?.outcome !== 'allowed') {
    throw new Refusal('trust.denied', { detail: `${roleArn}: ${decision?.outcome}`, said: { action } })
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

  const tagKeys = Object.keys(identity.tags)
  if (tagKeys.length === 0) return context
  context.set('aws:tagkeys', tagKeys)
  if (identity.transitiveTagKeys.length > 0) context.set('sts:transitivetagkeys', identity.transitiveTagKeys)
  for (const key of tagKeys) {
    context.set(`aws:requesttag/${key.toLowerCase()}`, [identity.tags[key] ?? ''])
  }
  return context
}
