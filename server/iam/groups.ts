import { defineAction } from '../aws/action.ts'
import { optional, params } from '../aws/params.ts'
import { groupArn } from '../base/arn.ts'
import { newId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import type { Group } from '../store/users.ts'
import type { IamDeps } from './deps.ts'
import { group as holder, requireHolder, user as userHolder } from './holders.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { on } from './permissions.ts'
import { wireGroup, wireUser } from './shapes.ts'

/** @see AWS IAM User Guide, "IAM and AWS STS quotas" */
const mostGroups = 10

/**
 * @throws {Refusal} entity.exists
 * @see AWS IAM API reference, CreateGroup
 */
export const createGroup = defineAction({
  name: 'CreateGroup',
  auth: 'signed',
  writes: true,
  input: params({ GroupName: given.groupName, Path: given.path }),
  permission: (asked, deps: IamDeps) => ({
    action: 'iam:CreateGroup',
    resource: groupArn(deps.accountId, asked.Path, asked.GroupName),
  }),
  async handle(asked, deps) {
    const group: Group = {
      id: newId('AGPA'),
      name: asked.GroupName,
      path: asked.Path,
      tags: {},
      createdAtMs: deps.clock(),
    }
    await deps.groups.create(group)
    return { Group: wireGroup(group, deps.accountId) }
  },
})

/**
 * The group, and who is in it.
 *
 * @see AWS IAM API reference, GetGroup
 */
export const getGroup = defineAction({
  name: 'GetGroup',
  auth: 'signed',
  input: params({ GroupName: given.groupName, ...given.paging }),
  permission: (asked, deps: IamDeps) => on(holder, 'GetGroup', asked.GroupName, deps),
  async handle(asked, deps) {
    const group = await requireHolder(holder, asked.GroupName, deps)
    const page = readPage(await deps.groups.listUsers(group.id), ({ name }) => name.toLowerCase(), asked)
    return {
      Group: wireGroup(group, deps.accountId),
      Users: page.items.map(user => wireUser(user, deps.accountId)),
      ...page.wire,
    }
  },
})

/** @see AWS IAM API reference, ListGroups */
export const listGroups = defineAction({
  name: 'ListGroups',
  auth: 'signed',
  input: params({ PathPrefix: given.pathPrefix, ...given.paging }),
  permission: (asked, deps: IamDeps) => ({
    action: 'iam:ListGroups',
    resource: `arn:aws:iam::${deps.accountId}:group${asked.PathPrefix}`,
  }),
  async handle(asked, deps) {
    const page = readPage(await deps.groups.list(asked.PathPrefix), ({ name }) => name.toLowerCase(), asked)
    return { Groups: page.items.map(group => wireGroup(group, deps.accountId)), ...page.wire }
  },
})

/** @see AWS IAM API reference, ListGroupsForUser */
export const listGroupsForUser = defineAction({
  name: 'ListGroupsForUser',
  auth: 'signed',
  input: params({ UserName: given.existingName, ...given.paging }),
  permission: (asked, deps: IamDeps) => on(userHolder, 'ListGroupsForUser', asked.UserName, deps),
  async handle(asked, deps) {
    const user = await requireHolder(userHolder, asked.UserName, deps)
    const page = readPage(await deps.users.listGroups(user.id), ({ name }) => name.toLowerCase(), asked)
    return { Groups: page.items.map(group => wireGroup(group, deps.accountId)), ...page.wire }
  },
})

/**
 * Takes the permission on both names, as UpdateUser does.
 *
 * @throws {Refusal} entity.missing | entity.exists
 * @see AWS IAM API reference, UpdateGroup
 */
export const updateGroup = defineAction({
  name: 'UpdateGroup',
  auth: 'signed',
  writes: true,
  input: params({
    GroupName: given.groupName,
    NewPath: optional(given.path),
    NewGroupName: optional(given.groupName),
  }),
  async permission(asked, deps: IamDeps) {
    const now = await on(holder, 'UpdateGroup', asked.GroupName, deps)
    const found = await deps.groups.find(asked.GroupName)
    const path = asked.NewPath ?? found?.path ?? '/'
    return [now, { ...now, resource: groupArn(deps.accountId, path, asked.NewGroupName ?? asked.GroupName) }]
  },
  async handle(asked, deps) {
    const group = await requireHolder(holder, asked.GroupName, deps)
    await deps.groups.rename(group, {
      ...(asked.NewGroupName === undefined ? {} : { name: asked.NewGroupName }),
      ...(asked.NewPath === undefined ? {} : { path: asked.NewPath }),
    })
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing | entity.inUse
 * @see AWS IAM API reference, DeleteGroup
 */
export const deleteGroup = defineAction({
  name: 'DeleteGroup',
  auth: 'signed',
  writes: true,
  input: params({ GroupName: given.groupName }),
  permission: (asked, deps: IamDeps) => on(holder, 'DeleteGroup', asked.GroupName, deps),
  async handle(asked, deps) {
    const group = await requireHolder(holder, asked.GroupName, deps)
    const { groups, principalPolicies } = deps
    const left: [readonly unknown[], string][] = [
      [await groups.listUsers(group.id), 'must remove users from group first.'],
      [await principalPolicies.listAttached(group.id), 'must detach all policies first.'],
      [await principalPolicies.listInline(group.id), 'must delete policies first.'],
    ]
    for (const [some, what] of left) {
      if (some.length > 0) {
        throw new Refusal('entity.inUse', { said: { message: `Cannot delete entity, ${what}` } })
      }
    }
    await groups.delete(group)
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing | entity.limit
 * @see AWS IAM API reference, AddUserToGroup
 */
export const addUserToGroup = defineAction({
  name: 'AddUserToGroup',
  auth: 'signed',
  writes: true,
  input: params({ GroupName: given.groupName, UserName: given.existingName }),
  permission: (asked, deps: IamDeps) => on(holder, 'AddUserToGroup', asked.GroupName, deps),
  async handle(asked, deps) {
    const group = await requireHolder(holder, asked.GroupName, deps)
    const user = await requireHolder(userHolder, asked.UserName, deps)
    const others = (await deps.users.listGroups(user.id)).filter(({ id }) => id !== group.id)
    if (others.length >= mostGroups) {
      const message = `Cannot exceed quota for GroupsPerUser: ${mostGroups}`
      throw new Refusal('entity.limit', { said: { message } })
    }
    await deps.groups.addUser(group.id, user.id)
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, RemoveUserFromGroup
 */
export const removeUserFromGroup = defineAction({
  name: 'RemoveUserFromGroup',
  auth: 'signed',
  writes: true,
  input: params({ GroupName: given.groupName, UserName: given.existingName }),
  permission: (asked, deps: IamDeps) => on(holder, 'RemoveUserFromGroup', asked.GroupName, deps),
  async handle(asked, deps) {
    const group = await requireHolder(holder, asked.GroupName, deps)
    const user = await requireHolder(userHolder, asked.UserName, deps)
    if (!(await deps.groups.removeUser(group.id, user.id))) {
      const message = `User ${asked.UserName} is not in the group ${asked.GroupName}`
      throw new Refusal('entity.missing', { said: { message } })
    }
    return {}
  },
})
