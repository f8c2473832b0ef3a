import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Somebody of a directory, by its provider's ARN and the directory's identifier. */
export type DirectoryKey = { provider: string; id: string }

export type KnownPerson = DirectoryKey & {
  /** The names of the groups that they were in. */
  groups: readonly string[]
}

/** Somebody who is to be looked for, and since when they count as asked about. */
export type DuePerson = KnownPerson & { checkedAtMs: number }

/** Whom to look for again in their directory, for as long as they may have sessions. */
export type DirectoryPeople = {
  /** Answers what was known before, unless no session can be left of that time. */
  remember(person: KnownPerson, nowMs: number, untilMs: number): Promise<KnownPerson | undefined>
  /**
   * Those whom nobody asked about since `beforeMs`, the longest ago first. They count as asked about from now on: of
   * several nodes each takes others.
   */
  takeDue(beforeMs: number, nowMs: number, most: number): Promise<DuePerson[]>
  /** Unless they have logged in since they were taken: who was asked about then is somebody to look for. */
  forget(due: DirectoryKey & Pick<DuePerson, 'checkedAtMs'>): Promise<void>
  prune(nowMs: number): Promise<void>
}

export function createDirectoryPeople(db: Kysely<Schema>): DirectoryPeople {
  const find = ({ provider, id }: DirectoryKey, trx: Kysely<Schema>) =>
    trx
      .selectFrom('directory_people')
      .selectAll()
      .where('provider', '=', provider)
      .where('id', '=', id)
      .executeTakeFirst()

  return {
    async remember({ provider, id, groups }, nowMs, untilMs) {
      const known = await find({ provider, id }, db)
      const now = { group_names: JSON.stringify(groups), checked_at_ms: nowMs }
      await db
        .insertInto('directory_people')
        .values({ provider, id, ...now, expires_at_ms: untilMs })
        .onConflict(conflict =>
          conflict.columns(['provider', 'id']).doUpdateSet({ ...now, expires_at_ms: untilMs }),
        )
        .execute()
      return known === undefined || known.expires_at_ms <= nowMs ? undefined : asPerson(known)
    },
    async takeDue(beforeMs, nowMs, most) {
      const due = await db
        .selectFrom('directory_people')
        .selectAll()
        .where('checked_at_ms', '<=', beforeMs)
        .where('expires_at_ms', '>', nowMs)
        .orderBy('checked_at_ms')
        .limit(most)
        .execute()
      const taken: DuePerson[] = []
      for (const row of due) {
        const { numUpdatedRows } = await db
          .updateTable('directory_people')
          .set({ checked_at_ms: nowMs })
          .where('provider', '=', row.provider)
          .where('id', '=', row.id)
          .where('checked_at_ms', '=', row.checked_at_ms)
          .executeTakeFirst()
        if (numUpdatedRows > 0n) taken.push({ ...asPerson(row), checkedAtMs: nowMs })
      }
      return taken
    },
    async forget({ provider, id, checkedAtMs }) {
      await db
        .deleteFrom('directory_people')
        .where('provider', '=', provider)
        .where('id', '=', id)
        .where('checked_at_ms', '=', checkedAtMs)
        .execute()
    },
    async prune(nowMs) {
      await db.deleteFrom('directory_people').where('expires_at_ms', '<=', nowMs).execute()
    },
  }
}

function asPerson(row: { provider: string; id: string; group_names: string }): KnownPerson {
  return { provider: row.provider, id: row.id, groups: JSON.parse(row.group_names) }
}
