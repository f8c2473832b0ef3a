import { roleArn as arnOfRole } from '../base/arn.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { RoleMappings } from '../store/role-mappings.ts'
import type { Roles } from '../store/roles.ts'
import { withGivenRoles } from './given-roles.ts'
import { findDistrust } from './trust.ts'

/** Whether somebody may have a role and, for operators, what is in the way. */
export type RoleFit = { arn: string; name: string } & (
  | { admits: true }
  /** `isNear` where the role means this provider, and some condition is all that is in the way. */
  | { admits: false; why: string; isNear: boolean }
)

export type RoleFitDeps = {
  roles: Pick<Roles, 'list'>
  roleMappings: Pick<RoleMappings, 'find'>
  accountId: string
  demo: boolean
}

/** What the gate would say of every role, without anything being handed out. */
export async function fitRoles(
  { roles, roleMappings, accountId, demo }: RoleFitDeps,
  vouchedFor: FederatedIdentity,
  sessionName: string,
  facts: RequestFacts,
): Promise<RoleFit[]> {
  const identity = await withGivenRoles(vouchedFor, roleMappings)
  const all = await roles.list()
  return all
    .filter(role => !role.demo || demo)
    .map((role): RoleFit => {
      const arn = arnOfRole(accountId, role.path, role.name)
      const named = { arn, name: role.name }
      const distrust = findDistrust({ identity, role, roleArn: arn, accountId, sessionName, facts })
      if (distrust !== undefined) return { ...named, admits: false, ...distrust }
      if (identity.given?.some(({ roleArn }) => roleArn === arn) === false) {
        return { ...named, admits: false, why: 'the provider’s role mapping does not give it', isNear: true }
      }
      if (identity.onlyRoles?.includes(arn) === false) {
        return { ...named, admits: false, why: 'the proof is for other roles', isNear: true }
      }
      return { ...named, admits: true }
    })
}
