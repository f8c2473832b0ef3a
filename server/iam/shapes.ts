import type { Result } from '../aws/action.ts'
import { oidcProviderArn, policyArn, roleArn } from '../base/arn.ts'
import { isoSeconds, toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { ManagedPolicy } from '../store/policies.ts'
import type { Role } from '../store/roles.ts'

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

export function wirePolicy(policy: ManagedPolicy, attachmentCount: number, accountId: string): Result {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policyArn(accountId, policy.path, policy.name),
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: attachmentCount,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: wireDate(policy.createdAtMs),
    UpdateDate: wireDate(policy.updatedAtMs),
    ...wireTags(policy.tags),
  }
}

/** Left out when there are none, as IAM does. */
export function wireTags(tags: Readonly<Record<string, string>>): Result {
  const pairs = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  return pairs.length === 0 ? {} : { Tags: pairs }
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

export function noSuchRole(name: string): Refusal {
  return new Refusal('entity.missing', { said: { message: `The role with name ${name} cannot be found.` } })
}
