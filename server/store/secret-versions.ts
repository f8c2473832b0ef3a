import type { Kysely, Selectable, Transaction } from 'kysely'
import { Refusal } from '../base/refusal.ts'
import type { Catalogue } from './catalogue.ts'
import type { Schema } from './schema.ts'

/** One value of a secret, as it rests. */
export type SecretVersion = {
  /** The ClientRequestToken that it was made with. */
  id: string
  kind: 'string' | 'binary'
  /** The data key that seals the value, itself wrapped; and under which master key it is. */
  wrappedKey: Buffer
  wrappedUnder: string
  sealedValue: Buffer
  createdAtMs: number
  accessedOnMs?: number
}

/** What opens a version, without its value. */
export type WrappedVersion = Pick<SecretVersion, 'id' | 'wrappedKey' | 'wrappedUnder'> & { secretId: string }

/** @see AWS Secrets Manager User Guide, "Quotas": versions of a secret, and how young ones are kept */
const mostVersions = 100
/** With those of the last day. Each new one looks at them all, and somebody who writes without end would fill the disk. */
const mostInAll = 500
const keptMs = 24 * 3_600_000
/** Larger values are read anew each time: a cache that counts entries must bound their size. */
const largestCached = 4_096

type Cache = {
  get(key: string, load: () => Promise<SecretVersion | undefined>): Promise<SecretVersion | undefined>
}

/** Keeps versions whose values are small; of the others only that they are there. */
export function smallVersionCache(catalogue: Catalogue): Cache {
  const cache = catalogue.cache<{ version?: SecretVersion }>('secretVersion')
  return {
    async get(key, load) {
      const kept = await cache.get(key, async () => {
        const version = await load()
        if (version === undefined) return undefined
        return version.sealedValue.length <= largestCached ? { version } : {}
      })
      return kept && (kept.version ?? load())
    },
  }
}

export function versionRows(db: Kysely<Schema>, cache: Cache) {
  return {
    find: (secretId: string, id: string) =>
      cache.get(`${secretId} ${id}`, async () => {
        const row = await db
          .selectFrom('secret_versions')
          .selectAll()
          .where('secret_id', '=', secretId)
          .where('id', '=', id)
          .executeTakeFirst()
        return row && asVersion(row)
      }),
    async list(secretId: string) {
      const rows = await db
        .selectFrom('secret_versions')
        .select(['id', 'kind', 'wrapped_under', 'created_at_ms', 'accessed_on_ms'])
        .where('secret_id', '=', secretId)
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(outlineOf)
    },
    async idsOf(trx: Transaction<Schema>, secretId: string): Promise<ReadonlySet<string>> {
      const rows = await trx
        .selectFrom('secret_versions')
        .select('id')
        .where('secret_id', '=', secretId)
        .execute()
      return new Set(rows.map(({ id }) => id))
    },
    async insert(trx: Transaction<Schema>, secretId: string, version: SecretVersion): Promise<void> {
      await trx
        .insertInto('secret_versions')
        .values({
          secret_id: secretId,
          id: version.id,
          kind: version.kind,
          wrapped_key: version.wrappedKey,
          wrapped_under: version.wrappedUnder,
          sealed_value: version.sealedValue,
          created_at_ms: version.createdAtMs,
          accessed_on_ms: null,
        })
        .execute()
    },
    async remove(trx: Transaction<Schema>, secretId: string, id: string): Promise<void> {
      await trx.deleteFrom('secret_versions').where('secret_id', '=', secretId).where('id', '=', id).execute()
    },
    /**
     * Of the versions that no stage is at, the oldest go when there are too many.
     *
     * @throws {Refusal} entity.limit when too many are left
     */
    async dropDeprecated(
      trx: Transaction<Schema>,
      secretId: string,
      staged: readonly string[],
      nowMs: number,
    ): Promise<void> {
      const rows = await trx
        .selectFrom('secret_versions')
        .select(['id', 'created_at_ms'])
        .where('secret_id', '=', secretId)
        .orderBy('created_at_ms', 'desc')
        .execute()
      const dropped = rows
        .slice(mostVersions)
        .filter(({ id, created_at_ms: at }) => !staged.includes(id) && at < nowMs - keptMs)
      if (rows.length - dropped.length > mostInAll) {
        const message = `A secret can have at most ${mostInAll} versions. Those without stages go a day after they were made.`
        throw new Refusal('entity.limit', { said: { message } })
      }
      if (dropped.length === 0) return
      await trx
        .deleteFrom('secret_versions')
        .where('secret_id', '=', secretId)
        .where(
          'id',
          'in',
          dropped.map(({ id }) => id),
        )
        .execute()
    },
    async wrappings() {
      const rows = await db
        .selectFrom('secret_versions')
        .select(['wrapped_under', ({ fn }) => fn.countAll<number>().as('count')])
        .groupBy('wrapped_under')
        .orderBy('wrapped_under')
        .execute()
      return rows.map(row => ({ under: row.wrapped_under, count: Number(row.count) }))
    },
    async wrappedElsewhere(under: string, most: number, after?: WrappedVersion): Promise<WrappedVersion[]> {
      const rows = await db
        .selectFrom('secret_versions')
        .select(['secret_id', 'id', 'wrapped_key', 'wrapped_under'])
        .where('wrapped_under', '!=', under)
        .$if(after !== undefined, query => {
          const { secretId, id } = after ?? { secretId: '', id: '' }
          return query.where(({ eb, and, or }) =>
            or([eb('secret_id', '>', secretId), and([eb('secret_id', '=', secretId), eb('id', '>', id)])]),
          )
        })
        .orderBy('secret_id')
        .orderBy('id')
        .limit(most)
        .execute()
      return rows.map(row => ({
        secretId: row.secret_id,
        id: row.id,
        wrappedKey: Buffer.from(row.wrapped_key),
        wrappedUnder: row.wrapped_under,
      }))
    },
    async rewrap(
      trx: Transaction<Schema>,
      { secretId, id, wrappedKey: before }: WrappedVersion,
      { wrappedKey, wrappedUnder }: Pick<SecretVersion, 'wrappedKey' | 'wrappedUnder'>,
    ): Promise<boolean> {
      const { numUpdatedRows } = await trx
        .updateTable('secret_versions')
        .set({ wrapped_key: wrappedKey, wrapped_under: wrappedUnder })
        .where('secret_id', '=', secretId)
        .where('id', '=', id)
        // Another node may have come first, or the secret be gone and made anew with the same token.
        .where('wrapped_key', '=', before)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
  }
}

type Row = Selectable<Schema['secret_versions']>

function outlineOf(row: Omit<Row, 'secret_id' | 'wrapped_key' | 'sealed_value'>) {
  return {
    id: row.id,
    kind: row.kind,
    wrappedUnder: row.wrapped_under,
    createdAtMs: row.created_at_ms,
    ...(row.accessed_on_ms === null ? {} : { accessedOnMs: row.accessed_on_ms }),
  }
}

function asVersion(row: Row): SecretVersion {
  return {
    ...outlineOf(row),
    wrappedKey: Buffer.from(row.wrapped_key),
    sealedValue: Buffer.from(row.sealed_value),
  }
}
