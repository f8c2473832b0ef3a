import { Strategy } from 'passport-facebook'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { Outbound } from '../base/outbound.ts'
import { boundRequests } from './bounded-oauth-client.ts'
import type { FacebookSettings, ProofVerifiers } from './proof-verifiers.ts'
import type { PassportStateStore } from './state-store.ts'

export type FacebookStrategyDeps = {
  settings: FacebookSettings
  callbackUrl: string
  store: PassportStateStore
  verifyFacebookToken: ProofVerifiers['verifyFacebookToken']
  outbound: Outbound
}

/**
 * Signs in with Facebook by the code flow. The access token that comes back goes through the same check as
 * one on the wire: Facebook is asked whose it is and whether it was made for our app.
 */
export function createFacebookStrategy(deps: FacebookStrategyDeps): Strategy {
  const { settings, callbackUrl, store, verifyFacebookToken, outbound } = deps
  const graph = `${settings.graphUrl}/${settings.graphVersion}`
  const options = {
    clientID: settings.appId,
    clientSecret: settings.appSecret,
    authorizationURL: settings.dialogUrl,
    tokenURL: `${graph}/oauth/access_token`,
    profileURL: `${graph}/me`,
    callbackURL: callbackUrl,
    graphAPIVersion: settings.graphVersion,
    enableProof: true,
    profileFields: ['id', 'displayName', 'emails'],
    scope: ['public_profile', 'email'],
    pkce: 'S256',
    store,
    // The verifier reads the profile itself, with the same proof, after it knows whose token it is.
    skipUserProfile: true,
  }
  type Finish = (error: unknown, identity?: FederatedIdentity) => void
  const strategy = new Strategy(
    options as unknown as ConstructorParameters<typeof Strategy>[0],
    ((accessToken: string, _refresh: string, _profile: object, finish: Finish) => {
      verifyFacebookToken(accessToken).then(identity => finish(null, identity), finish)
    }) as never,
  )
  boundRequests(strategy, outbound)
  return strategy
}
