import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { firstTables } from './migrations/0001-first-tables.ts'
import { sharedCatalogue } from './migrations/0002-shared-catalogue.ts'
import { policyVersions } from './migrations/0003-policy-versions.ts'
import { principals } from './migrations/0004-principals.ts'
import { revocations } from './migrations/0005-revocations.ts'
import { mfaDevices } from './migrations/0006-mfa-devices.ts'
import { trustedIds } from './migrations/0007-trusted-ids.ts'
import { samlProviders } from './migrations/0008-saml-providers.ts'
import { loginProfiles } from './migrations/0009-login-profiles.ts'
import { accessReports } from './migrations/0010-access-reports.ts'
import { linkedPeople } from './migrations/0011-linked-people.ts'
import { directoryPeople } from './migrations/0012-directory-people.ts'
import { accounts } from './migrations/0013-accounts.ts'
import { identityPools } from './migrations/0015-identity-pools.ts'
import { roleMappings } from './migrations/0017-role-mappings.ts'
import { secrets } from './migrations/0018-secrets.ts'
import { rotation } from './migrations/0019-rotation.ts'
import { databaseLeases } from './migrations/0020-database-leases.ts'
import type { Schema } from './schema.ts'

/** The dialects differ in a few types; `order by` goes by bytes in both, whatever the server's language is. */
const types = {
  sqlite: { text: 'text', bytes: 'blob', sequence: 'integer primary key' },
  postgres: {
    text: 'text collate "C"',
    bytes: 'bytea',
    sequence: 'bigint generated always as identity primary key',
  },
} as const

export type DatabaseKind = keyof typeof types

/**
 * Brings a database up to date. Kysely's migrator takes an advisory lock on PostgreSQL, so that of several
 * nodes that start at once one migrates and the others wait.
 *
 * @param upTo the name of the last migration to run, where it is not the newest
 */
export async function migrate(db: Kysely<Schema>, kind: DatabaseKind, upTo?: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrationsFor(kind) } })
  const { error } = await (upTo === undefined ? migrator.migrateToLatest() : migrator.migrateTo(upTo))
  if (error !== undefined) throw new Error('the store could not be brought up to date', { cause: error })
}

/**
 * For whoever must not change it.
 * @throws {Error} when the database is of another version than ours
 */
export async function requireMigrated(db: Kysely<Schema>, kind: DatabaseKind): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrationsFor(kind) } })
  const all = await migrator.getMigrations()
  if (all.every(({ executedAt }) => executedAt !== undefined)) return
  throw new Error('the store is of an older version; start the service once, which brings it up to date')
}

/**
 * The way from an empty database to `schema.ts`, in order: SQL in which `{type}` is the dialect's. A migration that has
 * shipped is never edited; the next change is the next file.
 */
function migrationsFor(kind: DatabaseKind): Record<string, Migration> {
  return {
    '0001-first-tables': run(firstTables, kind),
    '0002-shared-catalogue': run(sharedCatalogue, kind),
    '0003-policy-versions': run(policyVersions, kind),
    '0004-principals': run(principals, kind),
    '0005-revocations': run(revocations, kind),
    '0006-mfa-devices': run(mfaDevices, kind),
    '0007-trusted-ids': run(trustedIds, kind),
    '0008-saml-providers': run(samlProviders, kind),
    '0009-login-profiles': run(loginProfiles, kind),
    '0010-access-reports': run(accessReports, kind),
    '0011-linked-people': run(linkedPeople, kind),
    '0012-directory-people': run(directoryPeople, kind),
    '0013-accounts': run(accounts, kind),
    '0015-identity-pools': run(identityPools, kind),
    '0017-role-mappings': run(roleMappings, kind),
    '0018-secrets': run(secrets, kind),
    '0019-rotation': run(rotation, kind),
    '0020-database-leases': run(databaseLeases, kind),
  }
}

function run(statements: readonly string[], kind: DatabaseKind): Migration {
  const spelled = statements.map(text =>
    text.replace(/\{(\w+)\}/g, (whole, name) => types[kind][name as keyof (typeof types)['sqlite']] ?? whole),
  )
  return {
    async up(db: Kysely<never>) {
      for (const statement of spelled) await sql.raw(statement).execute(db)
    },
  }
}
