import { defineAction } from '../aws/action.ts'
import { integer, optional, params } from '../aws/params.ts'
import { newId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import type { Role } from '../store/roles.ts'
import { requireBoundary } from './boundaries.ts'
import type { IamDeps } from './deps.ts'
import { requireDocument } from './documents.ts'
import { role as holder, noSuchHolder } from './holders.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { on, onNewRole } from './permissions.ts'
import { wireBoundary, wireDate, wireRole, wireTags } from './shapes.ts'
import { readTrustedIds } from './trusted-principals.ts'

const maxSession = integer({ min: 3600, max: 43_200 })

/** @throws {Refusal} entity.missing */
async function requireRole(name: string, deps: IamDeps): Promise<Role> {
  const role = await deps.roles.find(name)
  if (role === undefined) throw noSuchHolder(holder, name)
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
    MaxSessionDuration: optional(maxSession, 3600),
    PermissionsBoundary: optional(given.arn),
    Tags: given.tags,
  }),
  permission: (asked, deps: IamDeps) => onNewRole(asked, deps),
  async handle(asked, deps, { warn }) {
    requireDocument(asked.AssumeRolePolicyDocument, 'trust', { nowMs: deps.clock(), warn })
    const { PermissionsBoundary: boundary } = asked
    const role: Role = {
      id: newId('AROA'),
      name: asked.RoleName,
      path: asked.Path,
      ...(asked.Description === undefined ? {} : { description: asked.Description }),
      trustPolicy: asked.AssumeRolePolicyDocument,
      trustedIds: await readTrustedIds(asked.AssumeRolePolicyDocument, deps),
      maxSessionSeconds: asked.MaxSessionDuration,
      tags: asked.Tags ?? {},
      createdAtMs: deps.clock(),
      ...(boundary === undefined ? {} : { boundaryId: await requireBoundary(boundary, deps) }),
      demo: false,
    }
    await deps.roles.create(role)
    const more = { ...(await wireBoundary(role, deps)), ...wireTags(role.tags) }
    return { Role: { ...wireRole(role, deps.accountId), ...more } }
  },
})

/** @see AWS IAM API reference, GetRole */
export const getRole = defineAction({
  name: 'GetRole',
  auth: 'signed',
  input: params({ RoleName: given.roleName }),
  permission: (asked, deps: IamDeps) => on(holder, 'GetRole', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    const use = await deps.lastUsed.find(role.id)
    return {
      Role: {
        ...wireRole(role, deps.accountId),
        MaxSessionDuration: role.maxSessionSeconds,
        ...(await wireBoundary(role, deps)),
        ...wireTags(role.tags),
        RoleLastUsed: use === undefined ? {} : { LastUsedDate: wireDate(use.atMs), Region: use.region },
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
  permission: (asked, deps: IamDeps) => on(holder, 'UpdateAssumeRolePolicy', asked.RoleName, deps),
  async handle(asked, deps, { warn }) {
    const role = await requireRole(asked.RoleName, deps)
    requireDocument(asked.PolicyDocument, 'trust', { nowMs: deps.clock(), warn })
    const trustedIds = await readTrustedIds(asked.PolicyDocument, deps)
    await deps.roles.change(role, { trustPolicy: asked.PolicyDocument, trustedIds })
    return {}
  },
})

/** @see AWS IAM API reference, UpdateRole */
export const updateRole = defineAction({
  name: 'UpdateRole',
  auth: 'signed',
  writes: true,
  input: params({
    RoleName: given.roleName,
    Description: given.roleDescription,
    MaxSessionDuration: optional(maxSession),
  }),
  permission: (asked, deps: IamDeps) => on(holder, 'UpdateRole', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    await deps.roles.change(role, {
      ...(asked.Description === undefined ? {} : { description: asked.Description }),
      ...(asked.MaxSessionDuration === undefined ? {} : { maxSessionSeconds: asked.MaxSessionDuration }),
    })
    return {}
  },
})

/** @see AWS IAM API reference, UpdateRoleDescription */
export const updateRoleDescription = defineAction({
  name: 'UpdateRoleDescription',
  auth: 'signed',
  writes: true,
  input: params({ RoleName: given.roleName, Description: given.requiredRoleDescription }),
  permission: (asked, deps: IamDeps) => on(holder, 'UpdateRoleDescription', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    await deps.roles.change(role, { description: asked.Description })
    return { Role: wireRole({ ...role, description: asked.Description }, deps.accountId) }
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
  permission: (asked, deps: IamDeps) => on(holder, 'DeleteRole', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    if ((await deps.principalPolicies.listAttached(role.id)).length > 0) {
      throw inUse('Cannot delete entity, must detach all policies first.')
    }
    if ((await deps.principalPolicies.listInline(role.id)).length > 0) {
      throw inUse('Cannot delete entity, must delete policies first.')
    }
    await deps.roles.delete(role)
    return {}
  },
})

function inUse(message: string): Refusal {
  return new Refusal('entity.inUse', { said: { message } })
}
