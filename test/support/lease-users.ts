import { createLeaseUsers, type LeaseUsers } from '../../server/secrets/database-roles/lease-users.ts'
import { createDatabaseEngines } from '../../server/secrets/databases/create-database-rotators.ts'
import type { DatabaseRole } from '../../server/store/database-roles.ts'
import { readerOf } from './database-role.ts'
import { type DatabaseServer, rulesFor, secretOf } from './database-server.ts'

/** Makes and drops users at a server by a master's rights, with nothing of ours kept anywhere. */
export function leaseUsersAt(
  server: DatabaseServer,
  /** As it is at each time. */
  masterSecret = () => secretOf(server, server.admin),
): LeaseUsers {
  const secret = { stages: { AWSCURRENT: 'v' } }
  return createLeaseUsers({
    secrets: { find: async () => secret as never, findVersion: async () => ({}) as never },
    vault: { open: async () => ({ kind: 'string', bytes: Buffer.from(masterSecret()) }) },
    engines: createDatabaseEngines(rulesFor(server)),
  })
}

export function databaseRoleOf(server: DatabaseServer, statements: Partial<DatabaseRole['statements']> = {}) {
  return {
    name: 'role',
    engine: server.kind,
    masterSecretId: 'master',
    statements: { creation: readerOf(server), renewal: [], revocation: [], ...statements },
    defaultSeconds: 600,
    maxSeconds: 600,
    mostLeases: 100,
    description: undefined,
    createdAtMs: 0,
    changedAtMs: 0,
  } satisfies DatabaseRole
}
