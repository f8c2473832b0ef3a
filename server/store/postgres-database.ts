import { Kysely, sql, type Transaction } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { createCatalogue, type Topic } from './catalogue.ts'
import type { Database } from './database.ts'
import { migrate } from './migrations.ts'
import { changesChannel, createChangesFollower, type Log } from './postgres-changes.ts'
import { createPostgresDialect } from './postgres-dialect.ts'
import type { Schema } from './schema.ts'

/** SQLSTATE serialization_failure and deadlock_detected: the same transaction may well work when it is tried again. */
const passing: readonly unknown[] = ['40001', '40P01']
const mostTries = 5

/**
 * Opens a PostgreSQL database that several nodes may share, making or migrating it as needed.
 *
 * @param url `postgres://user:password@host:port/database?sslmode=...`
 * @param maxStalenessMs how long this node, when it is cut off, goes on by what it knew
 */
export async function openPostgresDatabase(
  { url, maxStalenessMs }: { url: string; maxStalenessMs: number },
  clock: Clock,
  log: Log,
): Promise<Database> {
  const db = new Kysely<Schema>({ dialect: createPostgresDialect(url, log) })
  await migrate(db, 'postgres')
  const follower = createChangesFollower({ url, maxStalenessMs }, clock, log)
  const catalogue = createCatalogue(follower.isCurrent)
  await follower.follow(catalogue)
  return {
    db,
    catalogue,
    async write(topics, change) {
      try {
        return await retry(() => transact(db, topics, change))
      } finally {
        catalogue.forget(topics)
      }
    },
    inStepAtMs: follower.inStepAtMs,
    isCurrent: follower.isCurrent,
    async ping() {
      await sql`select 1 from settings limit 1`.execute(db)
    },
    async close() {
      await follower.close()
      await db.destroy()
    },
  }
}

/** The other nodes hear of it exactly when it commits: that is when PostgreSQL delivers notifications. */
function transact<T>(
  db: Kysely<Schema>,
  topics: readonly Topic[],
  change: (trx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async trx => {
    const result = await change(trx)
    if (topics.length === 0) return result
    // Last, since the row is locked until the commit: writers of different things then meet only here.
    const { generation } = await trx
      .updateTable('catalogue')
      .set(({ eb }) => ({ generation: eb('generation', '+', 1) }))
      .returning('generation')
      .executeTakeFirstOrThrow()
    const payload = JSON.stringify({ generation, topics })
    // A payload has at most 8,000 bytes. Without topics everything is forgotten.
    const told = Buffer.byteLength(payload) < 7_900 ? payload : JSON.stringify({ generation })
    await sql`select pg_notify(${changesChannel}, ${told})`.execute(trx)
    return result
  })
}

async function retry<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run()
    } catch (error) {
      const { code } = Object(error)
      if (tries >= mostTries || !passing.includes(code)) throw error
      await new Promise(resolve => setTimeout(resolve, Math.random() * 20 * 2 ** tries))
    }
  }
}
