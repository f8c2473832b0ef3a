import type { Selectable } from 'kysely'
import { Refusal } from '../base/refusal.ts'
import { insertReferring } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/**
 * A user in a database for a time. `beginning`: it may be there or not, and is dropped soon unless it becomes `active`;
 * `ending`: it is to be dropped, and nothing revives it.
 */
export type DatabaseLease = {
  id: string
  roleName: string
  username: string
  /** `host:port` of the server where they are. */
  place: string
  state: 'beginning' | 'active' | 'ending'
  /** `aws:userid` of who took it. */
  holder: string
  holderArn: string
  /** By what session it was taken, as a JSON document. */
  session?: string | undefined
  createdAtMs: number
  expiresAtMs: number
  maxExpiresAtMs: number
  /** When its user is to be dropped, or that is to be tried again. */
  dueAtMs: number
  failures: number
}

export type DatabaseLeases = {
  find(id: string): Promise<DatabaseLease | undefined>
  /** By id. Of one role, where it is given; those that are active alone, where that is asked. */
  list(page: {
    roleName?: string
    activeOnly?: true
    after?: string | undefined
    most: number
  }): Promise<DatabaseLease[]>
  /**
   * @param most how many leases of the role there may be at once
   * @throws {Refusal} entity.missing when the role is gone | entity.limit
   */
  begin(lease: DatabaseLease, most: number): Promise<void>
  /** From `beginning` or `active` to `active` until then. False when it is neither any more. */
  activate(id: string, expiresAtMs: number): Promise<boolean>
  /**
   * To `ending`, due at once where it was active. One that is beginning is due when it was anyway, since its user may be
   * made after they were looked for in vain. False when there is no such lease.
   */
  end(id: string, nowMs: number): Promise<boolean>
  /** For who knows that nobody is at it any more: all that were beginning are to be dropped at once. */
  endBegun(nowMs: number): Promise<void>
  /** What is due, the longest overdue first. */
  due(nowMs: number, most: number): Promise<DatabaseLease[]>
  /**
   * Takes one that is due to drop its user: it is `ending` from then on, and nobody else's until `untilMs`.
   * @returns false when somebody else was faster
   */
  claim(lease: DatabaseLease, untilMs: number): Promise<boolean>
  /** Dropping failed: when to try again. */
  postpone(id: string, dueAtMs: number): Promise<void>
  /** Its user is gone. */
  delete(id: string): Promise<void>
}

export function createDatabaseLeases({ db, write }: Database): DatabaseLeases {
  return {
    async find(id) {
      const row = await db.selectFrom('database_leases').selectAll().where('id', '=', id).executeTakeFirst()
      return row && asLease(row)
    },
    async list({ roleName, activeOnly, after = '', most }) {
      const rows = await db
        .selectFrom('database_leases')
        .selectAll()
        .where('id', '>', after)
        .$if(roleName !== undefined, query => query.where('role_name', '=', roleName ?? ''))
        .$if(activeOnly === true, query => query.where('state', '=', 'active'))
        .orderBy('id')
        .limit(most)
        .execute()
      return rows.map(asLease)
    },
    begin: (lease, most) =>
      insertReferring(() =>
        write([], async trx => {
          // Who begins another at the same time waits here, and counts this one.
          await trx
            .updateTable('database_roles')
            .set(({ ref }) => ({ name: ref('name') }))
            .where('name', '=', lease.roleName)
            .execute()
          const { count } = await trx
            .selectFrom('database_leases')
            .select(({ fn }) => fn.countAll<string | number>().as('count'))
            .where('role_name', '=', lease.roleName)
            .executeTakeFirstOrThrow()
          if (Number(count) >= most) {
            throw new Refusal('entity.limit', {
              said: { message: 'The role has as many leases as it may have.' },
            })
          }
          await trx.insertInto('database_leases').values(asRow(lease)).execute()
        }),
      ),
    async activate(id, expiresAtMs) {
      const { numUpdatedRows } = await db
        .updateTable('database_leases')
        .set({ state: 'active', expires_at_ms: expiresAtMs, due_at_ms: expiresAtMs, failures: 0 })
        .where('id', '=', id)
        .where('state', '<>', 'ending')
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async end(id, nowMs) {
      const { numUpdatedRows } = await db
        .updateTable('database_leases')
        .set(({ eb, ref }) => ({
          state: 'ending',
          due_at_ms: eb.case().when('state', '=', 'active').then(nowMs).else(ref('due_at_ms')).end(),
        }))
        .where('id', '=', id)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async endBegun(nowMs) {
      await db
        .updateTable('database_leases')
        .set({ state: 'ending', due_at_ms: nowMs })
        .where('state', '=', 'beginning')
        .execute()
    },
    async due(nowMs, most) {
      const rows = await db
        .selectFrom('database_leases')
        .selectAll()
        .where('due_at_ms', '<=', nowMs)
        .orderBy('due_at_ms')
        .limit(most)
        .execute()
      return rows.map(asLease)
    },
    async claim({ id, dueAtMs, failures }, untilMs) {
      const { numUpdatedRows } = await db
        .updateTable('database_leases')
        .set({ state: 'ending', due_at_ms: untilMs, failures: failures + 1 })
        .where('id', '=', id)
        .where('due_at_ms', '=', dueAtMs)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async postpone(id, dueAtMs) {
      await db.updateTable('database_leases').set({ due_at_ms: dueAtMs }).where('id', '=', id).execute()
    },
    async delete(id) {
      await db.deleteFrom('database_leases').where('id', '=', id).execute()
    },
  }
}

function asRow(lease: DatabaseLease): Selectable<Schema['database_leases']> {
  return {
    id: lease.id,
    role_name: lease.roleName,
    username: lease.username,
    place: lease.place,
    state: lease.state,
    holder: lease.holder,
    holder_arn: lease.holderArn,
    session: lease.session ?? null,
    created_at_ms: lease.createdAtMs,
    expires_at_ms: lease.expiresAtMs,
    max_expires_at_ms: lease.maxExpiresAtMs,
    due_at_ms: lease.dueAtMs,
    failures: lease.failures,
  }
}

function asLease(row: Selectable<Schema['database_leases']>): DatabaseLease {
  return {
    id: row.id,
    roleName: row.role_name,
    username: row.username,
    place: row.place,
    state: row.state,
    holder: row.holder,
    holderArn: row.holder_arn,
    ...(row.session === null ? {} : { session: row.session }),
    createdAtMs: Number(row.created_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    maxExpiresAtMs: Number(row.max_expires_at_ms),
    dueAtMs: Number(row.due_at_ms),
    failures: Number(row.failures),
  }
}
