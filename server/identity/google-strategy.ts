import type { IncomingMessage } from 'node:http'
import { Strategy } from 'passport-google-oauth20'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { Outbound } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'
import { boundRequests } from './bounded-oauth-client.ts'
import type { GoogleSettings, ProofVerifiers } from './proof-verifiers.ts'
import type { PassportStateStore } from './state-store.ts'

export type GoogleStrategyDeps = {
  settings: GoogleSettings
  callbackUrl: string
  store: PassportStateStore
  /** The nonce that the state of this request was kept with. */
  nonceOf(request: IncomingMessage): string | undefined
  verifyIdToken: ProofVerifiers['verifyIdToken']
  outbound: Outbound
}

/** `passport-google-oauth20`, with a nonce in what it asks for. */
class GoogleStrategy extends Strategy {
  override authorizationParams(options: { nonce?: string }): object {
    return { ...super.authorizationParams(options), nonce: options.nonce }
  }
}

/**
 * Signs in with Google by the code flow with PKCE. Who somebody is says the ID token, verified and bound to
 * this sign-in by its nonce; the userinfo endpoint, which anybody's access token opens, is never asked.
 *
 * @see OpenID Connect Core 1.0, section 3.1
 */
export function createGoogleStrategy(deps: GoogleStrategyDeps): Strategy {
  const { settings, callbackUrl, store, nonceOf, verifyIdToken, outbound } = deps
  const options = {
    clientID: settings.clientId,
    clientSecret: settings.clientSecret,
    authorizationURL: settings.authorizationUrl,
    tokenURL: settings.tokenUrl,
    callbackURL: callbackUrl,
    scope: ['openid', 'profile', 'email'],
    pkce: 'S256',
    store,
    skipUserProfile: true,
    passReqToCallback: true as const,
  }
  type Finish = (error: unknown, identity?: FederatedIdentity) => void
  const strategy = new GoogleStrategy(
    // The types don't know PKCE, nor a store of one's own.
    options as unknown as ConstructorParameters<typeof Strategy>[0],
    ((
      request: IncomingMessage,
      _access: string,
      _refresh: string,
      tokens: { id_token?: unknown },
      _profile: object,
      finish: Finish,
    ) => {
      const nonce = nonceOf(request)
      if (typeof tokens.id_token !== 'string' || nonce === undefined) {
        finish(new Refusal('signIn.failed', { detail: 'no ID token came back' }))
        return
      }
      const { issuer, clientId } = settings
      verifyIdToken(tokens.id_token, { issuer, clientId, nonce }).then(
        identity => finish(null, identity),
        finish,
      )
    }) as never,
  )
  boundRequests(strategy, outbound)
  return strategy
}
