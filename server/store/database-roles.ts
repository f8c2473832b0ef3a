import type { Selectable } from 'kysely'
import { deleteFree } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** How a database's users are made on request. */
export type DatabaseRole = {
  name: string
  /** Of the kinds that there are. */
  engine: string
  /** Whose rights make and drop them: a secret's id. */
  masterSecretId: string
  statements: { creation: readonly string[]; renewal: readonly string[]; revocation: readonly string[] }
  defaultSeconds: number
  maxSeconds: number
  /** How many users there may be at once. */
  mostLeases: number
  description?: string | undefined
  createdAtMs: number
  changedAtMs: number
}

export type DatabaseRoles = {
  find(name: string): Promise<DatabaseRole | undefined>
  /** By name. */
  list(page: { after?: string | undefined; most: number }): Promise<DatabaseRole[]>
  /** In the place of the one that there was, whose creation stays when it was. */
  put(role: DatabaseRole): Promise<void>
  /**
   * False when there was none.
   * @throws {Refusal} entity.inUse while there are leases
   */
  delete(name: string): Promise<boolean>
}

export function createDatabaseRoles({ db, catalogue, write }: Database): DatabaseRoles {
  const byName = catalogue.cache<DatabaseRole>('databaseRole')
  return {
    find: name =>
      byName.get(name, async () => {
        const row = await db
          .selectFrom('database_roles')
          .selectAll()
          .where('name', '=', name)
          .executeTakeFirst()
        return row && asRole(row)
      }),
    async list({ after = '', most }) {
      const rows = await db
        .selectFrom('database_roles')
        .selectAll()
        .where('name', '>', after)
        .orderBy('name')
        .limit(most)
        .execute()
      return rows.map(asRole)
    },
    put: role =>
      write([`databaseRole:${role.name}`], async trx => {
        const { name, created_at_ms, ...row } = asRow(role)
        await trx
          .insertInto('database_roles')
          .values({ name, created_at_ms, ...row })
          .onConflict(conflict => conflict.column('name').doUpdateSet(row))
          .execute()
      }),
    async delete(name) {
      let isGone = false
      await deleteFree(() =>
        write([`databaseRole:${name}`], async trx => {
          const { numDeletedRows } = await trx
            .deleteFrom('database_roles')
            .where('name', '=', name)
            .executeTakeFirst()
          isGone = numDeletedRows > 0n
        }),
      )
      return isGone
    },
  }
}

function asRow(role: DatabaseRole): Selectable<Schema['database_roles']> {
  return {
    name: role.name,
    engine: role.engine,
    master_secret_id: role.masterSecretId,
    statements: JSON.stringify(role.statements),
    default_seconds: role.defaultSeconds,
    max_seconds: role.maxSeconds,
    most_leases: role.mostLeases,
    description: role.description ?? null,
    created_at_ms: role.createdAtMs,
    changed_at_ms: role.changedAtMs,
  }
}

function asRole(row: Selectable<Schema['database_roles']>): DatabaseRole {
  return {
    name: row.name,
    engine: row.engine,
    masterSecretId: row.master_secret_id,
    statements: JSON.parse(row.statements),
    defaultSeconds: Number(row.default_seconds),
    maxSeconds: Number(row.max_seconds),
    mostLeases: Number(row.most_leases),
    ...(row.description === null ? {} : { description: row.description }),
    createdAtMs: Number(row.created_at_ms),
    changedAtMs: Number(row.changed_at_ms),
  }
}
