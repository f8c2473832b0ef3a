import type { Selectable } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** A webhook that rotates secrets elsewhere. */
export type RegisteredRotator = {
  name: string
  url: string
  /** What its requests are signed with. */
  sealedSecret: Buffer
  createdAtMs: number
  changedAtMs: number
}

export type Rotators = {
  find(name: string): Promise<RegisteredRotator | undefined>
  /** By name. */
  list(): Promise<RegisteredRotator[]>
  /** In the place of the one that there was. */
  put(rotator: RegisteredRotator): Promise<void>
  /** Nothing, when it is another than `before` by now. */
  setSealedSecret(name: string, before: Buffer, sealedSecret: Buffer): Promise<void>
  /** False when there was none. */
  delete(name: string): Promise<boolean>
}

export function createRotators({ db, catalogue, write }: Database): Rotators {
  const byName = catalogue.cache<RegisteredRotator>('rotator')
  return {
    find: name =>
      byName.get(name, async () => {
        const row = await db.selectFrom('rotators').selectAll().where('name', '=', name).executeTakeFirst()
        return row && asRotator(row)
      }),
    async list() {
      return (await db.selectFrom('rotators').selectAll().orderBy('name').execute()).map(asRotator)
    },
    put: ({ name, url, sealedSecret, createdAtMs, changedAtMs }) =>
      write([`rotator:${name}`], async trx => {
        const row = {
          url,
          sealed_secret: sealedSecret,
          created_at_ms: createdAtMs,
          changed_at_ms: changedAtMs,
        }
        await trx
          .insertInto('rotators')
          .values({ name, ...row })
          .onConflict(conflict => conflict.column('name').doUpdateSet(row))
          .execute()
      }),
    setSealedSecret: (name, before, sealedSecret) =>
      write([`rotator:${name}`], async trx => {
        await trx
          .updateTable('rotators')
          .set({ sealed_secret: sealedSecret })
          .where('name', '=', name)
          .where('sealed_secret', '=', before)
          .execute()
      }),
    delete: name =>
      write([`rotator:${name}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('rotators')
          .where('name', '=', name)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

function asRotator(row: Selectable<Schema['rotators']>): RegisteredRotator {
  return {
    name: row.name,
    url: row.url,
    sealedSecret: Buffer.from(row.sealed_secret),
    createdAtMs: row.created_at_ms,
    changedAtMs: row.changed_at_ms,
  }
}
