import type { Result } from '../aws/action.ts'
import { arnOfPolicy, groupArn, oidcProviderArn, roleArn, userArn } from '../base/arn.ts'
import { isoSeconds, toSeconds } from '../base/clock.ts'
import type { ManagedPolicy } from '../store/policies.ts'
import type { Principal, Tags } from '../store/principals.ts'
import type { Role } from '../store/roles.ts'
import type { Group, User } from '../store/users.ts'
import type { IamDeps } from './deps.ts'
import { boundaryArn } from './permissions.ts'

/** A role as CreateRole answers it, which is less than GetRole does. */
export function wireRole(role: Role, accountId: string): Result {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: roleArn(accountId, role.path, role.name),
    CreateDate: wireDate(role.createdAtMs),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    Description: role.description,
  }
}

export function wireUser(user: User, accountId: string): Result {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: userArn(accountId, user.path, user.name),
    CreateDate: wireDate(user.createdAtMs),
  }
}

export function wireGroup(group: Group, accountId: string): Result {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: groupArn(accountId, group.path, group.name),
    CreateDate: wireDate(group.createdAtMs),
  }
}

/** Left out where there is none. */
export async function wireBoundary({ boundaryId }: Principal, deps: IamDeps): Promise<Result> {
  const arn = boundaryId === undefined ? undefined : await boundaryArn(boundaryId, deps)
  if (arn === undefined) return {}
  return {
    PermissionsBoundary: {
      PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
      PermissionsBoundaryArn: arn,
    },
  }
}

/** How many principals a policy is attached to, and how many it bounds. */
export type UsageCounts = { attachments: number; boundaries: number }

export function wirePolicy(policy: ManagedPolicy, usage: UsageCounts, accountId: string): Result {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: arnOfPolicy(policy, accountId),
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: usage.attachments,
    PermissionsBoundaryUsageCount: usage.boundaries,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: wireDate(policy.createdAtMs),
    UpdateDate: wireDate(policy.updatedAtMs),
    ...wireTags(policy.tags),
  }
}

/** Left out when there are none, as IAM does. */
export function wireTags(tags: Tags): Result {
  const pairs = wireTagList(tags)
  return pairs.length === 0 ? {} : { Tags: pairs }
}

export function wireTagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** The one tag after the other, as pages go. */
export function sortedTags(tags: Tags): { Key: string; Value: string }[] {
  return wireTagList(tags).sort((a, b) => (a.Key.toLowerCase() < b.Key.toLowerCase() ? -1 : 1))
}

export function wireDate(ms: number): string {
  return isoSeconds(toSeconds(ms))
}

/** Documents go over the wire percent-encoded. @see RFC 3986 */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document)
}

export function wireProviderArn(accountId: string, urlPath: string): string {
  return oidcProviderArn(accountId, urlPath)
}
