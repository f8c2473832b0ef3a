import { Refusal } from '../base/refusal.ts'
import { type MappedRole, mapRole, type RoleMapping } from '../base/role-mapping.ts'
import type { IdentityPool } from '../store/identity-pools.ts'
import { claimNameFor, type VerifiedLogin } from './verify-logins.ts'

/**
 * The role of somebody who came by these logins; without any, the guests'.
 *
 * @param askedRole CustomRoleArn
 * @throws {Refusal} pool.misconfigured when the pool gives none | pool.notAuthorized when it denies them one
 */
export function chooseRole(
  logins: readonly VerifiedLogin[],
  { roles }: IdentityPool,
  askedRole: string | undefined,
  authenticated: boolean,
): string {
  const login = logins.find(({ names }) => names.some(name => Object.hasOwn(roles.mappings, name)))
  const name = login?.names.find(one => Object.hasOwn(roles.mappings, one))
  const mapped = mapRole({
    mapping: name === undefined || login === undefined ? undefined : mappingFor(login, roles.mappings[name]),
    claims: login?.claims ?? {},
    defaultRole: authenticated ? roles.authenticated : roles.unauthenticated,
    askedRole,
  })
  if (mapped.outcome === 'role') return mapped.roleArn
  throw refusalOf(mapped, login?.provider ?? 'this identity pool')
}

function mappingFor(login: VerifiedLogin, mapping: RoleMapping | undefined): RoleMapping | undefined {
  if (mapping?.type !== 'Rules') return mapping
  const rules = mapping.rules.map(rule => ({ ...rule, claim: claimNameFor(login, rule.claim) }))
  return { ...mapping, rules }
}

function refusalOf({ why }: Extract<MappedRole, { outcome: 'denied' }>, provider: string): Refusal {
  switch (why.kind) {
    case 'noDefault':
      return new Refusal('pool.misconfigured', { detail: 'the pool has no role for this kind of identity' })
    case 'ambiguous': {
      const message = `The ambiguous role mapping rules for: ${provider} denied this request.`
      return new Refusal('pool.notAuthorized', { said: { message } })
    }
    case 'notAmongTheirs': {
      const message = `The role mapping rules for: ${provider} do not give the role that was asked for.`
      return new Refusal('pool.notAuthorized', { said: { message } })
    }
  }
}
