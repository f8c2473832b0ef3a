import { defineAction } from '../aws/action.ts'
import { integer, optional, params } from '../aws/params.ts'
import { newId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import type { Role } from '../store/roles.ts'
import type { IamDeps } from './deps.ts'
import { requireDocument } from './documents.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { onNewRole, onRole } from './permissions.ts'
import { noSuchRole, wireRole, wireTags } from './shapes.ts'

/** @throws {Refusal} entity.missing */
export async function requireRole(name: string, deps: IamDeps): Promise<Role> {
  const role = await deps.roles.find(name)
  if (role === undefined) throw noSuchRole(name)
  return role
}

/**
 * @throws {Refusal} policy.malformed | entity.exists | entity.limit
 * @see AWS IAM API reference, CreateRole
 */
export const createRole = defineAction({
  name: 'CreateRole',
  auth: 'signed',
  writes: true,
  input: params({
    RoleName: given.roleName,
    Path: given.path,
    AssumeRolePolicyDocument: given.policyDocument,
    Description: given.roleDescription,
    MaxSessionDuration: optional(integer({ min: 3600, max: 43_200 }), 3600),
    PermissionsBoundary: given.notSupported,
    Tags: given.tags,
  }),
  permission: (asked, deps: IamDeps) => onNewRole(asked.Path, asked.RoleName, asked.Tags, deps),
  async handle(asked, deps, { warn }) {
    requireDocument(asked.AssumeRolePolicyDocument, 'trust', { nowMs: deps.clock(), warn })
    const role: Role = {
      id: newId('AROA'),
      name: asked.RoleName,
      path: asked.Path,
      ...(asked.Description === undefined ? {} : { description: asked.Description }),
      trustPolicy: asked.AssumeRolePolicyDocument,
      maxSessionSeconds: asked.MaxSessionDuration,
      tags: asked.Tags ?? {},
      createdAtMs: deps.clock(),
      demo: false,
    }
    await deps.roles.create(role)
    return { Role: { ...wireRole(role, deps.accountId), ...wireTags(role.tags) } }
  },
})

/** @see AWS IAM API reference, GetRole */
export const getRole = defineAction({
  name: 'GetRole',
  auth: 'signed',
  input: params({ RoleName: given.roleName }),
  permission: (asked, deps: IamDeps) => onRole('GetRole', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    return {
      Role: {
        ...wireRole(role, deps.accountId),
        MaxSessionDuration: role.maxSessionSeconds,
        ...wireTags(role.tags),
        RoleLastUsed: {},
      },
    }
  },
})

/** @see AWS IAM API reference, ListRoles */
export const listRoles = defineAction({
  name: 'ListRoles',
  auth: 'signed',
  input: params({ PathPrefix: given.pathPrefix, Marker: given.marker, MaxItems: given.maxItems }),
  permission: (asked, deps: IamDeps) => ({
    action: 'iam:ListRoles',
    resource: `arn:aws:iam::${deps.accountId}:role${asked.PathPrefix}`,
  }),
  async handle(asked, deps) {
    const roles = await deps.roles.list(asked.PathPrefix)
    const page = readPage(roles, role => role.name.toLowerCase(), asked)
    return {
      Roles: page.items.map(role => ({
        ...wireRole(role, deps.accountId),
        MaxSessionDuration: role.maxSessionSeconds,
      })),
      ...page.wire,
    }
  },
})

/**
 * Sessions that are already out live on: they were given under the old policy, and trust is asked once.
 *
 * @throws {Refusal} policy.malformed | entity.missing | entity.limit
 * @see AWS IAM API reference, UpdateAssumeRolePolicy
 */
export const updateAssumeRolePolicy = defineAction({
  name: 'UpdateAssumeRolePolicy',
  auth: 'signed',
  writes: true,
  input: params({ RoleName: given.roleName, PolicyDocument: given.policyDocument }),
  permission: (asked, deps: IamDeps) => onRole('UpdateAssumeRolePolicy', asked.RoleName, deps),
  async handle(asked, deps, { warn }) {
    const role = await requireRole(asked.RoleName, deps)
    requireDocument(asked.PolicyDocument, 'trust', { nowMs: deps.clock(), warn })
    await deps.roles.setTrustPolicy(role.id, asked.PolicyDocument)
    return {}
  },
})

/**
 * Ends the role's sessions too: they are bound to its id.
 *
 * @throws {Refusal} entity.missing | entity.inUse
 * @see AWS IAM API reference, DeleteRole
 */
export const deleteRole = defineAction({
  name: 'DeleteRole',
  auth: 'signed',
  writes: true,
  input: params({ RoleName: given.roleName }),
  permission: (asked, deps: IamDeps) => onRole('DeleteRole', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    if ((await deps.roles.listAttached(role.id)).length > 0) {
      throw inUse('Cannot delete entity, must detach all policies first.')
    }
    if ((await deps.roles.listInlinePolicies(role.id)).length > 0) {
      throw inUse('Cannot delete entity, must delete policies first.')
    }
    await deps.roles.delete(role.id)
    return {}
  },
})

function inUse(message: string): Refusal {
  return new Refusal('entity.inUse', { said: { message } })
}
