import { defineAction } from '../aws/action.ts'
import { oneOf, optional, params } from '../aws/params.ts'
import type { PrincipalKind } from '../store/principals.ts'
import type { IamDeps } from './deps.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { onPolicy } from './permissions.ts'
import { requirePolicy } from './policy-arn.ts'

const kinds: Readonly<Record<string, PrincipalKind | undefined>> = {
  User: 'user',
  Role: 'role',
  Group: 'group',
}

/**
 * Whom a policy is attached to, and whose boundary it is.
 *
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, ListEntitiesForPolicy
 */
export const listEntitiesForPolicy = defineAction({
  name: 'ListEntitiesForPolicy',
  auth: 'signed',
  input: params({
    PolicyArn: given.arn,
    EntityFilter: optional(oneOf('User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy')),
    PathPrefix: given.pathPrefix,
    PolicyUsageFilter: optional(oneOf('PermissionsPolicy', 'PermissionsBoundary')),
    ...given.paging,
  }),
  permission: (asked, deps: IamDeps) => onPolicy('ListEntitiesForPolicy', asked.PolicyArn, deps),
  async handle(asked, deps) {
    const message = `Policy ${asked.PolicyArn} was not found.`
    const { id } = await requirePolicy(asked.PolicyArn, deps, message)
    const { PolicyUsageFilter: usage, EntityFilter: entity } = asked
    const attached = usage === 'PermissionsBoundary' ? [] : await deps.policies.listAttached(id)
    const bounded = usage === 'PermissionsPolicy' ? [] : await deps.principals.listBounded(id)
    const found = new Map([...attached, ...bounded].map(one => [one.id, one]))
    const wanted = [...found.values()]
      .filter(({ kind, path }) => {
        return path.startsWith(asked.PathPrefix) && (entity === undefined || kinds[entity] === kind)
      })
      .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
    const page = readPage(wanted, keyOf, asked)
    const ofKind = (kind: PrincipalKind) => page.items.filter(one => one.kind === kind)
    return {
      PolicyGroups: ofKind('group').map(one => ({ GroupName: one.name, GroupId: one.id })),
      PolicyUsers: ofKind('user').map(one => ({ UserName: one.name, UserId: one.id })),
      PolicyRoles: ofKind('role').map(one => ({ RoleName: one.name, RoleId: one.id })),
      ...page.wire,
    }
  },
})

function keyOf({ name, id }: { name: string; id: string }): string {
  return `${name.toLowerCase()} ${id}`
}
