import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { SignInState, SignInStates } from '../store/sign-in-states.ts'

/** What a sign-in in progress is bound to, as the strategies see it. */
export type StateStore = {
  /**
   * Begins a sign-in: what is kept with it comes back with `take`.
   * @throws {Refusal} signIn.stateUnknown for a browser without its cookie
   */
  keep(request: IncomingMessage, codeVerifier: string, nonce: string): Promise<string>
  /** Passport's side: keeps a state, and takes it back. */
  store: PassportStateStore
  /**
   * Takes the state of an answer that brings no code, so that it is used up like any other.
   * @throws {Refusal} signIn.stateUnknown
   */
  take(request: IncomingMessage, state: string): Promise<SignInState>
}

/** What a strategy of `passport-oauth2` asks of its `store`. The number of parameters is part of it. */
export type PassportStateStore = {
  store(request: IncomingMessage, verifier: string, asked: { nonce: string }, meta: object, done: Done): void
  verify(request: IncomingMessage, state: unknown, meta: object, done: Verified): void
}
type Done = (error: unknown, state?: string) => void
type Verified = (error: unknown, verifier?: string | false, info?: { nonce: string }) => void

const lifetimeMs = 10 * 60_000

/**
 * A state is 256 random bits, kept as a hash, used once, and good only for ten minutes, at the callback of
 * the provider it was made for, in the browser that it was made in. Passport's own store keys states by the
 * provider's host name: on one host, one provider's answer would pass at the other's callback, and a second
 * tab would break the first.
 *
 * @param browserOf the random value that only this browser holds
 */
export function createStateStore(
  provider: string,
  states: SignInStates,
  browserOf: (request: IncomingMessage) => string | undefined,
  clock: Clock,
): StateStore {
  async function keep(request: IncomingMessage, codeVerifier: string, nonce: string): Promise<string> {
    const browser = browserOf(request)
    if (browser === undefined) throw new Refusal('signIn.stateUnknown', { detail: 'no browser cookie' })
    const state = randomBytes(32).toString('base64url')
    const key = { stateHash: hash(state), browserHash: hash(browser) }
    await states.put(key, { provider, nonce, codeVerifier }, clock() + lifetimeMs)
    return state
  }

  async function take(request: IncomingMessage, state: unknown): Promise<SignInState> {
    const browser = browserOf(request)
    const found =
      typeof state === 'string' && browser !== undefined
        ? await states.take({ stateHash: hash(state), browserHash: hash(browser) }, provider, clock())
        : undefined
    if (found === undefined) {
      const detail =
        browser === undefined ? 'no browser cookie' : 'a state that was used, is over, or is another’s'
      throw new Refusal('signIn.stateUnknown', { detail })
    }
    return found
  }

  return {
    keep,
    take,
    store: {
      store(request, verifier, { nonce }, _meta, done) {
        keep(request, verifier, nonce).then(state => done(null, state), done)
      },
      verify(request, state, _meta, done) {
        take(request, state).then(({ codeVerifier, nonce }) => done(null, codeVerifier, { nonce }), done)
      },
    },
  }
}

function hash(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}
