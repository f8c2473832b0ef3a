import { Kysely, sql } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { createCatalogue } from './catalogue.ts'
import type { Database } from './database.ts'
import { requireMigrated } from './migrations.ts'
import type { Log } from './postgres-changes.ts'
import { createPostgresDialect } from './postgres-dialect.ts'
import type { Schema } from './schema.ts'
import { createSqliteDialect } from './sqlite-dialect.ts'

/**
 * Opens a database beside whoever has it, to look and no more. What changes meanwhile is not heard of: it is for
 * questions, not for a service.
 *
 * @throws {Error} when it is not there, or of another version
 */
export async function openReadOnlyDatabase(
  location: { file: string } | { url: string },
  clock: Clock,
  log: Log,
): Promise<Database> {
  const isFile = 'file' in location
  const dialect = isFile
    ? createSqliteDialect(location.file, 'read')
    : createPostgresDialect(location.url, log, 'read')
  const db = new Kysely<Schema>({ dialect })
  try {
    await requireMigrated(db, isFile ? 'sqlite' : 'postgres')
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {
    db,
    catalogue: createCatalogue(),
    async write() {
      throw new TypeError('this store was opened to be read')
    },
    inStepAtMs: clock,
    isCurrent: () => true,
    async ping() {
      await sql`select 1 from settings limit 1`.execute(db)
    },
    close: () => db.destroy(),
  }
}
