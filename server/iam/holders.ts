import { called } from '../aws/params.ts'
import { groupArn, roleArn, userArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Principal, PrincipalKind } from '../store/principals.ts'
import type { IamDeps } from './deps.ts'
import * as given from './parameters.ts'

/** One of the three kinds of principals that policies and tags are put on. */
export type Holder = {
  kind: PrincipalKind
  /** The parameter that names one. */
  parameter: ReturnType<typeof called<string>>
  arnOf(accountId: string, path: string, name: string): string
  find(name: string, deps: Pick<IamDeps, 'roles' | 'users' | 'groups'>): Promise<Principal | undefined>
  /** The most that all its inline policies may hold together, in characters that are no white space. */
  inlineQuota: number
}

/** @see AWS IAM User Guide, "IAM and AWS STS quotas" */
export const role: Holder = {
  kind: 'role',
  parameter: called('RoleName', given.roleName),
  arnOf: roleArn,
  find: (name, { roles }) => roles.find(name),
  inlineQuota: 10_240,
}

export const user: Holder = {
  kind: 'user',
  parameter: called('UserName', given.existingName),
  arnOf: userArn,
  find: (name, { users }) => users.find(name),
  inlineQuota: 2_048,
}

export const group: Holder = {
  kind: 'group',
  parameter: called('GroupName', given.existingName),
  arnOf: groupArn,
  find: (name, { groups }) => groups.find(name),
  inlineQuota: 5_120,
}

/** @throws {Refusal} entity.missing */
export async function requireHolder(holder: Holder, name: string, deps: IamDeps): Promise<Principal> {
  const found = await holder.find(name, deps)
  if (found === undefined) throw noSuchHolder(holder, name)
  return found
}

export function noSuchHolder({ kind }: Holder, name: string): Refusal {
  return new Refusal('entity.missing', {
    said: { message: `The ${kind} with name ${name} cannot be found.` },
  })
}
