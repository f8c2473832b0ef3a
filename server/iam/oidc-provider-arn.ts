import { oidcProviderArn, parseArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { OidcProvider } from '../store/oidc-providers.ts'
import type { IamDeps } from './deps.ts'

/** @throws {Refusal} entity.missing for what is no provider's ARN in this account */
export function urlPathOf(text: string, { accountId }: Pick<IamDeps, 'accountId'>): string {
  const arn = parseArn(text)
  const urlPath = arn?.resource.replace(/^oidc-provider\//, '') ?? ''
  // A provider has one ARN. Another account's, or one with a region, is that of none.
  if (text !== oidcProviderArn(accountId, urlPath)) throw noSuchProvider(text)
  return urlPath
}

/** @throws {Refusal} entity.missing */
export async function requireProvider(arn: string, deps: IamDeps): Promise<OidcProvider> {
  const provider = await deps.oidcProviders.find(urlPathOf(arn, deps))
  if (provider === undefined) throw noSuchProvider(arn)
  return provider
}

function noSuchProvider(arn: string): Refusal {
  return new Refusal('entity.missing', {
    said: { message: `OpenIDConnect Provider not found for arn ${arn}` },
  })
}
