import type { Permission } from '../../authorization/authorize.ts'
import { optional, text } from '../../aws/params.ts'
import { databaseRoleArn } from '../../base/arn.ts'
import { Refusal } from '../../base/refusal.ts'
import type { DatabaseLease } from '../../store/database-leases.ts'
import type { DatabaseRole } from '../../store/database-roles.ts'
import { anywhere } from '../find-secret.ts'
import type { DatabaseRoleDeps } from './deps.ts'

export const roleName = text({ min: 1, max: 64, pattern: /^[A-Za-z0-9_+=.@-]+$/ })
export const leaseId = text({ min: 36, max: 36, pattern: /^[0-9a-f-]+$/ })
export const description = optional(text({ max: 2048 }))

type Finding = Pick<DatabaseRoleDeps, 'databaseRoles' | 'databaseLeases' | 'accountId'>

/** A permission on a role that may or may not be there. */
export function onRole(action: string, name: string, { accountId }: Finding): Permission {
  return { action: `secretsmanager:${action}`, resource: databaseRoleArn(accountId, name) }
}

/** On the role of a lease. Whoever names one that is not there learns so only if they may ask of every role. */
export async function onLease(action: string, id: string, deps: Finding): Promise<Permission> {
  const lease = await deps.databaseLeases.find(id)
  return lease === undefined ? anywhere(action) : onRole(action, lease.roleName, deps)
}

/** @throws {Refusal} entity.missing */
export async function requireRole(name: string, { databaseRoles }: Finding): Promise<DatabaseRole> {
  const role = await databaseRoles.find(name)
  if (role !== undefined) return role
  throw new Refusal('entity.missing', {
    said: { message: "Secrets Manager can't find the specified database role." },
  })
}

/** @throws {Refusal} entity.missing */
export async function requireLease(id: string, { databaseLeases }: Finding): Promise<DatabaseLease> {
  const lease = await databaseLeases.find(id)
  if (lease !== undefined) return lease
  throw new Refusal('entity.missing', {
    said: { message: "Secrets Manager can't find the specified lease." },
  })
}
