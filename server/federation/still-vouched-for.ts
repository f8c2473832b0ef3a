import { samlProviderName } from '../base/arn.ts'
import { toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { SamlProviders } from '../store/saml-providers.ts'

/**
 * Whether who vouched for them is still trusted to. A browser's session outlives the look at its proof by an hour:
 * whoever deletes a SAML provider means its people too, and one made anew under its name did not vouch for them.
 */
export async function isStillVouchedFor(
  { kind, provider, provenAtSeconds }: FederatedIdentity,
  { samlProviders, accountId }: { samlProviders: Pick<SamlProviders, 'find'>; accountId: string },
): Promise<boolean> {
  if (kind !== 'saml') return true
  const name = samlProviderName(provider, accountId)
  const found = name === undefined ? undefined : await samlProviders.find(name)
  return found !== undefined && toSeconds(found.createdAtMs) <= (provenAtSeconds ?? Number.POSITIVE_INFINITY)
}
