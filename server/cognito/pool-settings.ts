import { oidcProviderArn, samlProviderName } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { PoolSettings } from '../store/identity-pools.ts'

type Asked = {
  AllowUnauthenticatedIdentities: boolean
  AllowClassicFlow: boolean | undefined
  SupportedLoginProviders: ReadonlyMap<string, string> | undefined
  DeveloperProviderName: string | undefined
  OpenIdConnectProviderARNs: readonly string[]
  CognitoIdentityProviders: readonly {
    ProviderName: string
    ClientId: string
    ServerSideTokenCheck: boolean | undefined
  }[]
  SamlProviderARNs: readonly string[]
}

/** Providers that a pool may name by their apps' ids. */
const loginProviders = [
  'accounts.google.com',
  'graph.facebook.com',
  'www.amazon.com',
  'api.twitter.com',
  'www.digits.com',
]

/**
 * What a pool is to be. Providers must be of this account; whether they are registered is asked when somebody comes
 * by one, since they may be registered later.
 *
 * @throws {Refusal} entity.invalid
 */
export function readSettings(asked: Asked, accountId: string): PoolSettings {
  const apps = asked.SupportedLoginProviders ?? new Map<string, string>()
  for (const provider of apps.keys()) {
    if (!loginProviders.includes(provider)) throw invalid(`${provider} is not a supported login provider.`)
  }
  for (const arn of asked.OpenIdConnectProviderARNs) {
    if (!arn.startsWith(oidcProviderArn(accountId, '')))
      throw invalid(`Invalid OpenIDConnect provider ARN: ${arn}`)
  }
  for (const arn of asked.SamlProviderARNs) {
    if (samlProviderName(arn, accountId) === undefined) throw invalid(`Invalid SAML provider ARN: ${arn}`)
  }
  const { DeveloperProviderName: developerProvider } = asked
  // By this name whoever may sign says who somebody is: it must not be that of a provider that vouches itself.
  if (developerProvider !== undefined && isTaken(developerProvider, asked)) {
    throw invalid(`${developerProvider} is the name of another provider.`)
  }
  return {
    allowGuests: asked.AllowUnauthenticatedIdentities,
    allowClassicFlow: asked.AllowClassicFlow,
    loginProviders: Object.fromEntries(apps),
    developerProvider,
    oidcProviderArns: [...new Set(asked.OpenIdConnectProviderARNs)],
    userPools: asked.CognitoIdentityProviders.map(({ ProviderName, ClientId, ServerSideTokenCheck }) => ({
      name: ProviderName,
      clientId: ClientId,
      serverSideCheck: ServerSideTokenCheck,
    })),
    samlProviderArns: [...new Set(asked.SamlProviderARNs)],
  }
}

function isTaken(
  name: string,
  { OpenIdConnectProviderARNs: arns, CognitoIdentityProviders: pools }: Asked,
): boolean {
  return (
    [...loginProviders, 'cognito-identity.amazonaws.com'].includes(name) ||
    arns.some(arn => arn.endsWith(`:oidc-provider/${name}`)) ||
    pools.some(pool => pool.ProviderName === name)
  )
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
