import { defineAction, type Result } from '../aws/action.ts'
import { optional, params } from '../aws/params.ts'
import { userArn } from '../base/arn.ts'
import { newId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import type { User } from '../store/users.ts'
import { requireBoundary } from './boundaries.ts'
import type { IamDeps } from './deps.ts'
import { user as holder, requireHolder } from './holders.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { on, onNewUser } from './permissions.ts'
import { wireBoundary, wireDate, wireTags, wireUser } from './shapes.ts'

/**
 * @throws {Refusal} entity.exists | entity.missing (the boundary)
 * @see AWS IAM API reference, CreateUser
 */
export const createUser = defineAction({
  name: 'CreateUser',
  auth: 'signed',
  writes: true,
  input: params({
    UserName: given.newUserName,
    Path: given.path,
    PermissionsBoundary: optional(given.arn),
    Tags: given.tags,
  }),
  permission: (asked, deps: IamDeps) => onNewUser(asked, deps),
  async handle(asked, deps) {
    const { PermissionsBoundary: boundary } = asked
    const user: User = {
      id: newId('AIDA'),
      name: asked.UserName,
      path: asked.Path,
      tags: asked.Tags ?? {},
      createdAtMs: deps.clock(),
      ...(boundary === undefined ? {} : { boundaryId: await requireBoundary(boundary, deps) }),
    }
    await deps.users.create(user)
    return { User: await wireWhole(user, deps) }
  },
})

/**
 * Without a name: the user who asks.
 *
 * @see AWS IAM API reference, GetUser
 */
export const getUser = defineAction({
  name: 'GetUser',
  auth: 'signed',
  input: params({ UserName: optional(given.existingName) }),
  permission: (asked, deps: IamDeps, caller) =>
    caller.kind === 'root' && asked.UserName === undefined
      ? { action: 'iam:GetUser', resource: caller.arn }
      : on(holder, 'GetUser', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    if (caller.kind === 'root' && asked.UserName === undefined) {
      return { User: { UserId: caller.accountId, Arn: caller.arn, CreateDate: wireDate(0) } }
    }
    const user = await requireHolder(holder, nameOrOwn(asked.UserName, caller), deps)
    return { User: await wireWhole(user, deps) }
  },
})

/** @see AWS IAM API reference, ListUsers */
export const listUsers = defineAction({
  name: 'ListUsers',
  auth: 'signed',
  input: params({ PathPrefix: given.pathPrefix, ...given.paging }),
  permission: (asked, deps: IamDeps) => ({
    action: 'iam:ListUsers',
    resource: `arn:aws:iam::${deps.accountId}:user${asked.PathPrefix}`,
  }),
  async handle(asked, deps) {
    const page = readPage(await deps.users.list(asked.PathPrefix), ({ name }) => name.toLowerCase(), asked)
    return { Users: page.items.map(user => wireUser(user, deps.accountId)), ...page.wire }
  },
})

/**
 * Renaming takes the permission on both names: else who may touch a name could bring a user under it.
 *
 * @throws {Refusal} entity.missing | entity.exists
 * @see AWS IAM API reference, UpdateUser
 */
export const updateUser = defineAction({
  name: 'UpdateUser',
  auth: 'signed',
  writes: true,
  input: params({
    UserName: given.existingName,
    NewPath: optional(given.path),
    NewUserName: optional(given.newUserName),
  }),
  async permission(asked, deps: IamDeps) {
    const now = await on(holder, 'UpdateUser', asked.UserName, deps)
    const found = await deps.users.find(asked.UserName)
    const path = asked.NewPath ?? found?.path ?? '/'
    return [now, { ...now, resource: userArn(deps.accountId, path, asked.NewUserName ?? asked.UserName) }]
  },
  async handle(asked, deps) {
    const user = await requireHolder(holder, asked.UserName, deps)
    await deps.users.rename(user, {
      ...(asked.NewUserName === undefined ? {} : { name: asked.NewUserName }),
      ...(asked.NewPath === undefined ? {} : { path: asked.NewPath }),
    })
    return {}
  },
})

/**
 * Ends the user's temporary credentials too: they are bound to the id.
 *
 * @throws {Refusal} entity.missing | entity.inUse
 * @see AWS IAM API reference, DeleteUser
 */
export const deleteUser = defineAction({
  name: 'DeleteUser',
  auth: 'signed',
  writes: true,
  input: params({ UserName: given.existingName }),
  permission: (asked, deps: IamDeps) => on(holder, 'DeleteUser', asked.UserName, deps),
  async handle(asked, deps) {
    const user = await requireHolder(holder, asked.UserName, deps)
    const { accessKeys, loginProfiles, mfaDevices, principalPolicies, users } = deps
    const left: [readonly unknown[], string][] = [
      [await accessKeys.list(user.id), 'must delete access keys first.'],
      [await mfaDevices.listOf(user.id), 'must delete MFA device first.'],
      [await loginProfiles.find(user.id).then(one => (one ? [one] : [])), 'must delete login profile first.'],
      [await principalPolicies.listAttached(user.id), 'must detach all policies first.'],
      [await principalPolicies.listInline(user.id), 'must delete policies first.'],
      [await users.listGroups(user.id), 'must remove users from group first.'],
    ]
    for (const [some, what] of left) {
      if (some.length > 0) throw inUse(`Cannot delete entity, ${what}`)
    }
    await users.delete(user)
    return {}
  },
})

/** The user that a request means when it names none. @throws {Refusal} request.invalid when nobody is one */
export function nameOrOwn(
  name: string | undefined,
  caller: { kind: string; user?: { name: string } },
): string {
  if (name !== undefined) return name
  if (caller.kind === 'user' && caller.user !== undefined) return caller.user.name
  throw new Refusal('request.invalid', {
    said: { message: 'Must specify userName when calling with non-User credentials' },
  })
}

async function wireWhole(user: User, deps: IamDeps): Promise<Result> {
  return {
    ...wireUser(user, deps.accountId),
    ...(await wireBoundary(user, deps)),
    ...wireTags(user.tags),
  }
}

function inUse(message: string): Refusal {
  return new Refusal('entity.inUse', { said: { message } })
}
