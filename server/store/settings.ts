import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Names that begin so hold a secret, sealed for the name: those follow a new master key. */
export const sealedSettingPrefix = 'sealed:'

/** Small facts about this installation: what the first start chose and later ones must keep. */
export type Settings = {
  find(name: string): Promise<string | undefined>
  /** The names that begin so. */
  namesWith(prefix: string): Promise<string[]>
  set(name: string, value: string): Promise<void>
  delete(name: string): Promise<void>
  /** Sets it unless somebody else was first; answers what it is. */
  claim(name: string, value: string): Promise<string>
}

export function createSettings(db: Kysely<Schema>): Settings {
  return {
    async find(name) {
      const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst()
      return row?.value
    },
    async namesWith(prefix) {
      const rows = await db.selectFrom('settings').select('name').orderBy('name').execute()
      return rows.map(({ name }) => name).filter(name => name.startsWith(prefix))
    },
    async claim(name, value) {
      await db
        .insertInto('settings')
        .values({ name, value })
        .onConflict(conflict => conflict.column('name').doNothing())
        .execute()
      const row = await db
        .selectFrom('settings')
        .select('value')
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      return row.value
    },
    async delete(name) {
      await db.deleteFrom('settings').where('name', '=', name).execute()
    },
    async set(name, value) {
      await db
        .insertInto('settings')
        .values({ name, value })
        .onConflict(conflict => conflict.column('name').doUpdateSet({ value }))
        .execute()
    },
  }
}
