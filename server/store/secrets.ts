import type { Transaction } from 'kysely'
import { Refusal } from '../base/refusal.ts'
import { insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { type ListedPage, listSecrets } from './secret-lists.ts'
import { asRow, asSecret, type ListedSecret, type Secret } from './secret-rows.ts'
import { isEarlier, type SecretVersion, smallVersionCache, versionRows } from './secret-versions.ts'

export type { ListedPage, Place } from './secret-lists.ts'
export type { ListedSecret, Secret, SecretRotation } from './secret-rows.ts'

/** What a secret becomes; a member that is there and undefined is taken away. */
export type SecretChange = Partial<Omit<Secret, 'id' | 'name' | 'createdAtMs'>>

export type Secrets = {
  find(id: string): Promise<Secret | undefined>
  findByName(name: string): Promise<Secret | undefined>
  list(page: ListedPage): Promise<ListedSecret[]>
  /** @throws {Refusal} entity.exists */
  create(secret: Secret, version?: SecretVersion): Promise<void>
  /**
   * @param change sees it as it is, with the ids of its versions; it may throw, and then everything stays
   * @throws {Refusal} entity.missing
   */
  change(id: string, change: (secret: Secret, versions: ReadonlySet<string>) => SecretChange): Promise<Secret>
  /**
   * Adds a version, and makes the change that comes with it, both or none. Of too many versions the oldest go that no
   * stage is at.
   *
   * @throws {Refusal} entity.missing | entity.changed when such a version is there already
   */
  addVersion(id: string, version: SecretVersion, change: (secret: Secret) => SecretChange): Promise<Secret>
  /** Nothing of it is left. False when there was none. */
  delete(id: string): Promise<boolean>
  findVersion(secretId: string, versionId: string): Promise<SecretVersion | undefined>
  /** Oldest first, without their values. */
  versions(secretId: string): Promise<Omit<SecretVersion, 'sealedValue' | 'wrappedKey'>[]>
  /** Notes the day on which a value was given out. */
  noteAccess(secretId: string, versionId: string, dayMs: number): Promise<void>
  /** Those whose keys are wrapped under something else than this. */
  wrappedElsewhere(under: string, most: number): Promise<(SecretVersion & { secretId: string })[]>
  rewrap(secretId: string, version: Pick<SecretVersion, 'id' | 'wrappedKey' | 'wrappedUnder'>): Promise<void>
  /** Whose rotation is due, the longest overdue first. */
  dueForRotation(nowMs: number, most: number): Promise<Secret[]>
  /** Takes away what was marked for deletion and has had its time. */
  prune(nowMs: number): Promise<void>
}

export function createSecrets({ db, catalogue, write }: Database): Secrets {
  const byId = catalogue.cache<Secret>('secret')
  const idByName = catalogue.cache<string>('secretName')
  const rows = versionRows(db, smallVersionCache(catalogue))
  const find = (id: string) =>
    byId.get(id, async () => {
      const row = await db.selectFrom('secrets').selectAll().where('id', '=', id).executeTakeFirst()
      return row && asSecret(row)
    })
  return {
    find,
    async findByName(name) {
      const id = await idByName.get(name, async () => {
        const row = await db.selectFrom('secrets').select('id').where('name', '=', name).executeTakeFirst()
        return row?.id
      })
      return id === undefined ? undefined : find(id)
    },
    list: page => listSecrets(db, page),
    create: (secret, version) =>
      insertUnique('Secret', secret.name, () =>
        write(topicsOf(secret), async trx => {
          await trx.insertInto('secrets').values(asRow(secret)).execute()
          if (version !== undefined) await rows.insert(trx, secret.id, version)
        }),
      ),
    change: (id, change) =>
      write([`secret:${id}`], async trx => {
        const secret = await lock(trx, id)
        const changed = { ...secret, ...change(secret, await rows.idsOf(trx, id)) }
        await trx.updateTable('secrets').set(asRow(changed)).where('id', '=', id).execute()
        return changed
      }),
    addVersion: (id, version, change) =>
      write([`secret:${id}`, topicOf(id, version.id)], async trx => {
        const secret = await lock(trx, id)
        if ((await rows.idsOf(trx, id)).has(version.id)) throw new Refusal('entity.changed')
        const changed = { ...secret, ...change(secret) }
        await rows.insert(trx, id, version)
        await rows.dropDeprecated(trx, id, Object.values(changed.stages), version.createdAtMs)
        await trx.updateTable('secrets').set(asRow(changed)).where('id', '=', id).execute()
        return changed
      }),
    async delete(id) {
      const known = await find(id)
      return write(topicsOf({ id, name: known?.name ?? '' }), async trx => {
        const { numDeletedRows } = await trx.deleteFrom('secrets').where('id', '=', id).executeTakeFirst()
        return numDeletedRows > 0n
      })
    },
    findVersion: rows.find,
    versions: rows.list,
    noteAccess: createDayNotes((secretId, versionId, dayMs) =>
      write([`secret:${secretId}`, topicOf(secretId, versionId)], async trx => {
        const isNew = { accessed_on_ms: dayMs }
        await trx
          .updateTable('secrets')
          .set(isNew)
          .where('id', '=', secretId)
          .where(isEarlier(dayMs))
          .execute()
        await rows.noteAccess(trx, secretId, versionId, dayMs)
      }),
    ),
    wrappedElsewhere: rows.wrappedElsewhere,
    rewrap: (secretId, version) =>
      write([topicOf(secretId, version.id)], trx => rows.rewrap(trx, secretId, version)),
    async dueForRotation(nowMs, most) {
      const due = await db
        .selectFrom('secrets')
        .selectAll()
        .where('rotation_due_at_ms', '<=', nowMs)
        .where('deleted_at_ms', 'is', null)
        .orderBy('rotation_due_at_ms')
        .limit(most)
        .execute()
      return due.map(asSecret)
    },
    async prune(nowMs) {
      const gone = await db
        .selectFrom('secrets')
        .select(['id', 'name'])
        .where('purge_at_ms', '<=', nowMs)
        .execute()
      for (const secret of gone) {
        await write(topicsOf(secret), async trx => {
          // It may have been restored meanwhile.
          await trx
            .deleteFrom('secrets')
            .where('id', '=', secret.id)
            .where('purge_at_ms', '<=', nowMs)
            .execute()
        })
      }
    },
  }
}

type Note = (secretId: string, versionId: string, dayMs: number) => Promise<void>

/** A day's first readers come together, and one note is enough for them all. */
function createDayNotes(write: Note): Note {
  const inTheMaking = new Map<string, Promise<void>>()
  return (secretId, versionId, dayMs) => {
    const key = `${secretId} ${versionId} ${dayMs}`
    const note =
      inTheMaking.get(key) ?? write(secretId, versionId, dayMs).finally(() => inTheMaking.delete(key))
    inTheMaking.set(key, note)
    return note
  }
}

function topicOf(secretId: string, versionId: string): string {
  return `secretVersion:${secretId} ${versionId}`
}

function topicsOf({ id, name }: Pick<Secret, 'id' | 'name'>): string[] {
  return [`secret:${id}`, `secretName:${name}`]
}

/** Who changes the same secret at the same time waits, and sees what was done. */
async function lock(trx: Transaction<Schema>, id: string): Promise<Secret> {
  const row = await trx
    .updateTable('secrets')
    .set(({ ref }) => ({ id: ref('id') }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw new Refusal('entity.missing')
  return asSecret(row)
}
