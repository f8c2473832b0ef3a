import type { AuditLog } from '../audit/audit-log.ts'
import type { Authorizer } from '../authorization/authorize.ts'
import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../store/secrets.ts'
import type { DatabaseRoleDeps } from './database-roles/deps.ts'
import type { Vault } from './vault.ts'

/** What the actions of this service are given. */
export type SecretsDeps = {
  secrets: Secrets
  vault: Vault
  accountId: string
  /** For actions on many secrets at once, each of which is a question of its own. */
  authorizer: Authorizer
  audit: Pick<AuditLog, 'record' | 'note'>
  /**
   * Whom the ARNs in a resource policy mean, by id.
   *
   * @throws {Refusal} policy.malformed for a principal of this account that is not there
   */
  principalIds(document: string): Promise<Record<string, string>>
  /** For those of users of databases. */
  databases: DatabaseRoleDeps
  clock: Clock
}
