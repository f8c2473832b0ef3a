import { randomBytes } from 'node:crypto'
import type { NextFunction, Request, Response } from 'express'
import type { SessionData } from 'express-session'
import type { Clock } from '../base/clock.ts'

/**
 * What somebody who is signed in leaves for a provider for: to link another way in, or to show once more that it is
 * they. It is good in this session alone, for a few minutes, and for the one way that the browser left by.
 */
export type Errand = {
  purpose: 'link' | 'again'
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

export function beginErrand(session: Session, purpose: Errand['purpose'], clock: Clock): void {
  session.errand = { purpose, token: randomBytes(16).toString('base64url'), untilMs: clock() + errandMs }
}

export function findErrand({ identity, errand }: Session, clock: Clock): Errand | undefined {
  return identity !== undefined && errand !== undefined && errand.untilMs > clock() ? errand : undefined
}

/**
 * Notes by which way the browser leaves on its errand. Whoever begins an ordinary sign-in meanwhile has given the errand
 * up: at a machine that was left with one begun, the next person's own sign-in must not be taken for its end.
 */
export function noteDeparture(request: Request, _response: Response, next: NextFunction): void {
  const { errand } = request.session
  if (request.method === 'GET' && errand !== undefined) {
    const query = new URLSearchParams(request.url.split('?')[1])
    // What has a state is a provider's answer, and begins nothing.
    const begins = !query.has('state')
    if (begins && query.get('errand') === errand.token) errand.leftBy = request.baseUrl + request.path
    else if (begins) delete request.session.errand
  }
  next()
}

/** The errand that somebody's coming back by this way is the end of. It is over with this, however it goes on. */
export function takeErrand(session: Session, way: string, clock: Clock): Errand['purpose'] | undefined {
  const errand = findErrand(session, clock)
  delete session.errand
  return errand !== undefined && errand.leftBy === way ? errand.purpose : undefined
}

/** Whether there was one, which is over now. */
export function giveUpErrand(session: Session): boolean {
  const had = session.errand !== undefined
  delete session.errand
  return had
}
