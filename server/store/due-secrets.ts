import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'
import { asSecret, type Secret } from './secret-rows.ts'

/** The lease under which a secret is rotated. */
export function rotationLease(secretId: string): string {
  return `rotation:${secretId}`
}

/** Whose rotation is due and nobody's at this moment, the longest overdue first. */
export async function dueForRotation(db: Kysely<Schema>, nowMs: number, most: number): Promise<Secret[]> {
  const due = await db
    .selectFrom('secrets')
    .selectAll()
    .where('rotation_due_at_ms', '<=', nowMs)
    .where('deleted_at_ms', 'is', null)
    // Else those that other nodes are at would hide all that wait behind them.
    .where(({ not, exists, selectFrom, val, ref }) =>
      not(
        exists(
          selectFrom('leases')
            .select('leases.name')
            .where('leases.name', '=', sql<string>`${val(rotationLease(''))} || ${ref('secrets.id')}`)
            .where('leases.until_ms', '>', nowMs),
        ),
      ),
    )
    .orderBy('rotation_due_at_ms')
    .limit(most)
    .execute()
  return due.map(asSecret)
}
