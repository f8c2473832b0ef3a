import { defineAction, type Result } from '../aws/action.ts'
import { map } from '../aws/map-param.ts'
import { type InputOf, list, oneOf, optional, params, structure, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { matchTypes, mostRules, type RoleMapping } from '../base/role-mapping.ts'
import { findRoleArn } from '../federation/session-request.ts'
import { poolPrincipal } from '../identity/pool-logins.ts'
import type { PoolRoles } from '../store/identity-pools.ts'
import type { CognitoDeps } from './deps.ts'
import * as given from './parameters.ts'
import { onPool, requirePool } from './permissions.ts'

const mappingMembers = {
  Type: oneOf('Token', 'Rules'),
  AmbiguousRoleResolution: optional(oneOf('AuthenticatedRole', 'Deny')),
  RulesConfiguration: optional(
    structure({
      Rules: list(
        structure({
          Claim: text({ min: 1, max: 64, pattern: /^[^\p{Cc}\p{Cs}]+$/u }),
          MatchType: oneOf(...matchTypes),
          Value: text({ min: 1, max: 128 }),
          RoleARN: given.roleArn,
        }),
        { min: 1, max: 400 },
      ),
    }),
  ),
}
type AskedMapping = InputOf<typeof mappingMembers>

/**
 * Sets all of a pool's roles anew. Whoever does needs `iam:PassRole` on each: else they could have a pool give them
 * what they may not have themselves.
 *
 * @throws {Refusal} entity.missing | entity.invalid
 * @see Amazon Cognito Federated Identities API reference, SetIdentityPoolRoles
 */
export const setIdentityPoolRoles = defineAction({
  name: 'SetIdentityPoolRoles',
  auth: 'signed',
  writes: true,
  input: params({
    IdentityPoolId: given.poolId,
    Roles: map(text({ pattern: /^(un)?authenticated$/, patternText: '(un)?authenticated' }), given.roleArn, {
      max: 2,
    }),
    RoleMappings: optional(map(given.providerName, structure(mappingMembers), { max: 10 }), new Map()),
  }),
  async permission(asked, deps: CognitoDeps) {
    const set = await onPool('SetIdentityPoolRoles', asked.IdentityPoolId, deps)
    const context = new Map([['iam:passedtoservice', [poolPrincipal]]])
    return [set, ...rolesIn(asked).map(resource => ({ action: 'iam:PassRole', resource, context }))]
  },
  async handle(asked, deps) {
    for (const arn of rolesIn(asked)) {
      if (findRoleArn(arn)?.accountId !== deps.accountId) throw invalid(`Invalid role ARN: ${arn}`)
    }
    const mappings = [...asked.RoleMappings].map(([name, mapping]) => [name, readMapping(mapping)] as const)
    const roles: PoolRoles = {
      authenticated: asked.Roles.get('authenticated'),
      unauthenticated: asked.Roles.get('unauthenticated'),
      mappings: Object.fromEntries(mappings),
    }
    await deps.identityPools.change(asked.IdentityPoolId, () => ({ roles }))
    return {}
  },
})

/** @see Amazon Cognito Federated Identities API reference, GetIdentityPoolRoles */
export const getIdentityPoolRoles = defineAction({
  name: 'GetIdentityPoolRoles',
  auth: 'signed',
  input: params({ IdentityPoolId: given.poolId }),
  permission: (asked, deps: CognitoDeps) => onPool('GetIdentityPoolRoles', asked.IdentityPoolId, deps),
  async handle(asked, deps) {
    const { id, roles } = await requirePool(asked.IdentityPoolId, deps)
    const { authenticated, unauthenticated } = roles
    const mappings = Object.entries(roles.mappings).map(
      ([name, mapping]) => [name, wireMapping(mapping)] as const,
    )
    return {
      IdentityPoolId: id,
      Roles: { authenticated, unauthenticated },
      RoleMappings: mappings.length === 0 ? undefined : Object.fromEntries(mappings),
    }
  },
})

/** Each role once. */
function rolesIn(asked: {
  Roles: ReadonlyMap<string, string>
  RoleMappings: ReadonlyMap<string, AskedMapping>
}): string[] {
  const mapped = [...asked.RoleMappings.values()].flatMap(
    ({ RulesConfiguration: rules }) => rules?.Rules ?? [],
  )
  return [...new Set([...asked.Roles.values(), ...mapped.map(({ RoleARN }) => RoleARN)])]
}

function readMapping(asked: AskedMapping): RoleMapping {
  const { Type: type, AmbiguousRoleResolution: ambiguous, RulesConfiguration: configuration } = asked
  if (ambiguous === undefined) {
    throw invalid('AmbiguousRoleResolution is required when Type is Token or Rules.')
  }
  if (type === 'Token') {
    if (configuration !== undefined) throw invalid('RulesConfiguration goes with the type Rules.')
    return { type, ambiguous }
  }
  if (configuration === undefined) throw invalid('RulesConfiguration is required when Type is Rules.')
  if (configuration.Rules.length > mostRules) {
    throw invalid(`At most ${mostRules} rules can be given for each identity provider.`)
  }
  const rules = configuration.Rules.map(({ Claim, MatchType, Value, RoleARN }) => ({
    claim: Claim,
    matchType: MatchType,
    value: Value,
    roleArn: RoleARN,
  }))
  return { type, ambiguous, rules }
}

function wireMapping(mapping: RoleMapping): Result {
  const head = { Type: mapping.type, AmbiguousRoleResolution: mapping.ambiguous }
  if (mapping.type === 'Token') return head
  const rules = mapping.rules.map(({ claim, matchType, value, roleArn }) => ({
    Claim: claim,
    MatchType: matchType,
    Value: value,
    RoleARN: roleArn,
  }))
  return { ...head, RulesConfiguration: { Rules: rules } }
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
