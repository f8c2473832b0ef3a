import type { AuditLog } from '../../audit/audit-log.ts'
import type { Session } from '../../base/session.ts'
import type { DatabaseLeases } from '../../store/database-leases.ts'
import type { DatabaseRoles } from '../../store/database-roles.ts'
import type { SecretsDeps } from '../deps.ts'
import type { LeaseUsers } from './lease-users.ts'

/** What ends a lease early: all of it that a session ends by. */
export type TakenBy = Pick<
  Session,
  'accessKeyId' | 'principalId' | 'issuedAtSeconds' | 'ancestors' | 'demo'
> &
  Partial<Pick<Session, 'person'>>

/** What is needed to make users of databases for a time. */
export type DatabaseRoleDeps = Pick<SecretsDeps, 'secrets' | 'accountId' | 'clock'> & {
  audit: Pick<AuditLog, 'record'>
  databaseRoles: DatabaseRoles
  databaseLeases: DatabaseLeases
  leaseUsers: LeaseUsers
  log: { warn(context: object, message: string): void }
}
