import type { AuditLog } from './audit/audit-log.ts'
import type { Clock } from './base/clock.ts'
import type { Config } from './config.ts'
import { requireLive } from './credentials/require-live.ts'
import { databaseRules } from './outbound-rules.ts'
import type { DatabaseRoleDeps, TakenBy } from './secrets/database-roles/deps.ts'
import { createLeaseUsers } from './secrets/database-roles/lease-users.ts'
import { keepSweeping } from './secrets/database-roles/sweep-leases.ts'
import {
  createDatabaseEngines,
  createDatabaseRotators,
} from './secrets/databases/create-database-rotators.ts'
import type { Rotator } from './secrets/rotation/rotator.ts'
import type { Vault } from './secrets/vault.ts'
import type { Store } from './store/open-store.ts'

type DatabaseAccessDeps = {
  store: Store
  vault: Vault
  audit: Pick<AuditLog, 'record'>
  accountId: string
  rootAccessKey: { id: string }
  clock: Clock
  log: { warn(context: object, message: string): void }
}

export type DatabaseAccess = {
  deps: DatabaseRoleDeps
  /** By their names. */
  rotators: ReadonlyMap<string, Rotator>
  stop(): Promise<void>
}

/**
 * What changes passwords of users of databases, and what makes such users for a time and drops them.
 *
 * @throws {Error} when the file with the certificate authorities can't be read
 */
export async function openDatabaseAccess(
  config: Config,
  { store, vault, audit, accountId, rootAccessKey, clock, log }: DatabaseAccessDeps,
): Promise<DatabaseAccess> {
  const engines = createDatabaseEngines(databaseRules(config))
  const deps: DatabaseRoleDeps = {
    ...{ audit, accountId, clock, log },
    secrets: store.secrets,
    databaseRoles: store.databaseRoles,
    databaseLeases: store.databaseLeases,
    leaseUsers: createLeaseUsers({ engines, secrets: store.secrets, vault }),
  }
  // The embedded store is nobody else's: whoever was making a user when we last ended is gone.
  if (config.databaseUrl === undefined) await store.databaseLeases.endBegun(clock())
  const stop = keepSweeping({
    ...deps,
    requireLive: taken => requireLive({ ...store, rootAccessKey }, sessionOf(taken)),
  })
  return { deps, rotators: createDatabaseRotators(engines), stop }
}

/** As much of a session as its end is asked by. */
function sessionOf(taken: TakenBy) {
  return {
    ...({
      kind: 'role',
      name: '',
      expiresAtSeconds: 0,
      tags: {},
      transitiveTagKeys: [],
      policyArns: [],
    } as const),
    ...taken,
  }
}
