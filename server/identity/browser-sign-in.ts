import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { NextFunction, Request, Response } from 'express'
import { Passport } from 'passport'
import type { AccessTokenKind } from '../base/access-token-providers.ts'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { Outbound } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'
import { readQuery } from '../http/read-form.ts'
import type { SignInStates } from '../store/sign-in-states.ts'
import { createAmazonStrategy } from './amazon-strategy.ts'
import { createFacebookStrategy } from './facebook-strategy.ts'
import { createGoogleStrategy } from './google-strategy.ts'
import type { AmazonSettings, FacebookSettings, GoogleSettings, ProofVerifiers } from './proof-verifiers.ts'
import { createStateStore, type PassportStateStore, type StateStore } from './state-store.ts'

export type ProviderName = 'google' | AccessTokenKind

/** One provider's way out and back. */
export type BrowserSignIn = {
  /**
   * Sends the browser to the provider.
   * @param how.anew whether the provider is to ask again who it is, where it can be told to
   */
  begin(request: Request, response: Response, next: NextFunction, how?: { anew: boolean }): void
  /**
   * Who came back.
   * @throws {Refusal} signIn.cancelled | signIn.stateUnknown | signIn.failed | token.* | issuer.unreachable
   */
  finish(request: Request, response: Response): Promise<FederatedIdentity>
}

export type BrowserSignInDeps = {
  google?: GoogleSettings | undefined
  facebook?: FacebookSettings | undefined
  amazon?: AmazonSettings | undefined
  /** An origin; the callbacks are below it. */
  publicUrl: string
  proofs: ProofVerifiers
  states: SignInStates
  /** The random value that only this browser holds. */
  browserOf(request: IncomingMessage): string | undefined
  outbound: Outbound
  clock: Clock
}

/** The providers that are set up, each with its Passport strategy on a state store of our own. */
export function createBrowserSignIns(deps: BrowserSignInDeps): Map<ProviderName, BrowserSignIn> {
  const { google, facebook, amazon, proofs, outbound } = deps
  const passport = new Passport()
  const signIns = new Map<ProviderName, BrowserSignIn>()
  const add = (
    name: ProviderName,
    createStrategy: (callbackUrl: string, store: PassportStateStore) => object,
  ) => {
    const states = createStateStore(name, deps.states, deps.browserOf, deps.clock)
    const callbackUrl = `${deps.publicUrl}/sign-in/${name}/callback`
    passport.use(name, createStrategy(callbackUrl, rememberNonce(states.store)) as never)
    signIns.set(name, createSignIn(passport, name, states))
  }

  if (google !== undefined) {
    add('google', (callbackUrl, store) =>
      createGoogleStrategy({ settings: google, callbackUrl, store, nonceOf, outbound, ...proofs }),
    )
  }
  if (facebook !== undefined) {
    add('facebook', (callbackUrl, store) =>
      createFacebookStrategy({ settings: facebook, callbackUrl, store, outbound, ...proofs }),
    )
  }
  if (amazon !== undefined) {
    add('amazon', (callbackUrl, store) =>
      createAmazonStrategy({ settings: amazon, callbackUrl, store, outbound, ...proofs }),
    )
  }
  return signIns
}

/**
 * Facebook then asks for the password. Google can't be told to: it lets people choose an account, and may believe its own
 * session for it. Amazon's authorization endpoint knows no parameter of the kind.
 *
 * @see Facebook Login, re-authentication; Google Identity, OpenID Connect, `prompt`; Login with Amazon, "Authorization
 *   Code Grant"
 */
const askAnew = {
  google: { prompt: 'select_account' },
  facebook: { authType: 'reauthenticate' },
  amazon: {},
} as const satisfies Record<ProviderName, object>

function createSignIn(
  passport: InstanceType<typeof Passport>,
  name: ProviderName,
  states: StateStore,
): BrowserSignIn {
  return {
    begin(request, response, next, { anew } = { anew: false }) {
      const nonce = randomBytes(32).toString('base64url')
      const options = { session: false, nonce, state: { nonce }, ...(anew ? askAnew[name] : {}) }
      passport.authenticate(name, options as object)(request, response, next)
    },
    async finish(request, response) {
      await requireAnswer(request, states)
      return authenticate(passport, name, request, response)
    },
  }
}

/**
 * An answer without a code is the provider's no. Passport would take it without looking at its state, and
 * an answer with neither for the beginning of a new sign-in.
 */
async function requireAnswer(request: Request, states: StateStore): Promise<void> {
  const query = readQuery(request.url)
  if (query.has('code') && !query.has('error') && !query.has('error_code')) return
  await states.take(request, query.get('state') ?? '')
  const cancelled = query.get('error') === 'access_denied'
  throw new Refusal(cancelled ? 'signIn.cancelled' : 'signIn.failed', {
    detail: `the provider answered ${(query.get('error') ?? query.get('error_code') ?? 'nothing').slice(0, 100)}`,
  })
}

/** Passport as a promise. */
function authenticate(
  passport: InstanceType<typeof Passport>,
  name: ProviderName,
  request: Request,
  response: Response,
): Promise<FederatedIdentity> {
  return new Promise((resolve, reject) => {
    const settle = (error: unknown, identity?: FederatedIdentity | false) => {
      if (error instanceof Refusal) reject(error)
      else if (identity) resolve(identity)
      else reject(new Refusal('signIn.failed', { detail: String(error ?? 'no identity'), cause: error }))
    }
    passport.authenticate(name, { session: false }, settle as never)(request, response, settle)
  })
}

/** The nonce of a state must reach the strategy's verify callback, which is told of the request alone. */
const nonces = new WeakMap<IncomingMessage, string>()

function nonceOf(request: IncomingMessage): string | undefined {
  return nonces.get(request)
}

function rememberNonce(store: PassportStateStore): PassportStateStore {
  return {
    store: (request, verifier, asked, meta, done) => store.store(request, verifier, asked, meta, done),
    verify(request, state, meta, done) {
      store.verify(request, state, meta, (error, verifier, info) => {
        if (info !== undefined) nonces.set(request, info.nonce)
        done(error, verifier, info)
      })
    },
  }
}
