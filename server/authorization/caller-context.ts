import type { Caller, CallingUser } from '../base/caller.ts'
import { isoSeconds } from '../base/clock.ts'
import { type ConditionContext, contextOf, type RequestFacts } from '../base/request-facts.ts'
import type { Session } from '../base/session.ts'

/**
 * The condition keys of a signed request: what every request has, and what is known of the caller.
 * @see AWS IAM User Guide, "AWS global condition context keys", properties of the principal
 */
export function callerContext(caller: Caller, facts: RequestFacts): ConditionContext {
  const context = contextOf(facts)
  context.set('aws:principalaccount', [caller.accountId])
  context.set('aws:userid', [caller.userId])
  if (caller.session !== undefined) addSession(context, caller.session)
  switch (caller.kind) {
    case 'root':
      context.set('aws:principalarn', [caller.arn])
      context.set('aws:principaltype', ['Account'])
      break
    case 'user':
      context.set('aws:principalarn', [caller.arn])
      context.set('aws:principaltype', ['User'])
      addUser(context, caller.user)
      break
    case 'session':
      context.set('aws:principalarn', [caller.roleArn])
      context.set('aws:principaltype', ['AssumedRole'])
      addTags(context, caller.roleTags)
      break
    case 'federatedUser':
      context.set('aws:principalarn', [caller.arn])
      context.set('aws:principaltype', ['FederatedUser'])
  }
  // Last: a session's tag counts before the role's of the same key, in whatever case.
  if (caller.session !== undefined) addTags(context, caller.session.tags)
  return context
}

function addSession(context: ConditionContext, session: Session): void {
  context.set('aws:tokenissuetime', [isoSeconds(session.issuedAtSeconds)])
  if (session.sourceIdentity !== undefined) context.set('aws:sourceidentity', [session.sourceIdentity])
  const { person, proof, mfaAtSeconds } = session
  if (person !== undefined && proof !== undefined) {
    context.set('aws:federatedprovider', [proof.provider])
    context.set(proof.subjectKey, [person.subject])
    context.set(proof.audienceKey, [proof.audience])
  }
  // After the provider's keys, and also at the end of a chain.
  if (person?.personId !== undefined) context.set('rolecall:person', [person.personId])
  // Temporary credentials say so either way; long-term ones never do.
  context.set('aws:multifactorauthpresent', [String(mfaAtSeconds !== undefined)])
  if (mfaAtSeconds !== undefined) {
    const [now] = context.get('aws:epochtime') ?? []
    context.set('aws:multifactorauthage', [String(Math.max(0, Number(now) - mfaAtSeconds))])
  }
}

function addUser(context: ConditionContext, { name, tags }: CallingUser): void {
  context.set('aws:username', [name])
  addTags(context, tags)
}

function addTags(context: ConditionContext, tags: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(tags)) {
    context.set(`aws:principaltag/${key.toLowerCase()}`, [value])
  }
}
