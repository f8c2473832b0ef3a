import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'
import { asListed, type ListedSecret } from './secret-rows.ts'

/** Between two secrets, in either order. */
export type Place = { createdAtMs: number; id: string; name: string }

export type ListedPage = {
  by?: 'creation' | 'name'
  after?: Place | undefined
  most: number
  /** From the last one on. */
  backwards?: boolean
}

/** One page, in an order that an index has. */
export async function listSecrets(
  db: Kysely<Schema>,
  { by = 'creation', after, most, backwards = false }: ListedPage,
): Promise<ListedSecret[]> {
  const [beyond, way] = backwards ? (['<', 'desc'] as const) : (['>', 'asc'] as const)
  const start = db.selectFrom('secrets').select(listed).limit(most)
  const query =
    by === 'name'
      ? start
          .$if(after !== undefined, from => from.where('name', beyond, after?.name ?? ''))
          .orderBy('name', way)
      : start
          .$if(after !== undefined, from =>
            from.where(({ eb, refTuple, tuple }) =>
              eb(refTuple('created_at_ms', 'id'), beyond, tuple(after?.createdAtMs ?? 0, after?.id ?? '')),
            ),
          )
          .orderBy('created_at_ms', way)
          .orderBy('id', way)
  return (await query.execute()).map(asListed)
}

const listed = [
  'id',
  'name',
  'description',
  'kms_key_id',
  'tags',
  'rotation',
  'rotation_due_at_ms',
  'stages',
  'created_at_ms',
  'changed_at_ms',
  'accessed_on_ms',
  'rotated_at_ms',
  'deleted_at_ms',
  'purge_at_ms',
] as const
