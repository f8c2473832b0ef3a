import type { Request, Response } from 'express'
import { toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { takeErrand } from './errands.ts'
import { type LinkDeps, receiveWay } from './link-ways.ts'
import { failureNotice } from './notices.ts'
import { sessionLifetimeMs } from './session.ts'

/** What every way in ends with. */
export type SignInDeps = LinkDeps & {
  log: { error(context: object, message: string): void; info(context: object, message: string): void }
}

/**
 * A new session id, whatever the browser came with: an id planted before the sign-in stays a stranger's. Whoever was sent
 * to be linked changes nothing about the session.
 *
 * @param way the address that the browser left by: `/sign-in/google`
 * @returns the page to go on to
 */
export async function startSession(
  deps: SignInDeps,
  request: Request,
  identity: FederatedIdentity,
  way: string,
): Promise<string> {
  const { identity: present } = request.session
  const errand = takeErrand(request.session, way, deps.clock)
  if (errand === 'link' && present !== undefined) return receiveWay(deps, request, present, identity)
  const facts = deps.factsOf(request)
  await deps.store.identities.remember(identity, deps.clock())
  const person = await deps.store.people.find(identity)
  await deps.audit.record({
    atMs: facts.atMs,
    event: 'SignIn',
    decision: 'allowed',
    requestId: facts.requestId,
    sourceIp: facts.sourceIp,
    ...(facts.userAgent === undefined ? {} : { userAgent: facts.userAgent }),
    issuer: identity.issuer,
    subject: identity.subject,
    ...(person === undefined ? {} : { personId: person.id }),
  })
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate(error => (error ? reject(error) : resolve()))
  })
  const { provenAtSeconds = toSeconds(deps.clock()) } = identity
  request.session.identity = { ...identity, provenAtSeconds }
  request.session.signedInAtMs = provenAtSeconds * 1000
  request.session.signedInBy = way
  const { sessionEndsAtSeconds: end = Number.POSITIVE_INFINITY } = identity
  request.session.expiresAtMs = Math.min(deps.clock() + sessionLifetimeMs, end * 1000)
  return errand === 'again' ? '/account' : '/roles'
}

/** Back to the sign-in page with a sentence of ours; what really happened is for the log. */
export function refuseSignIn(deps: SignInDeps, request: Request, response: Response, error: unknown): void {
  if (!(error instanceof Refusal)) throw error
  const { requestId, atMs, sourceIp } = deps.factsOf(request)
  const { reason, detail, about } = error
  deps.log.info({ requestId, reason, detail, ...about }, 'sign-in refused')
  deps.audit.note({ atMs, event: 'SignIn', decision: 'denied', reason, requestId, sourceIp, ...about })
  response.redirect(303, `/?notice=${failureNotice(reason)}`)
}
