import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Browser sessions. The id comes in as a hash: whoever reads the table can't ride a session. */
export type WebSessions = {
  find(idHash: string, nowMs: number): Promise<string | undefined>
  /** Nothing for one that was deleted: a request that was begun in it and ends after it must not revive it. */
  put(idHash: string, data: string, expiresAtMs: number): Promise<void>
  delete(idHash: string): Promise<void>
  prune(nowMs: number): Promise<void>
}

/** What stands in the place of a deleted session's data until its time is up. */
const ended = ''

export function createWebSessions(db: Kysely<Schema>): WebSessions {
  return {
    async find(idHash, nowMs) {
      const row = await db
        .selectFrom('web_sessions')
        .select('data')
        .where('id_hash', '=', idHash)
        .where('expires_at_ms', '>', nowMs)
        .where('data', '<>', ended)
        .executeTakeFirst()
      return row?.data
    },
    async put(idHash, data, expiresAtMs) {
      await db
        .insertInto('web_sessions')
        .values({ id_hash: idHash, data, expires_at_ms: expiresAtMs })
        .onConflict(conflict =>
          conflict
            .column('id_hash')
            .doUpdateSet({ data, expires_at_ms: expiresAtMs })
            .where('web_sessions.data', '<>', ended),
        )
        .execute()
    },
    async delete(idHash) {
      await db.updateTable('web_sessions').set({ data: ended }).where('id_hash', '=', idHash).execute()
    },
    async prune(nowMs) {
      await db.deleteFrom('web_sessions').where('expires_at_ms', '<=', nowMs).execute()
    },
  }
}
