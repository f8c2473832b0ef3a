import { Kysely, sql } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { createCatalogue } from './catalogue.ts'
import type { Database } from './database.ts'
import { migrate } from './migrations.ts'
import type { Schema } from './schema.ts'
import { createSqliteDialect } from './sqlite-dialect.ts'

/**
 * Opens the embedded database, making or migrating it as needed. One process alone has it, so that nobody else
 * has to be told of changes.
 *
 * @param file a path, or `:memory:`
 */
export async function openSqliteDatabase(file: string, clock: Clock): Promise<Database> {
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(file) })
  await migrate(db, 'sqlite')
  // Whoever held one was a process before this one, and has ended.
  await db.deleteFrom('leases').execute()
  const catalogue = createCatalogue()
  return {
    db,
    catalogue,
    async write(topics, change) {
      try {
        return await db.transaction().execute(change)
      } finally {
        // Also after a failure: what was read meanwhile may be of a transaction that is gone.
        catalogue.forget(topics)
      }
    },
    inStepAtMs: clock,
    isCurrent: () => true,
    async ping() {
      await sql`select 1 from settings limit 1`.execute(db)
    },
    close: () => db.destroy(),
  }
}
