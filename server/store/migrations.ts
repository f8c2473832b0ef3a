import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import * as steps from './migration-steps.ts'
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
 * The way from an empty database to `schema.ts`, in order. A migration that has shipped is never
 * edited; the next change is the next entry.
 */
function migrationsFor(kind: DatabaseKind): Record<string, Migration> {
  return {
    '0001-first-tables': run(steps.firstTables, kind),
    '0002-shared-catalogue': run(steps.sharedCatalogue, kind),
    '0003-policy-versions': run(steps.policyVersions, kind),
    '0004-principals': run(steps.principals, kind),
    '0005-revocations': run(steps.revocations, kind),
    '0006-mfa-devices': run(steps.mfaDevices, kind),
    '0007-trusted-ids': run(steps.trustedIds, kind),
    '0008-saml-providers': run(steps.samlProviders, kind),
    '0009-login-profiles': run(steps.loginProfiles, kind),
    '0010-access-reports': run(steps.accessReports, kind),
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
