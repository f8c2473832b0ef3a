import {
  type AccessTokenKind,
  accessTokenProviders,
  findAccessTokenKind,
} from '../../base/access-token-providers.ts'
import { oidcProviderArn, samlProviderName } from '../../base/arn.ts'
import type { FederatedIdentity } from '../../base/federated-identity.ts'
import { type Claims, valuesOf } from '../../base/role-mapping.ts'
import { createIssuerLookup } from '../../identity/issuers.ts'
import { poolIssuer, poolPrincipal } from '../../identity/pool-logins.ts'
import { identityFromAssertion } from '../../saml/identity-from-assertion.ts'
import { serviceProviderAt } from '../../saml/service-provider.ts'
import { identityFromAccessToken } from '../../tokens/identity-from-access-token.ts'
import { identityFromClaims } from '../../tokens/identity-from-claims.ts'
import type { IssuerRecord } from '../../tokens/verify-id-token.ts'
import type { MappingDeps } from './judge-mapping.ts'

/** In the place of what a sample leaves out. */
const left = 'sample'
const samlRole = 'https://aws.amazon.com/SAML/Attributes/Role'
const samlSessionName = 'https://aws.amazon.com/SAML/Attributes/RoleSessionName'

/**
 * Somebody of whom a provider would say this, made by the code that reads real proofs.
 *
 * @throws {Refusal} tags.invalid | token.*
 */
export async function sampleIdentity(
  provider: string,
  claims: Claims,
  deps: MappingDeps,
): Promise<FederatedIdentity> {
  const kind = findAccessTokenKind(provider)
  if (kind !== undefined) return ofApp(kind, claims, deps)
  const samlName = samlProviderName(provider, deps.accountId)
  if (samlName !== undefined) return ofSaml(provider, samlName, claims, deps)
  const record = await issuerRecord(provider, deps)
  const audiences = valuesOf(claims, 'aud')
  return identityFromClaims(
    {
      sub: first(claims, 'sub') ?? left,
      aud: first(claims, 'azp') ?? audiences[0] ?? left,
      audiences: audiences.length === 0 ? [left] : audiences,
      payload: claims,
    },
    record,
  )
}

/** Somebody as a pool vouches for them who came by this login. */
export function samplePoolIdentity(
  poolId: string,
  provider: string,
  { config }: MappingDeps,
): FederatedIdentity {
  return {
    kind: 'oidc',
    principals: [poolPrincipal],
    provider: poolPrincipal,
    issuer: poolIssuer(config.publicUrl),
    subject: left,
    audience: poolId,
    context: {
      [`${poolPrincipal}:aud`]: [poolId],
      [`${poolPrincipal}:sub`]: [left],
      [`${poolPrincipal}:amr`]: ['authenticated', provider],
    },
    subjectKey: `${poolPrincipal}:sub`,
    audienceKey: `${poolPrincipal}:aud`,
    tags: {},
    transitiveTagKeys: [],
    demo: false,
  }
}

function ofApp(kind: AccessTokenKind, claims: Claims, { config }: MappingDeps): FederatedIdentity {
  const ours = kind === 'facebook' ? config.facebook?.appId : undefined
  const appId = first(claims, 'app_id') ?? ours ?? left
  const id = first(claims, accessTokenProviders[kind].subjectClaim) ?? left
  return identityFromAccessToken(kind, { id }, { appId, demo: false })
}

/** A sample that names no roles is judged by the rules alone; a real assertion always names some. */
function ofSaml(
  providerArn: string,
  providerName: string,
  claims: Claims,
  { accountId, config }: MappingDeps,
): FederatedIdentity {
  const attributes = new Map(Object.keys(claims).map(name => [name, valuesOf(claims, name)]))
  const namesRoles = attributes.has(samlRole)
  if (!attributes.has(samlSessionName)) attributes.set(samlSessionName, [left])
  const { onlyRoles, ...identity } = identityFromAssertion(
    {
      id: left,
      issuer: first(claims, 'iss') ?? left,
      nameId: first(claims, 'sub') ?? left,
      nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      attributes,
      issuedAtMs: 0,
    },
    { providerArn, providerName, accountId, recipient: serviceProviderAt(config.publicUrl).acsUrl },
  )
  return namesRoles && onlyRoles !== undefined ? { ...identity, onlyRoles } : identity
}

/** As it is trusted here, or would be once it is set up. */
async function issuerRecord(
  provider: string,
  { oidcProviders, accountId, config }: MappingDeps,
): Promise<IssuerRecord> {
  const urlPath = provider.slice(oidcProviderArn(accountId, '').length)
  const { google, oidcClients: clients, demo } = config
  const find = createIssuerLookup({ oidcProviders, accountId, google, clients, demo })
  const isGoogle = provider === 'accounts.google.com'
  const issuer = isGoogle ? `https://${provider}` : `https://${urlPath}`
  for (const one of [issuer, `${issuer}/`, issuer.replace('https:', 'http:')]) {
    const found = await find(one)
    if (found !== undefined) return found
  }
  const conditionPrefix = isGoogle ? provider : urlPath
  return { issuer, principals: [provider], provider, conditionPrefix, audiences: new Set(), demo: false }
}

function first(claims: Claims, name: string): string | undefined {
  return valuesOf(claims, name)[0]
}
