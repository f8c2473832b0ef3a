import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

export type Use = { atMs: number; service: string; region: string }

/** When access keys and roles were last used. Written in its own time: a use is no reason for a request to wait. */
export type LastUsed = {
  note(id: string, use: Use): void
  find(id: string): Promise<Use | undefined>
  /** Writes what was noted. What could not be written stays noted. */
  flush(): Promise<void>
}

/** Beyond these what is noted is lost until the next `flush`: nothing but a date depends on it. */
const mostNoted = 50_000

export function createLastUsed(db: Kysely<Schema>): LastUsed {
  const noted = new Map<string, Use>()
  return {
    note(id, use) {
      if (noted.size < mostNoted || noted.has(id)) noted.set(id, use)
    },
    async find(id) {
      const row = await db.selectFrom('last_used').selectAll().where('id', '=', id).executeTakeFirst()
      const stored = row && { atMs: row.at_ms, service: row.service, region: row.region }
      return noted.get(id) ?? stored
    },
    async flush() {
      for (const [id, use] of [...noted]) {
        try {
          await write(db, id, use)
        } catch (error) {
          // The last one the next time: whatever is wrong with it holds up no other.
          const latest = noted.get(id) ?? use
          noted.delete(id)
          noted.set(id, latest)
          throw error
        }
        // What was noted meanwhile is still to be written.
        if (noted.get(id) === use) noted.delete(id)
      }
    },
  }
}

async function write(db: Kysely<Schema>, id: string, { atMs, service, region }: Use): Promise<void> {
  const use = { at_ms: atMs, service, region }
  await db
    .insertInto('last_used')
    .values({ id, ...use })
    .onConflict(conflict =>
      // Another node may have seen a later one.
      conflict.column('id').doUpdateSet(use).where('last_used.at_ms', '<', atMs),
    )
    .execute()
}
