import { defineAction, type Result } from '../aws/action.ts'
import { type InputOf, list, oneOf, optional, params, structure, text } from '../aws/params.ts'
import { oidcProviderArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import { matchTypes, mostRules, type RoleMapping } from '../base/role-mapping.ts'
import { mappableProvider } from '../federation/given-roles.ts'
import { findRoleArn } from '../federation/session-request.ts'
import type { ProviderRoleMapping } from '../store/role-mappings.ts'
import type { IamDeps } from './deps.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'

export const provider = text({ min: 1, max: 512, pattern: /^[!-~]+$/ })

/** Longer than IAM's own: a provider's name fits into it. */
const marker = text({ min: 1, max: 683, pattern: /^[!-~]+$/, patternText: '[\\u0021-\\u007E]+' })

/** Bounds as in an identity pool, but for the claim: SAML attributes are often named by addresses. */
const rule = structure({
  Claim: text({
    min: 1,
    max: 256,
    pattern: /^[^\p{Cc}\p{Cs}]+$/u,
    patternText: '[\\p{L}\\p{N}\\p{P}\\p{S}\\p{Z}]+',
  }),
  MatchType: oneOf(...matchTypes),
  Value: text({ min: 1, max: 128 }),
  RoleARN: given.arn,
})

const putInput = {
  Provider: provider,
  Type: oneOf('Token', 'Rules'),
  AmbiguousRoleResolution: oneOf('AuthenticatedRole', 'Deny'),
  Rules: optional(list(rule, { min: 1, max: mostRules }), []),
  DefaultRoleArn: optional(given.arn),
}
type AskedMapping = InputOf<typeof putInput>

/**
 * Sets which roles people of a provider may have by their claims: those and no others, whichever way they come in by it.
 * All of it at once. Whoever sets it needs `iam:PassRole` on each role: else they could have a rule give themselves one
 * that trusts everybody of the provider. Rolecall's own.
 *
 * @throws {Refusal} entity.invalid
 */
export const putProviderRoleMapping = defineAction({
  name: 'PutProviderRoleMapping',
  auth: 'signed',
  writes: true,
  input: params(putInput),
  permission: (asked, deps: IamDeps) => [
    onProvider('PutProviderRoleMapping', asked.Provider, deps),
    ...rolesIn(asked).map(resource => ({ action: 'iam:PassRole', resource })),
  ],
  async handle(asked, deps) {
    for (const arn of rolesIn(asked)) {
      if (findRoleArn(arn)?.accountId !== deps.accountId)
        throw invalid(`${arn} is not the ARN of a role of this account`)
    }
    const mapping = readMapping(asked)
    await deps.roleMappings.put({
      provider: requireProvider(asked.Provider, deps),
      mapping,
      ...(asked.DefaultRoleArn === undefined ? {} : { defaultRole: asked.DefaultRoleArn }),
    })
    return {}
  },
})

/** @throws {Refusal} entity.missing */
export const getProviderRoleMapping = defineAction({
  name: 'GetProviderRoleMapping',
  auth: 'signed',
  input: params({ Provider: provider }),
  permission: (asked, deps: IamDeps) => onProvider('GetProviderRoleMapping', asked.Provider, deps),
  async handle(asked, deps) {
    const found = await deps.roleMappings.find(mappableProvider(asked.Provider, deps.accountId) ?? '')
    if (found === undefined) throw missingMapping(asked.Provider)
    return wireMapping(found)
  },
})

/**
 * From then on the trust policies alone decide.
 * @throws {Refusal} entity.missing
 */
export const deleteProviderRoleMapping = defineAction({
  name: 'DeleteProviderRoleMapping',
  auth: 'signed',
  writes: true,
  input: params({ Provider: provider }),
  permission: (asked, deps: IamDeps) => onProvider('DeleteProviderRoleMapping', asked.Provider, deps),
  async handle(asked, deps) {
    const wasThere = await deps.roleMappings.delete(mappableProvider(asked.Provider, deps.accountId) ?? '')
    if (!wasThere) throw missingMapping(asked.Provider)
    return {}
  },
})

/** Which providers have one; what it says is GetProviderRoleMapping's to answer. */
export const listProviderRoleMappings = defineAction({
  name: 'ListProviderRoleMappings',
  auth: 'signed',
  input: params({ Marker: optional(marker), MaxItems: given.maxItems }),
  permission: () => ({ action: 'iam:ListProviderRoleMappings', resource: '*' }),
  async handle(asked, { roleMappings }: IamDeps) {
    const page = readPage(await roleMappings.list(), one => one.provider, asked)
    return {
      RoleMappings: page.items.map(({ provider, mapping }) => ({ Provider: provider, Type: mapping.type })),
      ...page.wire,
    }
  },
})

/** It need not be there yet: a mapping that is written first leaves no time without one. */
function requireProvider(written: string, deps: IamDeps): string {
  const found = mappableProvider(written, deps.accountId)
  if (found !== undefined) return found
  throw invalid(
    `${written} is not a provider: accounts.google.com, graph.facebook.com, www.amazon.com, or the ARN of an OpenID Connect or SAML provider of this account`,
  )
}

/** Policies name resources by ARNs: Google, Facebook and Amazon have one here as OpenID providers do. */
export function onProvider(action: string, written: string, deps: IamDeps) {
  const found = mappableProvider(written, deps.accountId)
  const resource =
    found === undefined ? '*' : found.startsWith('arn:') ? found : oidcProviderArn(deps.accountId, found)
  return { action: `iam:${action}`, resource }
}

/** Each role once. */
function rolesIn({ Rules, DefaultRoleArn }: AskedMapping): string[] {
  const all = Rules.map(({ RoleARN }) => RoleARN)
  return [...new Set(DefaultRoleArn === undefined ? all : [...all, DefaultRoleArn])]
}

function readMapping(asked: AskedMapping): RoleMapping {
  const { Type: type, AmbiguousRoleResolution: ambiguous, Rules, DefaultRoleArn } = asked
  if ((DefaultRoleArn === undefined) === (ambiguous === 'AuthenticatedRole'))
    throw invalid('DefaultRoleArn goes with AmbiguousRoleResolution AuthenticatedRole, and with it alone.')
  if ((Rules.length === 0) === (type === 'Rules'))
    throw invalid('Rules goes with the type Rules, and with it alone.')
  if (type === 'Token') return { type, ambiguous }
  const rules = Rules.map(({ Claim, MatchType, Value, RoleARN }) => ({
    claim: Claim,
    matchType: MatchType,
    value: Value,
    roleArn: RoleARN,
  }))
  return { type, ambiguous, rules }
}

function wireMapping({ provider, mapping, defaultRole }: ProviderRoleMapping): Result {
  const rules = mapping.type === 'Token' ? [] : mapping.rules
  return {
    Provider: provider,
    Type: mapping.type,
    AmbiguousRoleResolution: mapping.ambiguous,
    Rules: rules.map(({ claim, matchType, value, roleArn }) => ({
      Claim: claim,
      MatchType: matchType,
      Value: value,
      RoleARN: roleArn,
    })),
    DefaultRoleArn: defaultRole,
  }
}

export function missingMapping(written: string): Refusal {
  return new Refusal('entity.missing', { said: { message: `${written} has no role mapping` } })
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
