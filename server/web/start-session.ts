import type { Request, Response } from 'express'
import { refusedEvent } from '../audit/refused-event.ts'
import { toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal, retryHeaders } from '../base/refusal.ts'
import { eventFacts } from '../base/request-facts.ts'
import { browserInWords } from './browser-in-words.ts'
import { takeErrand } from './errands.ts'
import { sentenceOf, webFaults } from './faults.ts'
import { type LinkDeps, receiveWay } from './link-ways.ts'
import { failureNotice, type Notice } from './notices.ts'
import { sessionLifetimeMs } from './session.ts'
import { finishUnlinking } from './unlink-ways.ts'

/** What every way in ends with. */
export type SignInDeps = LinkDeps & {
  showSignIn(response: Response, notice: Notice | undefined, status?: number): Promise<void>
  log: { error(context: object, message: string): void; info(context: object, message: string): void }
}

/**
 * A new session id, whatever the browser came with: an id planted before the sign-in stays a stranger's. Whoever was sent
 * to link a way in or to unlink one changes nothing about the session.
 *
 * @param way the address that the browser left by: `/sign-in/google`
 * @returns the page to go on to
 * @throws {Refusal} signIn.failed (on an errand, when the provider did not ask anew) | audit.unavailable | store.unavailable
 */
export async function startSession(
  deps: SignInDeps,
  request: Request,
  identity: FederatedIdentity,
  way: string,
): Promise<string> {
  const { identity: present } = request.session
  const errand = takeErrand(request.session, way, identity, deps.clock)
  if (errand?.purpose === 'link' && present !== undefined) return receiveWay(deps, request, present, identity)
  if (errand?.purpose === 'unlink' && present !== undefined)
    return finishUnlinking(deps, request, { present, came: identity, target: errand.way })
  await deps.store.identities.remember(identity, deps.clock())
  const person = await deps.store.people.find(identity)
  await deps.audit.record({
    ...eventFacts(deps.factsOf(request)),
    event: 'SignIn',
    decision: 'allowed',
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
  request.session.browser = browserInWords(request.headers['user-agent'])
  const { sessionEndsAtSeconds: end = Number.POSITIVE_INFINITY } = identity
  request.session.expiresAtMs = Math.min(deps.clock() + sessionLifetimeMs, end * 1000)
  return errand?.purpose === 'again' ? '/account' : '/roles'
}

/** Back to the sign-in page with a sentence of ours; what really happened is for the log. */
export async function refuseSignIn(
  deps: SignInDeps,
  request: Request,
  response: Response,
  error: unknown,
): Promise<void> {
  if (!(error instanceof Refusal)) throw error
  const facts = deps.factsOf(request)
  const { requestId } = facts
  const { reason, detail, about, said } = error
  deps.log.info({ requestId, reason, detail, ...about }, 'sign-in refused')
  deps.audit.note(refusedEvent('SignIn', error, facts))
  if (reason !== 'request.throttled') {
    return response.redirect(303, `/?notice=${failureNotice(reason)}&request=${requestId}`)
  }
  // Not by a redirect: Retry-After would say when to follow it.
  response.set(retryHeaders(error))
  const notice = { tone: 'problem', text: sentenceOf(reason, said), requestId } as const
  await deps.showSignIn(response, notice, webFaults[reason][0])
}
