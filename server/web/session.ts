import { createHash, type KeyObject } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import session from 'express-session'
import { type Clock, toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { personKey } from '../store/revocations.ts'
import type { WebSessions } from '../store/web-sessions.ts'
import type { Errand } from './errands.ts'
import type { PendingWay } from './link-ways.ts'

declare module 'express-session' {
  interface SessionData {
    /** Who signed in. */
    identity: FederatedIdentity
    /** Set once, at the sign-in; nothing extends it. */
    expiresAtMs: number
    /** Changing ways in wants it to be new. */
    signedInAtMs: number
    /** The address that they left by. */
    signedInBy: string
    /** Which browser it is, for its owner to know it by. */
    browser: string
    /** What they left for a provider for. */
    errand: Errand
    /** Who came back to be linked. */
    pendingWay: PendingWay
  }
}

export type SessionDeps = {
  webSessions: WebSessions
  /** The key that new cookies are signed with, then those that old ones may be. */
  cookieKeys: readonly KeyObject[]
  production: boolean
  clock: Clock
}

export const sessionLifetimeMs = 3_600_000

/**
 * The name binds the cookie to https and to this very host in production (`__Host-`), so that no sister
 * site can plant one. @see RFC 6265bis, section 4.1.3
 */
export function cookieName(name: string, production: boolean): string {
  return production ? `__Host-${name}` : name
}

export function createSession({ webSessions, cookieKeys, production, clock }: SessionDeps): RequestHandler {
  const handler = session({
    name: cookieName('rolecall', production),
    store: new HashedSessionStore(webSessions, clock),
    secret: cookieKeys.map(key => key.export().toString('base64url')),
    resave: false,
    // A stranger who only looks at the page leaves nothing behind.
    saveUninitialized: false,
    rolling: false,
    proxy: production,
    cookie: { httpOnly: true, sameSite: 'lax', secure: production, path: '/' },
  })
  return (request, response, next) => {
    // The library reads the first of several values, our guard the last. The guard has spoken.
    if (production) request.headers['x-forwarded-proto'] = 'https'
    handler(request, response, next)
  }
}

/** @throws {Refusal} signIn.required */
export function requirePerson(request: Request): FederatedIdentity {
  if (request.session.identity === undefined) throw new Refusal('signIn.required')
  return request.session.identity
}

/** By which the session stands in the store. */
export function sessionIdHash(request: Request): string {
  return hash(request.sessionID)
}

/**
 * The same session under a new id, as if it had begun now, its proof too: what ends those before must end neither it nor
 * what is got by it.
 */
export async function renewSession(request: Request, clock: Clock): Promise<void> {
  const { identity: known, signedInBy, browser, expiresAtMs } = request.session
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate(error => (error ? reject(error) : resolve()))
  })
  const signedInAtMs = clock()
  const identity = known && { ...known, provenAtSeconds: toSeconds(signedInAtMs) }
  Object.assign(request.session, { identity, signedInBy, browser, expiresAtMs, signedInAtMs })
}

/**
 * The same session in everything but its id, for when more hangs by it than before, or less. Not one that was ended since
 * this request began: whoever signed out meanwhile, or was signed out, stays so.
 *
 * @throws {Refusal} signIn.required
 */
export async function changeSessionId(
  request: Request,
  webSessions: Pick<WebSessions, 'deleteOf'>,
): Promise<void> {
  const person = personKey(requirePerson(request))
  // Deleted here and not by the library, which does not say whether there was one to delete.
  if (!(await webSessions.deleteOf(person, sessionIdHash(request)))) throw new Refusal('signIn.required')
  const { cookie: _, ...kept } = request.session
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate(error => (error ? reject(error) : resolve()))
  })
  Object.assign(request.session, kept)
}

type Callback = (error?: unknown) => void

/** Ids are kept as hashes, and a session's end is fixed at its beginning. */
class HashedSessionStore extends session.Store {
  readonly #sessions: WebSessions
  readonly #clock: Clock

  constructor(sessions: WebSessions, clock: Clock) {
    super()
    this.#sessions = sessions
    this.#clock = clock
  }

  override get(id: string, done: (error: unknown, data?: session.SessionData | null) => void): void {
    this.#sessions.find(hash(id), this.#clock()).then(
      data => done(null, data === undefined ? null : JSON.parse(data)),
      error => done(error),
    )
  }

  override set(id: string, data: session.SessionData, done: Callback = () => undefined): void {
    const person = data.identity && personKey(data.identity)
    this.#sessions.put(hash(id), JSON.stringify(data), data.expiresAtMs ?? 0, person).then(() => done(), done)
  }

  override destroy(id: string, done: Callback = () => undefined): void {
    this.#sessions.delete(hash(id)).then(() => done(), done)
  }

  /** Being used does not make a session live longer. */
  override touch(_id: string, _data: session.SessionData, done: Callback = () => undefined): void {
    done()
  }
}

function hash(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}
