import type { ExpressionBuilder, Kysely, Selectable, Transaction } from 'kysely'
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
    async noteAccess(trx: Transaction<Schema>, secretId: string, id: string, dayMs: number): Promise<void> {
      await trx
        .updateTable('secret_versions')
        .set({ accessed_on_ms: dayMs })
        .where('secret_id', '=', secretId)
        .where('id', '=', id)
        .where(isEarlier(dayMs))
        .execute()
    },
    async wrappedElsewhere(under: string, most: number) {
      const rows = await db
        .selectFrom('secret_versions')
        .selectAll()
        .where('wrapped_under', '!=', under)
        .orderBy('secret_id')
        .orderBy('id')
        .limit(most)
        .execute()
      return rows.map(row => ({ ...asVersion(row), secretId: row.secret_id }))
    },
    async rewrap(
      trx: Transaction<Schema>,
      secretId: string,
      { id, wrappedKey, wrappedUnder }: Pick<SecretVersion, 'id' | 'wrappedKey' | 'wrappedUnder'>,
    ): Promise<void> {
      await trx
        .updateTable('secret_versions')
        .set({ wrapped_key: wrappedKey, wrapped_under: wrappedUnder })
        .where('secret_id', '=', secretId)
        .where('id', '=', id)
        .execute()
    },
  }
}

/** Of two notes at once the later day stays, whichever comes last. */
export function isEarlier(dayMs: number) {
  return ({ eb, or }: ExpressionBuilder<Schema, 'secrets' | 'secret_versions'>) =>
    or([eb('accessed_on_ms', 'is', null), eb('accessed_on_ms', '<', dayMs)])
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
