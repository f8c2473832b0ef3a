import { roleArn as arnOfRole } from '../base/arn.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import { describePolicies } from '../policy/explain/describe-policy.ts'
import { findStoredPolicies } from '../policy/stored-policy.ts'
import type { PrincipalPolicies } from '../store/principal-policies.ts'
import type { Roles } from '../store/roles.ts'
import type { OfferedRole } from './gate.ts'
import type { MappedIdentity } from './given-roles.ts'
import { isTrusted } from './trust.ts'

type Deps = {
  roles: Pick<Roles, 'list'>
  principalPolicies: Pick<PrincipalPolicies, 'documents'>
  accountId: string
  demo: boolean
}

/** See `Gate.rolesFor`. */
export async function offerRoles(
  { roles, principalPolicies, accountId, demo }: Deps,
  identity: MappedIdentity,
  sessionName: string,
  facts: RequestFacts,
): Promise<OfferedRole[]> {
  const offered: OfferedRole[] = []
  for (const role of await roles.list()) {
    const roleArn = arnOfRole(accountId, role.path, role.name)
    if (role.demo && !demo) continue
    if (identity.onlyRoles?.includes(roleArn) === false) continue
    if (!isTrusted({ identity, role, roleArn, accountId, sessionName, facts })) continue
    const why = identity.given?.find(one => one.roleArn === roleArn)?.why
    offered.push({
      arn: roleArn,
      name: role.name,
      ...(role.description === undefined ? {} : { description: role.description }),
      ...(why === undefined ? {} : { why }),
      maxSessionSeconds: role.maxSessionSeconds,
      abilities: describePolicies(
        findStoredPolicies(await principalPolicies.documents(role.id), 'identity') ?? [],
      ),
    })
  }
  return inGivenOrder(offered, identity.given)
}

/** Those of a mapping in its order: the first is the one that it chooses. */
function inGivenOrder(offered: OfferedRole[], given: MappedIdentity['given']): OfferedRole[] {
  if (given === undefined) return offered
  return given.flatMap(({ roleArn }) => offered.find(({ arn }) => arn === roleArn) ?? [])
}
