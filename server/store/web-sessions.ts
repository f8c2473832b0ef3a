import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Browser sessions. The id comes in as a hash: whoever reads the table can't ride a session. */
export type WebSessions = {
  find(idHash: string, nowMs: number): Promise<string | undefined>
  /**
   * Nothing for one that was deleted: a request that was begun in it and ends after it must not revive it.
   * @param person whose it is, once somebody is signed in: what `personKey` makes
   */
  put(idHash: string, data: string, expiresAtMs: number, person?: string): Promise<void>
  delete(idHash: string): Promise<void>
  listOf(person: string, nowMs: number): Promise<{ idHash: string; data: string }[]>
  /** One of this person's; false when it is none of theirs. */
  deleteOf(person: string, idHash: string): Promise<boolean>
  /** All of this person's, but for the one that is kept. */
  deleteOthers(person: string, keptIdHash?: string): Promise<void>
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
    async put(idHash, data, expiresAtMs, person) {
      const row = { data, expires_at_ms: expiresAtMs, person_key: person ?? null }
      await db
        .insertInto('web_sessions')
        .values({ id_hash: idHash, ...row })
        .onConflict(conflict =>
          conflict.column('id_hash').doUpdateSet(row).where('web_sessions.data', '<>', ended),
        )
        .execute()
    },
    async listOf(person, nowMs) {
      const rows = await db
        .selectFrom('web_sessions')
        .select(['id_hash', 'data'])
        .where('person_key', '=', person)
        .where('expires_at_ms', '>', nowMs)
        .where('data', '<>', ended)
        .execute()
      return rows.map(row => ({ idHash: row.id_hash, data: row.data }))
    },
    async deleteOf(person, idHash) {
      const { numUpdatedRows } = await db
        .updateTable('web_sessions')
        .set({ data: ended })
        .where('id_hash', '=', idHash)
        .where('person_key', '=', person)
        .where('data', '<>', ended)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async deleteOthers(person, keptIdHash = '') {
      await db
        .updateTable('web_sessions')
        .set({ data: ended })
        .where('person_key', '=', person)
        .where('id_hash', '!=', keptIdHash)
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
