import { oidcProviderArn, samlProviderArn, samlProviderName } from '../../base/arn.ts'
import type { FederatedIdentity } from '../../base/federated-identity.ts'
import type { RequestFacts } from '../../base/request-facts.ts'
import {
  type Candidate,
  type Claims,
  type MappedRole,
  type MappingRule,
  mapRole,
  mapRoles,
  matches,
  type RoleMapping,
  valuesOf,
} from '../../base/role-mapping.ts'
import type { IssuerLookupDeps } from '../../identity/issuers.ts'
import type { Store } from '../../store/open-store.ts'
import { claimsOf, inSmallLetters, mappableProvider } from '../given-roles.ts'
import { fitRoles, type RoleFit } from '../role-fits.ts'
import { sessionNameFor } from '../session-name.ts'
import { sampleIdentity, samplePoolIdentity } from './sample-identity.ts'

export type MappingDeps = Pick<Store, 'oidcProviders' | 'roleMappings' | 'identityPools' | 'roles'> & {
  accountId: string
  config: {
    publicUrl: string
    demo: boolean
    google?: IssuerLookupDeps['google']
    facebook?: { appId: string } | undefined
    oidcClients?: IssuerLookupDeps['clients']
  }
}

export type AskedMapping = {
  /** For a provider of this identity pool; else for the provider wherever people come in by it. */
  poolId?: string | undefined
  provider: string
  /** Whether what comes behind it in an ARN names a provider as well: for who is at the machine, whom no policy lets ask. */
  byShortName?: boolean
  claims: Claims
}

/** A mapping, and somebody it is asked about. */
export type MappingSample = {
  mapping: RoleMapping
  defaultRole?: string | undefined
  /** By the names that the mapping's rules have for them. */
  claims: Claims
  identity: FederatedIdentity
}

export type JudgedMapping = {
  rules: readonly JudgedRule[]
  role: MappedRole
  /** All roles that would be theirs, the one that they are given unasked first. */
  trusts: readonly JudgedTrust[]
}

export type JudgedRule = { rule: MappingRule; values: readonly string[]; matches: boolean }

/** What a role's trust policy says to them, who has the role by the mapping. */
export type JudgedTrust = { roleArn: string } & ({ admits: true } | { admits: false; why: string })

/**
 * Somebody of whom these claims are said, and the mapping that they fall under.
 *
 * @returns undefined where there is no such mapping
 * @throws {Refusal} tags.invalid | token.* for claims that no proof of this provider may have
 */
export async function findMappingSample(
  asked: AskedMapping,
  deps: MappingDeps,
): Promise<MappingSample | undefined> {
  return asked.poolId === undefined ? ofProvider(asked, deps) : ofPool(asked, asked.poolId, deps)
}

/** The roles that the mapping gives them, before any trust policy was asked. */
export function candidatesOf(sample: MappingSample): readonly Candidate[] {
  return mapRoles(sample)
}

/** What a role mapping makes of somebody, and what the trust policies then say. Nothing is handed out. */
export async function judgeMapping(
  sample: MappingSample,
  facts: RequestFacts,
  { roles, roleMappings, accountId, config }: MappingDeps,
): Promise<JudgedMapping> {
  const { mapping, claims, identity } = sample
  const about = { roles, roleMappings, accountId, demo: config.demo }
  const fits = await fitRoles(about, identity, sessionNameFor(identity), facts)
  return {
    rules: (mapping.type === 'Rules' ? mapping.rules : []).map(rule => ({
      rule,
      values: valuesOf(claims, rule.claim),
      matches: matches(rule, claims),
    })),
    role: mapRole(sample),
    trusts: candidatesOf(sample).map(({ roleArn }) => judgeTrust(roleArn, fits)),
  }
}

function judgeTrust(roleArn: string, fits: readonly RoleFit[]): JudgedTrust {
  const fit = fits.find(({ arn }) => arn === roleArn)
  if (fit?.admits === true) return { roleArn, admits: true }
  return { roleArn, admits: false, why: fit === undefined ? 'there is no such role' : fit.why }
}

async function ofProvider(
  { provider: written, byShortName = false, claims }: AskedMapping,
  deps: MappingDeps,
): Promise<MappingSample | undefined> {
  const { accountId, roleMappings } = deps
  const arns = [oidcProviderArn(accountId, written), samlProviderArn(accountId, written)]
  for (const name of [written, ...(byShortName ? arns : [])]) {
    const provider = mappableProvider(name, accountId)
    const found = provider === undefined ? undefined : await roleMappings.find(provider)
    if (found === undefined) continue
    const identity = await sampleIdentity(found.provider, claims, deps)
    const { mapping, defaultRole } = found
    return { mapping: inSmallLetters(mapping), defaultRole, claims: claimsOf(identity), identity }
  }
  return undefined
}

async function ofPool(
  { provider, claims }: AskedMapping,
  poolId: string,
  deps: MappingDeps,
): Promise<MappingSample | undefined> {
  const pool = await deps.identityPools.find(poolId)
  const name = [provider, oidcProviderArn(deps.accountId, provider)].find(
    one => pool !== undefined && Object.hasOwn(pool.roles.mappings, one),
  )
  const mapping = name === undefined ? undefined : pool?.roles.mappings[name]
  if (pool === undefined || name === undefined || mapping === undefined) return undefined
  const sample = {
    defaultRole: pool.roles.authenticated,
    identity: samplePoolIdentity(poolId, provider, deps),
  }
  if (samlProviderName(name, deps.accountId) === undefined) return { ...sample, mapping, claims }
  const saml = await sampleIdentity(name, claims, deps)
  return { ...sample, mapping: inSmallLetters(mapping), claims: claimsOf(saml) }
}
