import type { Caller } from '../base/caller.ts'
import { isoSeconds } from '../base/clock.ts'
import { type ConditionContext, contextOf, type RequestFacts } from '../base/request-facts.ts'

/**
 * The condition keys of a signed request: what every request has, and what is known of the caller.
 * @see AWS IAM User Guide, "AWS global condition context keys", properties of the principal
 */
export function callerContext(caller: Caller, facts: RequestFacts): ConditionContext {
  const context = contextOf(facts)
  context.set('aws:principalaccount', [caller.accountId])
  context.set('aws:userid', [caller.userId])
  if (caller.kind === 'root') {
    context.set('aws:principalarn', [caller.arn])
    context.set('aws:principaltype', ['Account'])
    return context
  }

  const { session } = caller
  context.set('aws:principalarn', [caller.roleArn])
  context.set('aws:principaltype', ['AssumedRole'])
  context.set('aws:federatedprovider', [session.provider])
  context.set('aws:tokenissuetime', [isoSeconds(session.issuedAtSeconds)])
  if (session.sourceIdentity !== undefined) context.set('aws:sourceidentity', [session.sourceIdentity])
  context.set(session.subjectKey, [session.subject])
  context.set(session.audienceKey, [session.audience])
  // Temporary credentials say so either way. No provider tells us in a way that AWS would take for its own.
  context.set('aws:multifactorauthpresent', ['false'])
  // A session's tag counts before the role's of the same key, in whatever case.
  for (const tags of [caller.roleTags, session.tags]) {
    for (const [key, value] of Object.entries(tags)) {
      context.set(`aws:principaltag/${key.toLowerCase()}`, [value])
    }
  }
  return context
}
