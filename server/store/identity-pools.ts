import type { Selectable } from 'kysely'
import { Refusal } from '../base/refusal.ts'
import type { RoleMapping } from '../base/role-mapping.ts'
import type { Database } from './database.ts'
import type { Tags } from './principals.ts'
import type { Schema } from './schema.ts'

/** An identity pool: which logins it takes, and which roles it gives for them. */
export type IdentityPool = {
  /** `us-east-1:UUID` */
  id: string
  name: string
  settings: PoolSettings
  roles: PoolRoles
  /** By provider: what its claims become as session tags. */
  tagMaps: Readonly<Record<string, TagMap>>
  tags: Tags
  createdAtMs: number
}

export type PoolSettings = {
  allowGuests: boolean
  allowClassicFlow?: boolean | undefined
  /** Providers to the app's id there: `graph.facebook.com`, `accounts.google.com`. */
  loginProviders: Readonly<Record<string, string>>
  developerProvider?: string | undefined
  oidcProviderArns: readonly string[]
  userPools: readonly { name: string; clientId: string; serverSideCheck?: boolean | undefined }[]
  samlProviderArns: readonly string[]
}

export type PoolRoles = {
  authenticated?: string | undefined
  unauthenticated?: string | undefined
  /** By provider. */
  mappings: Readonly<Record<string, RoleMapping>>
}

export type TagMap = {
  useDefaults: boolean
  /** Tags to the claims that they are of. */
  tags: Readonly<Record<string, string>>
}

export type IdentityPools = {
  find(id: string): Promise<IdentityPool | undefined>
  /** By id, after `after`. */
  list(after: string | undefined, most: number): Promise<{ id: string; name: string }[]>
  create(pool: IdentityPool): Promise<void>
  /**
   * @param change what becomes of it; it may throw, and then it stays as it was
   * @throws {Refusal} entity.missing
   */
  change(
    id: string,
    change: (pool: IdentityPool) => Partial<Omit<IdentityPool, 'id' | 'createdAtMs'>>,
  ): Promise<IdentityPool>
  /** False when there was none. Its identities are nobody's from then on. */
  delete(id: string): Promise<boolean>
  count(): Promise<number>
}

export function createIdentityPools({ db, catalogue, write }: Database): IdentityPools {
  const byId = catalogue.cache<IdentityPool>('identityPool')
  return {
    find: id =>
      byId.get(id, async () => {
        const row = await db.selectFrom('identity_pools').selectAll().where('id', '=', id).executeTakeFirst()
        return row && asPool(row)
      }),
    list: (after, most) =>
      db
        .selectFrom('identity_pools')
        .select(['id', 'name'])
        .$if(after !== undefined, query => query.where('id', '>', after ?? ''))
        .orderBy('id')
        .limit(most)
        .execute(),
    create: pool =>
      write([`identityPool:${pool.id}`], async trx => {
        await trx.insertInto('identity_pools').values(asRow(pool)).execute()
      }),
    change: (id, change) =>
      write([`identityPool:${id}`], async trx => {
        // It locks the row, so that two changes at once are both made.
        const row = await trx
          .updateTable('identity_pools')
          .set(({ ref }) => ({ id: ref('id') }))
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) throw new Refusal('entity.missing', { said: missingPool(id) })
        const pool = asPool(row)
        const changed = { ...pool, ...change(pool) }
        await trx.updateTable('identity_pools').set(asRow(changed)).where('id', '=', id).execute()
        return changed
      }),
    delete: id =>
      write([`identityPool:${id}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('identity_pools')
          .where('id', '=', id)
          .executeTakeFirst()
        if (numDeletedRows === 0n) return false
        await trx.insertInto('deleted_pools').values({ id }).execute()
        return true
      }),
    async count() {
      const { many } = await db
        .selectFrom('identity_pools')
        .select(({ fn }) => fn.countAll().as('many'))
        .executeTakeFirstOrThrow()
      return Number(many)
    },
  }
}

/** In the words that AWS uses. */
export function missingPool(id: string): { message: string } {
  return { message: `IdentityPool '${id}' not found.` }
}

function asRow(pool: IdentityPool): Selectable<Schema['identity_pools']> {
  return {
    id: pool.id,
    name: pool.name,
    settings: JSON.stringify(pool.settings),
    roles: JSON.stringify(pool.roles),
    tag_maps: JSON.stringify(pool.tagMaps),
    tags: JSON.stringify(pool.tags),
    created_at_ms: pool.createdAtMs,
  }
}

function asPool(row: Selectable<Schema['identity_pools']>): IdentityPool {
  return {
    id: row.id,
    name: row.name,
    settings: JSON.parse(row.settings),
    roles: JSON.parse(row.roles),
    tagMaps: JSON.parse(row.tag_maps),
    tags: JSON.parse(row.tags),
    createdAtMs: row.created_at_ms,
  }
}
