import type { Selectable } from 'kysely'
import { insertReferring } from './constraints.ts'
import type { Database } from './database.ts'
import { lock } from './principals.ts'
import type { Schema } from './schema.ts'

/** A user's long-term access key. */
export type AccessKey = {
  /** `AKIA...` */
  id: string
  userId: string
  /** The secret access key, sealed for this id. */
  sealedSecret: Buffer
  active: boolean
  createdAtMs: number
}

export type AccessKeys = {
  find(id: string): Promise<AccessKey | undefined>
  /** The eldest first. */
  list(userId: string): Promise<AccessKey[]>
  /**
   * False when the user has as many as there may be.
   * @throws {Refusal} entity.missing when the user is gone meanwhile
   */
  create(key: AccessKey, mostKeys: number): Promise<boolean>
  setActive(id: string, active: boolean): Promise<void>
  /** Of all users, by id. */
  listAll(): Promise<AccessKey[]>
  setSealedSecret(id: string, sealedSecret: Buffer): Promise<void>
  delete(id: string): Promise<void>
}

export function createAccessKeys({ db, catalogue, write }: Database): AccessKeys {
  const byId = catalogue.cache<AccessKey>('accessKey')
  return {
    find: id =>
      byId.get(id, async () => {
        const row = await db.selectFrom('access_keys').selectAll().where('id', '=', id).executeTakeFirst()
        return row && asKey(row)
      }),
    async list(userId) {
      const rows = await db
        .selectFrom('access_keys')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(asKey)
    },
    create: (key, mostKeys) =>
      insertReferring(() =>
        write([`accessKey:${key.id}`], async trx => {
          await lock(trx, key.userId)
          const { count } = await trx
            .selectFrom('access_keys')
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .where('user_id', '=', key.userId)
            .executeTakeFirstOrThrow()
          if (Number(count) >= mostKeys) return false
          await trx.insertInto('access_keys').values(asRow(key)).execute()
          return true
        }),
      ),
    async listAll() {
      return (await db.selectFrom('access_keys').selectAll().orderBy('id').execute()).map(asKey)
    },
    setSealedSecret: (id, sealedSecret) =>
      write([`accessKey:${id}`], async trx => {
        await trx
          .updateTable('access_keys')
          .set({ sealed_secret: sealedSecret })
          .where('id', '=', id)
          .execute()
      }),
    setActive: (id, active) =>
      write([`accessKey:${id}`], async trx => {
        await trx
          .updateTable('access_keys')
          .set({ active: active ? 1 : 0 })
          .where('id', '=', id)
          .execute()
      }),
    delete: id =>
      write([`accessKey:${id}`], async trx => {
        await trx.deleteFrom('access_keys').where('id', '=', id).execute()
      }),
  }
}

function asRow(key: AccessKey): Selectable<Schema['access_keys']> {
  return {
    id: key.id,
    user_id: key.userId,
    sealed_secret: key.sealedSecret,
    active: key.active ? 1 : 0,
    created_at_ms: key.createdAtMs,
  }
}

function asKey(row: Selectable<Schema['access_keys']>): AccessKey {
  return {
    id: row.id,
    userId: row.user_id,
    sealedSecret: Buffer.from(row.sealed_secret),
    active: row.active === 1,
    createdAtMs: row.created_at_ms,
  }
}
