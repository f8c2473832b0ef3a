import type { Transaction } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** What a holder shows to prove that nobody else has taken the lease since. */
export type Fence = { name: string; holder: string; fence: number }

/** Somebody else has the lease by now, and whatever was to be done under it is theirs. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

/** Who may do a thing, of several nodes that could, until when. */
export type Leases = {
  /** Undefined while somebody else has it. */
  take(lease: { name: string; holder: string }, nowMs: number, untilMs: number): Promise<Fence | undefined>
  /** False when it is somebody else's by now. One that ran out and that nobody took goes on. */
  renew(fence: Fence, untilMs: number): Promise<boolean>
  /** Anybody may take it from now on, and what is still under way under it writes nothing any more. */
  release(fence: Fence): Promise<void>
  /** Forgets those that ran out long ago. */
  prune(nowMs: number): Promise<void>
}

const nobody = ''
const keptMs = 24 * 3_600_000

export function createLeases({ write }: Database): Leases {
  const set = (fence: Fence, values: { until_ms: number; holder?: string }) =>
    write([], async trx => {
      const { numUpdatedRows } = await trx
        .updateTable('leases')
        .set(values)
        .where('name', '=', fence.name)
        .where('holder', '=', fence.holder)
        .where('fence', '=', fence.fence)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    })
  return {
    take: ({ name, holder }, nowMs, untilMs) =>
      write([], async trx => {
        const row = await trx
          .insertInto('leases')
          .values({ name, holder, fence: 1, until_ms: untilMs })
          .onConflict(conflict =>
            conflict
              .column('name')
              .doUpdateSet(({ eb, ref }) => ({
                holder,
                fence: eb(ref('leases.fence'), '+', 1),
                until_ms: untilMs,
              }))
              .where('leases.until_ms', '<=', nowMs),
          )
          .returning('fence')
          .executeTakeFirst()
        return row && { name, holder, fence: row.fence }
      }),
    renew: (fence, untilMs) => set(fence, { until_ms: untilMs }),
    async release(fence) {
      await set(fence, { until_ms: 0, holder: nobody })
    },
    async prune(nowMs) {
      await write([], async trx => {
        await trx
          .deleteFrom('leases')
          .where('until_ms', '<=', nowMs - keptMs)
          .execute()
      })
    },
  }
}

/**
 * Within a transaction: whoever takes the lease waits until it is over, or was before it.
 *
 * @throws {LeaseLost}
 */
export async function requireLease(trx: Transaction<Schema>, fence: Fence | undefined): Promise<void> {
  if (fence === undefined) return
  const row = await trx
    .updateTable('leases')
    .set(({ ref }) => ({ fence: ref('fence') }))
    .where('name', '=', fence.name)
    .where('holder', '=', fence.holder)
    .where('fence', '=', fence.fence)
    .returning('name')
    .executeTakeFirst()
  if (row === undefined) throw new LeaseLost(fence.name)
}
