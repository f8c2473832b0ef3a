import { defineAction, type Result } from '../aws/action.ts'
import { list, oneOf, optional, params } from '../aws/params.ts'
import { arnOfPolicy } from '../base/arn.ts'
import type { ManagedPolicy } from '../store/policies.ts'
import type { Principal } from '../store/principals.ts'
import type { Role } from '../store/roles.ts'
import { storedName } from '../store/shipped-names.ts'
import type { IamDeps } from './deps.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import {
  encodeDocument,
  type UsageCounts,
  wireBoundary,
  wireDate,
  wireGroup,
  wirePolicy,
  wireRole,
  wireTags,
  wireUser,
} from './shapes.ts'
import { usages } from './usages.ts'

type Filter = 'User' | 'Role' | 'Group' | 'LocalManagedPolicy' | 'AWSManagedPolicy'

/** One entity that is to be told of, before its details are read. */
type Entry = { key: string; list: string; detail(): Promise<Result> }

/**
 * Everything that speaks for anybody in the account, in pages over all kinds. Policies that ship with the service are
 * told where they are attached.
 *
 * @see AWS IAM API reference, GetAccountAuthorizationDetails
 */
export const getAccountAuthorizationDetails = defineAction({
  name: 'GetAccountAuthorizationDetails',
  auth: 'signed',
  input: params({
    Filter: optional(
      list(oneOf('User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'), { max: 5 }),
      [],
    ),
    ...given.paging,
  }),
  permission: () => ({ action: 'iam:GetAccountAuthorizationDetails', resource: '*' }),
  async handle(asked, deps: IamDeps) {
    const wanted = (kind: Filter) => asked.Filter.length === 0 || asked.Filter.includes(kind)
    const entries = [
      ...(wanted('User') ? (await deps.users.list()).map(one => userEntry(one, deps)) : []),
      ...(wanted('Group') ? (await deps.groups.list()).map(one => groupEntry(one, deps)) : []),
      ...(wanted('Role') ? (await deps.roles.list()).map(one => roleEntry(one, deps)) : []),
      ...(await policyEntries(wanted, deps)),
    ]
    const page = readPage(entries, ({ key }) => key, asked)
    const lists: Record<string, Result[]> = {
      UserDetailList: [],
      GroupDetailList: [],
      RoleDetailList: [],
      Policies: [],
    }
    for (const entry of page.items) lists[entry.list]?.push(await entry.detail())
    return { ...lists, ...page.wire }
  },
})

function userEntry(user: Principal, deps: IamDeps): Entry {
  return {
    key: `1 ${user.name.toLowerCase()}`,
    list: 'UserDetailList',
    detail: async () => ({
      ...wireUser(user, deps.accountId),
      UserPolicyList: await inlineOf(user, deps),
      GroupList: (await deps.users.listGroups(user.id)).map(({ name }) => name),
      AttachedManagedPolicies: await attachedTo(user, deps),
      ...(await wireBoundary(user, deps)),
      ...wireTags(user.tags),
    }),
  }
}

function groupEntry(group: Principal, deps: IamDeps): Entry {
  return {
    key: `2 ${group.name.toLowerCase()}`,
    list: 'GroupDetailList',
    detail: async () => ({
      ...wireGroup(group, deps.accountId),
      GroupPolicyList: await inlineOf(group, deps),
      AttachedManagedPolicies: await attachedTo(group, deps),
    }),
  }
}

function roleEntry(role: Role, deps: IamDeps): Entry {
  return {
    key: `3 ${role.name.toLowerCase()}`,
    list: 'RoleDetailList',
    detail: async () => {
      const { Description: _description, ...wire } = wireRole(role, deps.accountId)
      const use = await deps.lastUsed.find(role.id)
      return {
        ...wire,
        InstanceProfileList: [],
        RolePolicyList: await inlineOf(role, deps),
        AttachedManagedPolicies: await attachedTo(role, deps),
        ...(await wireBoundary(role, deps)),
        ...wireTags(role.tags),
        RoleLastUsed: use === undefined ? {} : { LastUsedDate: wireDate(use.atMs), Region: use.region },
      }
    },
  }
}

async function policyEntries(wanted: (kind: Filter) => boolean, deps: IamDeps): Promise<Entry[]> {
  const usageOf = await usages(deps)
  const policies = (await deps.policies.list()).filter(({ id, shipped }) => {
    if (!shipped) return wanted('LocalManagedPolicy')
    const { attachments, boundaries } = usageOf(id)
    return wanted('AWSManagedPolicy') && attachments + boundaries > 0
  })
  return policies
    .map(policy => ({
      key: `4 ${storedName(policy).toLowerCase()}`,
      list: 'Policies',
      detail: () => policyDetail(policy, usageOf(policy.id), deps),
    }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
}

async function policyDetail(policy: ManagedPolicy, usage: UsageCounts, deps: IamDeps): Promise<Result> {
  const { Tags: _tags, ...wire } = wirePolicy(policy, usage, deps.accountId)
  const versions = await deps.policies.listVersions(policy.id)
  return {
    ...wire,
    PolicyVersionList: versions.map(({ version, document, createdAtMs }) => ({
      Document: encodeDocument(document),
      VersionId: version,
      IsDefaultVersion: version === policy.defaultVersion,
      CreateDate: wireDate(createdAtMs),
    })),
  }
}

async function inlineOf({ id }: Principal, { principalPolicies }: IamDeps): Promise<Result[]> {
  const inline = await principalPolicies.listInline(id)
  return inline.map(({ name, document }) => ({
    PolicyName: name,
    PolicyDocument: encodeDocument(document),
  }))
}

async function attachedTo({ id }: Principal, { principalPolicies, accountId }: IamDeps): Promise<Result[]> {
  const attached = await principalPolicies.listAttached(id)
  return attached.map(policy => ({ PolicyName: policy.name, PolicyArn: arnOfPolicy(policy, accountId) }))
}
