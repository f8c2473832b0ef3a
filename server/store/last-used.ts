import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

export type Use = { atMs: number; service: string; region: string }

/** When access keys and roles were last used. Written in its own time: a use is no reason for a request to wait. */
export type LastUsed = {
  note(id: string, use: Use): void
  find(id: string): Promise<Use | undefined>
  /** Writes what was noted. */
  flush(): Promise<void>
}

/** Beyond these what is noted is lost until the next `flush`: nothing but a date depends on it. */
const mostNoted = 50_000

export function createLastUsed(db: Kysely<Schema>): LastUsed {
  let noted = new Map<string, Use>()
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
      const writing = noted
      noted = new Map()
      for (const [id, { atMs, service, region }] of writing) {
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
    },
  }
}
