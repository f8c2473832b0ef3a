import { roleArn as arnOfRole } from '../base/arn.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Roles } from '../store/roles.ts'
import { findDistrust } from './trust.ts'

/** Whether somebody may have a role and, for operators, what is in the way. */
export type RoleFit = { arn: string; name: string } & (
  | { admits: true }
  /** `isNear` where the role means this provider, and some condition is all that is in the way. */
  | { admits: false; why: string; isNear: boolean }
)

/** What the gate would say of every role, without anything being handed out. */
export async function fitRoles(
  { roles, accountId, demo }: { roles: Pick<Roles, 'list'>; accountId: string; demo: boolean },
  identity: FederatedIdentity,
  sessionName: string,
  facts: RequestFacts,
): Promise<RoleFit[]> {
  const all = await roles.list()
  return all
    .filter(role => !role.demo || demo)
    .map((role): RoleFit => {
      const arn = arnOfRole(accountId, role.path, role.name)
      const named = { arn, name: role.name }
      const distrust = findDistrust({ identity, role, roleArn: arn, accountId, sessionName, facts })
      if (distrust !== undefined) return { ...named, admits: false, ...distrust }
      if (identity.onlyRoles?.includes(arn) === false) {
        return { ...named, admits: false, why: 'the proof is for other roles', isNear: true }
      }
      return { ...named, admits: true }
    })
}
