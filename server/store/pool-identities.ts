import type { Insertable, Kysely, Transaction } from 'kysely'
import { Refusal } from '../base/refusal.ts'
import type { Database } from './database.ts'
import { inGroups } from './in-groups.ts'
import { createPoolIdentityNames, type PoolIdentityNames } from './pool-identity-names.ts'
import {
  addLogins,
  addNewLogins,
  findOwner,
  type Linking,
  loginsOf,
  type PoolLogin,
  refusingTaken,
} from './pool-logins.ts'
import type { Schema } from './schema.ts'

export type PoolIdentity = {
  id: string
  poolId: string
  /** Never had a login. */
  guest: boolean
  logins: readonly PoolLogin[]
  createdAtMs: number
  modifiedAtMs: number
}

/** `merged`: it is another name of an identity now. */
export type ListedIdentity = Omit<PoolIdentity, 'guest' | 'logins'> & { merged: boolean; providers: string[] }

/** Identities of pools. Never held in memory: there may be a million. */
export type PoolIdentities = PoolIdentityNames & {
  /** By its own id, or by that of one that was merged into it. */
  find(id: string): Promise<PoolIdentity | undefined>
  /** The ids of those whose logins these are, each once. */
  findOwners(poolId: string, logins: readonly PoolLogin[]): Promise<string[]>
  /** Without logins it is a guest's. @throws {Refusal} entity.exists when one of the logins is somebody's already */
  create(poolId: string, id: string, logins: readonly PoolLogin[], nowMs: number): Promise<void>
  /**
   * Linking twice is linking once.
   * @throws {Refusal} entity.exists for another's login, or a second person at one provider | entity.limit |
   *   entity.changed when the identity is gone, merged, or no guest's meanwhile
   */
  link(id: string, logins: readonly PoolLogin[], linking: Linking): Promise<void>
  /** All logins of one become the other's, and so does its id. @throws as `link` does */
  merge(from: string, into: string, linking: Linking): Promise<void>
  unlink(id: string, logins: readonly PoolLogin[], nowMs: number): Promise<void>
  /** With its other names. False when there was none. */
  delete(id: string): Promise<boolean>
  /** By id, after `after`. */
  list(
    poolId: string,
    page: { after: string | undefined; most: number; hideMerged: boolean },
  ): Promise<ListedIdentity[]>
  /** Some of those whose pool is gone; the rest the next time. */
  prune(): Promise<void>
}

const pruned = { batch: 1_000, batches: 50 }

export function createPoolIdentities({ db, write }: Database): PoolIdentities {
  const addGuest = inGroups<Insertable<Schema['pool_identities']>>(rows =>
    write([], async trx => {
      await trx.insertInto('pool_identities').values(rows).execute()
    }),
  )
  return {
    ...createPoolIdentityNames(db),
    async find(id) {
      const rows = await identityWithLogins(db, id)
      const [row] = rows
      if (row === undefined) return undefined
      return asIdentity(row.merged_into === null ? rows : await identityWithLogins(db, row.merged_into))
    },
    async findOwners(poolId, logins) {
      const rows = await Promise.all(logins.map(login => findOwner(db, poolId, login)))
      return [...new Set(rows.flatMap(row => row?.identity_id ?? []))]
    },
    create(poolId, id, logins, nowMs) {
      const guest = logins.length === 0 ? (1 as const) : (0 as const)
      const row = { id, pool_id: poolId, guest, merged_into: null }
      const stamped = { ...row, created_at_ms: nowMs, modified_at_ms: nowMs }
      if (guest === 1) return refusingTaken(() => addGuest(stamped))
      return refusingTaken(() =>
        write([], async trx => {
          await trx.insertInto('pool_identities').values(stamped).execute()
          await addLogins(trx, poolId, id, logins, nowMs)
        }),
      )
    },
    link: (id, logins, linking) =>
      refusingTaken(() =>
        write([], async trx => {
          const { poolId } = await lock(trx, id, { guestOnly: linking.guestOnly })
          await addNewLogins(trx, poolId, id, logins, linking)
        }),
      ),
    merge: (from, into, linking) =>
      write([], async trx => {
        // One order for everybody, so that two merges at once don't wait for each other in a circle.
        for (const id of [from, into].toSorted())
          await lock(trx, id, id === from ? { guestOnly: linking.guestOnly } : {})
        const { poolId } = await lock(trx, into)
        const moved = await loginsOf(trx, from)
        await trx.deleteFrom('pool_logins').where('identity_id', '=', from).execute()
        await addNewLogins(trx, poolId, into, moved, linking)
        await trx
          .updateTable('pool_identities')
          .set({ merged_into: into, modified_at_ms: linking.nowMs })
          .where(({ eb, or }) => or([eb('id', '=', from), eb('merged_into', '=', from)]))
          .execute()
      }),
    unlink: (id, logins, nowMs) =>
      write([], async trx => {
        const { poolId } = await lock(trx, id, { nowMs })
        for (const { provider, subject, demo } of logins) {
          await trx
            .deleteFrom('pool_logins')
            .where('pool_id', '=', poolId)
            .where('provider', '=', provider)
            .where('subject', '=', subject)
            .where('demo', '=', demo ? 1 : 0)
            .where('identity_id', '=', id)
            .execute()
        }
      }),
    delete: id =>
      write([], async trx => {
        await trx.deleteFrom('pool_identities').where('merged_into', '=', id).execute()
        const { numDeletedRows } = await trx
          .deleteFrom('pool_identities')
          .where('id', '=', id)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
    list: (poolId, page) => list(db, poolId, page),
    async prune() {
      for (const { id } of await db.selectFrom('deleted_pools').select('id').execute())
        await prunePool(db, id)
    },
  }
}

function identityWithLogins(db: Kysely<Schema>, id: string) {
  return db
    .selectFrom('pool_identities')
    .leftJoin('pool_logins', 'pool_logins.identity_id', 'pool_identities.id')
    .selectAll('pool_identities')
    .select(['provider', 'subject', 'demo'])
    .where('pool_identities.id', '=', id)
    .orderBy('linked_at_ms')
    .orderBy('provider')
    .orderBy('subject')
    .execute()
}

function asIdentity(rows: Awaited<ReturnType<typeof identityWithLogins>>): PoolIdentity | undefined {
  const [row] = rows
  if (row === undefined) return undefined
  return {
    id: row.id,
    poolId: row.pool_id,
    guest: row.guest === 1,
    logins: rows.flatMap(({ provider, subject, demo }) =>
      provider === null || subject === null ? [] : [{ provider, subject, demo: demo === 1 }],
    ),
    createdAtMs: row.created_at_ms,
    modifiedAtMs: row.modified_at_ms,
  }
}

/** Who changes the same identity at the same time waits, and sees what was done. */
async function lock(
  trx: Transaction<Schema>,
  id: string,
  { guestOnly = false, nowMs }: { guestOnly?: boolean | undefined; nowMs?: number } = {},
): Promise<{ poolId: string }> {
  const row = await trx
    .updateTable('pool_identities')
    .set(({ ref }) => (nowMs === undefined ? { id: ref('id') } : { modified_at_ms: nowMs }))
    .where('id', '=', id)
    .where('merged_into', 'is', null)
    .$if(guestOnly, query => query.where('guest', '=', 1))
    .returning('pool_id')
    .executeTakeFirst()
  if (row === undefined) throw new Refusal('entity.changed')
  return { poolId: row.pool_id }
}

async function list(
  db: Kysely<Schema>,
  poolId: string,
  { after, most, hideMerged }: Parameters<PoolIdentities['list']>[1],
): Promise<ListedIdentity[]> {
  const rows = await db
    .selectFrom('pool_identities')
    .selectAll()
    .where('pool_id', '=', poolId)
    .$if(after !== undefined, query => query.where('id', '>', after ?? ''))
    .$if(hideMerged, query => query.where('merged_into', 'is', null))
    .orderBy('id')
    .limit(most)
    .execute()
  return Promise.all(
    rows.map(async row => ({
      id: row.id,
      poolId,
      merged: row.merged_into !== null,
      providers: [...new Set((await loginsOf(db, row.id)).map(({ provider }) => provider))],
      createdAtMs: row.created_at_ms,
      modifiedAtMs: row.modified_at_ms,
    })),
  )
}

async function prunePool(db: Kysely<Schema>, poolId: string): Promise<void> {
  for (let n = 0; n < pruned.batches; n++) {
    const { numDeletedRows } = await db
      .deleteFrom('pool_identities')
      .where('id', 'in', query =>
        query.selectFrom('pool_identities').select('id').where('pool_id', '=', poolId).limit(pruned.batch),
      )
      .executeTakeFirst()
    if (numDeletedRows < BigInt(pruned.batch)) {
      await db.deleteFrom('deleted_pools').where('id', '=', poolId).execute()
      return
    }
  }
}
