import type { AccessTokenKind } from '../base/access-token-providers.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { ProofVerifiers } from './proof-verifiers.ts'

type Finish = (error: unknown, identity?: FederatedIdentity) => void

/**
 * What a strategy does with the access token that came back: the same check as of one on the wire. The provider is asked whose
 * it is and whether it was made for our app; the profile is read after that, and not by the strategy.
 */
export function finishByAccessToken(
  kind: AccessTokenKind,
  verifyAccessToken: ProofVerifiers['verifyAccessToken'],
) {
  return (accessToken: string, _refresh: string, _profile: object, finish: Finish): void => {
    verifyAccessToken(kind, accessToken).then(identity => finish(null, identity), finish)
  }
}
