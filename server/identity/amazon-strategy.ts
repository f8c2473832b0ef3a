import { Strategy, type StrategyOptions } from 'passport-oauth2'
import type { Outbound } from '../base/outbound.ts'
import { boundRequests } from './bounded-oauth-client.ts'
import { finishByAccessToken } from './finish-by-access-token.ts'
import type { AmazonSettings, ProofVerifiers } from './proof-verifiers.ts'
import type { PassportStateStore } from './state-store.ts'

export type AmazonStrategyDeps = {
  settings: AmazonSettings
  callbackUrl: string
  store: PassportStateStore
  verifyAccessToken: ProofVerifiers['verifyAccessToken']
  outbound: Outbound
}

/**
 * Signs in with Login with Amazon by the code flow with PKCE.
 *
 * @see Login with Amazon documentation, "Authorization Code Grant"
 */
export function createAmazonStrategy(deps: AmazonStrategyDeps): Strategy {
  const { settings, callbackUrl, store, verifyAccessToken, outbound } = deps
  const options = {
    clientID: settings.clientId,
    clientSecret: settings.clientSecret,
    authorizationURL: settings.authorizationUrl,
    tokenURL: `${settings.apiUrl}/auth/o2/token`,
    callbackURL: callbackUrl,
    scope: ['profile'],
    pkce: 'S256',
    store,
    skipUserProfile: true,
  }
  const strategy = new Strategy(
    // The types don't know that states are kept until the answer comes, by calls that wait.
    options as unknown as StrategyOptions,
    finishByAccessToken('amazon', verifyAccessToken) as never,
  )
  boundRequests(strategy, outbound)
  return strategy
}
