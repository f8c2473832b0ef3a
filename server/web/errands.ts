import { randomBytes } from 'node:crypto'
import type { NextFunction, Request, Response } from 'express'
import type { SessionData } from 'express-session'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'

/** To link another way in, to show once more that it is they, or to unlink this one of their ways. */
export type Purpose =
  | { purpose: 'link' | 'again' }
  | { purpose: 'unlink'; way: Pick<FederatedIdentity, 'issuer' | 'subject'> }

/**
 * What somebody who is signed in leaves for a provider for. It is good in this session alone, for a few minutes, and for
 * the one way that the browser left by.
 */
export type Errand = Purpose & {
  /** Stands in the address that the browser leaves by: a sign-in without it is an ordinary one. */
  token: string
  leftBy?: string
  untilMs: number
}

type Session = Partial<SessionData>

const errandMs = 10 * 60_000
const freshMs = 5 * 60_000

/** Whether the sign-in is new enough for changing ways in: an open browser that was left alone is not. */
export function isFresh({ signedInAtMs }: Session, clock: Clock): boolean {
  return signedInAtMs !== undefined && clock() - signedInAtMs < freshMs
}

export function beginErrand(session: Session, purpose: Purpose, clock: Clock): void {
  session.errand = { ...purpose, token: randomBytes(16).toString('base64url'), untilMs: clock() + errandMs }
}

export function findErrand({ identity, errand }: Session, clock: Clock): Errand | undefined {
  return identity !== undefined && errand !== undefined && errand.untilMs > clock() ? errand : undefined
}

/** Where a provider's answer comes back to. A SAML provider may be named `callback`, and none of theirs comes back here. */
const answerPath = /^\/(?:(?!saml\/)[^/]+\/callback|arrived)\/?$/i

/**
 * Notes by which way the browser leaves on its errand. Whoever begins an ordinary sign-in meanwhile has given the errand
 * up: at a machine that was left with one begun, the next person's own sign-in must not be taken for its end.
 */
export function noteDeparture(request: Request, _response: Response, next: NextFunction): void {
  const { errand } = request.session
  if (request.method === 'GET' && errand !== undefined) {
    const asked = new URLSearchParams(request.url.split('?')[1]).get('errand')
    // By the path alone: whatever else its address says, one that sends the browser to a provider begins a sign-in.
    const begins = !answerPath.test(request.path)
    if (begins && asked === errand.token) errand.leftBy = request.baseUrl + request.path
    else if (begins) delete request.session.errand
  }
  next()
}

/**
 * The errand that somebody's coming back by this way is the end of. It is over with this, however it goes on.
 *
 * @throws {Refusal} signIn.failed when the provider says that it did not ask them anew: whoever sits at a machine that
 *   somebody left would be taken for them
 */
export function takeErrand(
  session: Session,
  way: string,
  { authenticatedAtSeconds }: Pick<FederatedIdentity, 'authenticatedAtSeconds'>,
  clock: Clock,
): Errand | undefined {
  const errand = findErrand(session, clock)
  const isItsEnd = errand !== undefined && errand.leftBy === way
  // Still on the errand: the page that they are sent back to knows what it was that failed.
  if (isItsEnd && isOld(authenticatedAtSeconds, errand)) {
    throw new Refusal('signIn.failed', { detail: 'the provider did not ask anew' })
  }
  delete session.errand
  return isItsEnd ? errand : undefined
}

function isOld(authenticatedAtSeconds: number | undefined, { untilMs }: Errand): boolean {
  const beganMs = untilMs - errandMs
  return authenticatedAtSeconds !== undefined && authenticatedAtSeconds * 1000 < beganMs - freshMs
}

/** Whether there was one, which is over now. */
export function giveUpErrand(session: Session): boolean {
  const had = session.errand !== undefined
  delete session.errand
  return had
}
