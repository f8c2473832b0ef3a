import { Strategy } from 'passport-facebook'
import type { Outbound } from '../base/outbound.ts'
import { boundRequests } from './bounded-oauth-client.ts'
import { finishByAccessToken } from './finish-by-access-token.ts'
import type { FacebookSettings, ProofVerifiers } from './proof-verifiers.ts'
import type { PassportStateStore } from './state-store.ts'

export type FacebookStrategyDeps = {
  settings: FacebookSettings
  callbackUrl: string
  store: PassportStateStore
  verifyAccessToken: ProofVerifiers['verifyAccessToken']
  outbound: Outbound
}

/** Signs in with Facebook by the code flow with PKCE. */
export function createFacebookStrategy(deps: FacebookStrategyDeps): Strategy {
  const { settings, callbackUrl, store, verifyAccessToken, outbound } = deps
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
  const strategy = new Strategy(
    options as unknown as ConstructorParameters<typeof Strategy>[0],
    finishByAccessToken('facebook', verifyAccessToken) as never,
  )
  boundRequests(strategy, outbound)
  return strategy
}
