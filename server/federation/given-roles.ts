import { accessTokenProviderNames } from '../base/access-token-providers.ts'
import { oidcProviderArn, samlProviderName } from '../base/arn.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { type Candidate, type Claims, type MappingRule, mapRoles, matches } from '../base/role-mapping.ts'
import type { ProviderRoleMapping, RoleMappings } from '../store/role-mappings.ts'

/** Whom their provider's role mapping, where it has one, gives these roles and no others; the first unasked. */
export type MappedIdentity = FederatedIdentity & { given?: readonly Candidate[] }

/**
 * What the provider's role mapping leaves of the roles that somebody may have. Looked up here and every time, so that no
 * door can forget it, and a changed mapping acts on browsers' sessions at once. A proof that names roles itself goes on
 * narrowing.
 */
export async function withGivenRoles(
  identity: FederatedIdentity,
  roleMappings: Pick<RoleMappings, 'find'>,
): Promise<MappedIdentity> {
  const found = await roleMappings.find(identity.provider)
  if (found === undefined) return identity
  const given = givenRoles(found, claimsOf(identity))
  const { onlyRoles } = identity
  const arns = given.map(({ roleArn }) => roleArn)
  return { ...identity, given, onlyRoles: arns.filter(arn => onlyRoles?.includes(arn) ?? true) }
}

/** For claims by their names in small letters. */
export function givenRoles(
  { mapping, defaultRole }: Omit<ProviderRoleMapping, 'provider'>,
  claims: Claims,
): readonly Candidate[] {
  return mapRoles({ mapping: inSmallLetters(mapping), claims, defaultRole })
}

export function inSmallLetters(mapping: ProviderRoleMapping['mapping']): ProviderRoleMapping['mapping'] {
  if (mapping.type === 'Token') return mapping
  return { ...mapping, rules: mapping.rules.map(rule => ({ ...rule, claim: rule.claim.toLowerCase() })) }
}

/**
 * Claims as condition keys have them: a SAML attribute or an OpenID claim by its name in small letters, without the
 * provider's prefix. Of a SAML assertion the roles that it names stand where a token has `cognito:roles`.
 */
export function claimsOf({ kind, context, subjectKey, onlyRoles = [] }: FederatedIdentity): Claims {
  const prefix = subjectKey.slice(0, subjectKey.lastIndexOf(':') + 1)
  const claims = Object.entries(context).flatMap(([key, values]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), values] as const] : [],
  )
  return Object.fromEntries(kind === 'saml' ? [...claims, ['cognito:roles', onlyRoles]] : claims)
}

const namedOtherwise = ['accounts.google.com', ...accessTokenProviderNames]

/**
 * The provider that is meant, as its identities name it: Google, Facebook and Amazon have no ARN there, though one may be
 * written. Undefined for what can have no mapping: directories and identity pools have rules of their own.
 */
export function mappableProvider(written: string, accountId: string): string | undefined {
  const named = namedOtherwise.find(name => [name, oidcProviderArn(accountId, name)].includes(written))
  if (named !== undefined) return named
  if (samlProviderName(written, accountId) !== undefined) return written
  const prefix = oidcProviderArn(accountId, '')
  return written.startsWith(prefix) && written.length > prefix.length ? written : undefined
}

/** What somebody may be told of their provider's role mapping: what is about themselves. */
export type MappingStory = {
  /** What the provider says of them. */
  claims: Claims
  isMapped: boolean
  /** The rules that match. Of others it is not said that they are there. */
  rules: readonly MappingRule[]
  given: readonly Candidate[]
}

/** @param roleMappings none for whom nobody vouches any more */
export async function tellMapping(
  identity: FederatedIdentity,
  roleMappings: Pick<RoleMappings, 'find'> | undefined,
): Promise<MappingStory> {
  const claims = claimsOf(identity)
  const found = await roleMappings?.find(identity.provider)
  if (found === undefined) return { claims, isMapped: false, rules: [], given: [] }
  const mapping = inSmallLetters(found.mapping)
  const rules = mapping.type === 'Rules' ? mapping.rules.filter(rule => matches(rule, claims)) : []
  return { claims, isMapped: true, rules, given: givenRoles(found, claims) }
}
