import type { FederatedIdentity } from '../../base/federated-identity.ts'
import { clockStep } from '../clock-step.ts'
import type { Asked, ProviderTestDeps } from '../deps.ts'
import { proofSteps } from '../proof-steps.ts'
import { createReach } from '../reach.ts'
import type { Step } from '../step.ts'
import { clientSteps } from './client-steps.ts'
import { describeDifference } from './compare-issuers.ts'
import { discoverySteps, keySteps } from './discovery-steps.ts'
import type { OpenIdProvider } from './provider.ts'

/** Walks an OpenID provider through, in the order in which a sign-in needs it. */
export async function* openIdSteps(
  provider: OpenIdProvider,
  deps: ProviderTestDeps,
  asked: Asked,
): AsyncGenerator<Step> {
  const reach = createReach(deps)
  const { metadata, timed } = yield* discoverySteps(provider, deps, reach)
  const ofKeys = yield* keySteps(provider, metadata, deps, reach)
  yield clockStep(timed ?? ofKeys)
  if (provider.browser !== undefined) yield* clientSteps(provider.browser, metadata, deps, reach, asked)
  yield* proofSteps(
    {
      what: 'ID token',
      verify: token => deps.proofs.verifyIdToken(token),
      strangenessOf: identity => strangenessOf(identity, provider),
      hintFor: (reason, token) =>
        reason === 'token.issuerUnknown' ? issuerHint(token, provider) : undefined,
    },
    deps,
    asked,
  )
}

/** A good token may still be another provider's. */
function strangenessOf(identity: FederatedIdentity, provider: OpenIdProvider): string | undefined {
  const { issuer, tokenIssuers = [issuer] } = provider
  return tokenIssuers.includes(identity.issuer) ? undefined : `It is a good one, but of ${identity.issuer}.`
}

/** What a token calls its issuer is shown as it stands there, unverified: only to be compared. */
function issuerHint(token: string, { issuer, adviceFor }: OpenIdProvider) {
  const iss = issuerIn(token)
  if (iss === undefined || iss === issuer || !URL.canParse(iss)) return undefined
  return {
    says: `Its iss is ${iss}, and here the provider is ${issuer}: ${describeDifference(iss, issuer)}.`,
    change: adviceFor(iss),
  }
}

function issuerIn(token: string): string | undefined {
  try {
    const { iss } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}
