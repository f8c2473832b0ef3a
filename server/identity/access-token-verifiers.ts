import type { AccessTokenKind } from '../base/access-token-providers.ts'
import { Refusal } from '../base/refusal.ts'
import type { AccessTokenVerifier } from '../tokens/access-token-verifier.ts'
import { createAmazonVerifier } from '../tokens/verify-amazon-token.ts'
import { createFacebookVerifier } from '../tokens/verify-facebook-token.ts'
import { boundStrangers } from './bound-strangers.ts'
import type { ProofVerifierDeps, ProofVerifiers } from './proof-verifiers.ts'

type Deps = Pick<ProofVerifierDeps, 'config' | 'standIns' | 'outbound' | 'clock'>

/** Of the providers that are asked about their own access tokens, as far as they are set up. */
export function createAccessTokenVerifiers(deps: Deps): ProofVerifiers['verifyAccessToken'] {
  const { config, standIns, outbound, clock } = deps
  const facebook = config.facebook ?? standIns?.facebook
  const verifiers: Record<AccessTokenKind, AccessTokenVerifier | undefined> = {
    facebook:
      facebook &&
      createFacebookVerifier({ ...facebook, outbound, clock, demo: config.facebook === undefined }),
    amazon: config.amazon && createAmazonVerifier({ ...config.amazon, outbound, clock }),
  }
  // Each by itself: junk for one provider must not use up what may be asked of the other.
  const bound = {
    facebook: boundStrangers(clock, { remembers: true }),
    amazon: boundStrangers(clock, { remembers: true }),
  } satisfies Record<AccessTokenKind, unknown>

  return async (kind, token, sourceIp) => {
    const verifier = verifiers[kind]
    if (verifier === undefined) throw new Refusal('token.providerUnknown')
    return bound[kind](token, sourceIp, () => verifier.verify(token))
  }
}
