import type { Insertable, Selectable, Transaction } from 'kysely'
import { insertReferring } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

export type PrincipalKind = Schema['principals']['kind']
export type Tags = Readonly<Record<string, string>>

/** What roles, users and groups have alike. */
export type Principal = {
  /** `AROA...`, `AIDA...` or `AGPA...` */
  id: string
  name: string
  /** It begins and ends with a slash. */
  path: string
  tags: Tags
  createdAtMs: number
  /** The id of the managed policy that is its permissions boundary. Groups have none. */
  boundaryId?: string
}

export type Principals = {
  /** @param change what the tags become; it may throw, and then they stay */
  changeTags(kind: PrincipalKind, principal: Principal, change: (tags: Tags) => Tags): Promise<void>
  /** Without a policy's id the boundary is taken away. */
  setBoundary(kind: PrincipalKind, principal: Principal, policyId: string | undefined): Promise<void>
  /** Those that have this policy for their boundary. */
  listBounded(policyId: string): Promise<(Principal & { kind: PrincipalKind })[]>
}

export function createPrincipals({ db, write }: Database): Principals {
  return {
    changeTags: (kind, principal, change) =>
      write(topicsOf(kind, principal), async trx => {
        const row = await lock(trx, principal.id)
        if (row === undefined) return
        const tags = JSON.stringify(change(JSON.parse(row.tags)))
        await trx.updateTable('principals').set({ tags }).where('id', '=', principal.id).execute()
      }),
    setBoundary: (kind, principal, policyId) =>
      insertReferring(() =>
        write(topicsOf(kind, principal), async trx => {
          await trx
            .updateTable('principals')
            .set({ boundary_id: policyId ?? null })
            .where('id', '=', principal.id)
            .execute()
        }),
      ),
    async listBounded(policyId) {
      const rows = await db
        .selectFrom('principals')
        .selectAll()
        .where('boundary_id', '=', policyId)
        .orderBy('name_key')
        .execute()
      return rows.map(row => ({ ...asPrincipal(row), kind: row.kind }))
    },
  }
}

/** What must be forgotten when a principal's own row changes. */
export function topicsOf(kind: PrincipalKind, { id, name }: { id: string; name: string }): string[] {
  return [`${kind}:${name}`, `${kind}Id:${id}`]
}

/** Who comes at the same time waits for the end of the transaction, and sees what it did. */
export function lock(trx: Transaction<Schema>, id: string) {
  return trx
    .updateTable('principals')
    .set(({ ref }) => ({ id: ref('id') }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

export function asPrincipalRow(
  kind: PrincipalKind,
  { id, name, path, tags, createdAtMs, boundaryId }: Principal,
): Insertable<Schema['principals']> {
  return {
    id,
    kind,
    name,
    name_key: name.toLowerCase(),
    path,
    tags: JSON.stringify(tags),
    created_at_ms: createdAtMs,
    boundary_id: boundaryId ?? null,
  }
}

export function asPrincipal(row: Selectable<Schema['principals']>): Principal {
  return {
    id: row.id,
    name: row.name,
    path: row.path,
    tags: JSON.parse(row.tags),
    createdAtMs: row.created_at_ms,
    ...(row.boundary_id === null ? {} : { boundaryId: row.boundary_id }),
  }
}
