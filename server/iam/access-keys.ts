import { randomBytes } from 'node:crypto'
import { defineAction } from '../aws/action.ts'
import { oneOf, optional, params, text } from '../aws/params.ts'
import { newId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import { createKeySecrets } from '../credentials/key-secrets.ts'
import type { AccessKey } from '../store/access-keys.ts'
import type { User } from '../store/users.ts'
import type { IamDeps } from './deps.ts'
import { user as holder, requireHolder } from './holders.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { on } from './permissions.ts'
import { wireDate } from './shapes.ts'
import { nameOrOwn } from './users.ts'

/** @see AWS IAM User Guide, "IAM and AWS STS quotas" */
const mostKeys = 2
const accessKeyId = text({ min: 16, max: 128, pattern: /^\w+$/, patternText: '[\\w]+' })
const status = oneOf('Active', 'Inactive')

/**
 * The one time that the secret access key is shown.
 *
 * @throws {Refusal} entity.missing | entity.limit
 * @see AWS IAM API reference, CreateAccessKey
 */
export const createAccessKey = defineAction({
  name: 'CreateAccessKey',
  auth: 'signed',
  writes: true,
  input: params({ UserName: optional(given.existingName) }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'CreateAccessKey', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const user = await requireHolder(holder, nameOrOwn(asked.UserName, caller), deps)
    const id = newId('AKIA')
    const secret = randomBytes(30).toString('base64')
    const key: AccessKey = {
      id,
      userId: user.id,
      sealedSecret: createKeySecrets(deps.keyring).seal(id, secret),
      active: true,
      createdAtMs: deps.clock(),
    }
    if (!(await deps.accessKeys.create(key, mostKeys))) {
      const message = `Cannot exceed quota for AccessKeysPerUser: ${mostKeys}`
      throw new Refusal('entity.limit', { said: { message } })
    }
    return { AccessKey: { ...wireKey(key, user), SecretAccessKey: secret } }
  },
})

/** @see AWS IAM API reference, ListAccessKeys */
export const listAccessKeys = defineAction({
  name: 'ListAccessKeys',
  auth: 'signed',
  input: params({ UserName: optional(given.existingName), ...given.paging }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'ListAccessKeys', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const user = await requireHolder(holder, nameOrOwn(asked.UserName, caller), deps)
    const page = readPage(await deps.accessKeys.list(user.id), ageThenId, asked)
    return { AccessKeyMetadata: page.items.map(key => wireKey(key, user)), ...page.wire }
  },
})

/**
 * Of the user who is named: another's key is as good as none.
 *
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, UpdateAccessKey
 */
export const updateAccessKey = defineAction({
  name: 'UpdateAccessKey',
  auth: 'signed',
  writes: true,
  input: params({ UserName: optional(given.existingName), AccessKeyId: accessKeyId, Status: status }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'UpdateAccessKey', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const user = await requireHolder(holder, nameOrOwn(asked.UserName, caller), deps)
    const key = await requireKeyOf(user, asked.AccessKeyId, deps)
    await deps.accessKeys.setActive(key.id, asked.Status === 'Active')
    return {}
  },
})

/**
 * Ends the temporary credentials that were got with it, too.
 *
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, DeleteAccessKey
 */
export const deleteAccessKey = defineAction({
  name: 'DeleteAccessKey',
  auth: 'signed',
  writes: true,
  input: params({ UserName: optional(given.existingName), AccessKeyId: accessKeyId }),
  permission: (asked, deps: IamDeps, caller) =>
    on(holder, 'DeleteAccessKey', nameOrOwn(asked.UserName, caller), deps),
  async handle(asked, deps, { caller }) {
    const user = await requireHolder(holder, nameOrOwn(asked.UserName, caller), deps)
    const key = await requireKeyOf(user, asked.AccessKeyId, deps)
    await deps.accessKeys.delete(key.id)
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, GetAccessKeyLastUsed
 */
export const getAccessKeyLastUsed = defineAction({
  name: 'GetAccessKeyLastUsed',
  auth: 'signed',
  input: params({ AccessKeyId: accessKeyId }),
  async permission(asked, deps: IamDeps) {
    const user = await ownerOf(asked.AccessKeyId, deps)
    if (user === undefined) return { action: 'iam:GetAccessKeyLastUsed', resource: '*' }
    return on(holder, 'GetAccessKeyLastUsed', user.name, deps)
  },
  async handle(asked, deps) {
    const user = await ownerOf(asked.AccessKeyId, deps)
    if (user === undefined) throw noSuchKey(asked.AccessKeyId)
    const use = await deps.lastUsed.find(asked.AccessKeyId)
    return {
      UserName: user.name,
      AccessKeyLastUsed: {
        ...(use === undefined ? {} : { LastUsedDate: wireDate(use.atMs) }),
        ServiceName: use?.service ?? 'N/A',
        Region: use?.region ?? 'N/A',
      },
    }
  },
})

async function ownerOf(keyId: string, { accessKeys, users }: IamDeps): Promise<User | undefined> {
  const key = await accessKeys.find(keyId)
  return key && users.findById(key.userId)
}

async function requireKeyOf(user: User, keyId: string, { accessKeys }: IamDeps): Promise<AccessKey> {
  const key = await accessKeys.find(keyId)
  if (key?.userId !== user.id) throw noSuchKey(keyId)
  return key
}

function wireKey({ id, active, createdAtMs }: AccessKey, { name }: User) {
  return {
    UserName: name,
    AccessKeyId: id,
    Status: active ? 'Active' : 'Inactive',
    CreateDate: wireDate(createdAtMs),
  }
}

/** Pages go by rising keys. */
function ageThenId({ createdAtMs, id }: AccessKey): string {
  return `${String(createdAtMs).padStart(16, '0')} ${id}`
}

function noSuchKey(id: string): Refusal {
  return new Refusal('entity.missing', {
    said: { message: `The Access Key with id ${id} cannot be found.` },
  })
}
