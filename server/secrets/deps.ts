import type { AuditLog } from '../audit/audit-log.ts'
import type { Authorizer } from '../authorization/authorize.ts'
import type { Clock } from '../base/clock.ts'
import type { Rotations } from '../store/rotations.ts'
import type { Rotators } from '../store/rotators.ts'
import type { Secrets } from '../store/secrets.ts'
import type { DatabaseRoleDeps } from './database-roles/deps.ts'
import type { FindRotator } from './rotation/find-rotator.ts'
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
  rotation: RotationParts
  /** For those of users of databases. */
  databases: DatabaseRoleDeps
  clock: Clock
}

/** What actions need to have secrets rotated, which the engine does in its own time. */
export type RotationParts = {
  find: FindRotator
  history: Rotations
  /** Those that are registered; and the names of those that are built in. */
  rotators: Rotators
  builtIn: readonly string[]
  /** What a rotator's requests are to be signed with. */
  newSecret(name: string): { shown: string; sealed: Buffer }
  /** Whether a rotator may be reached without TLS, on loopback: outside production alone. */
  allowLoopbackHttp: boolean
  /** A rotation may be due. */
  wake(): void
}
