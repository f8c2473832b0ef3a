import type { Transaction } from 'kysely'
import { Refusal } from '../base/refusal.ts'
import { insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import { dueForRotation } from './due-secrets.ts'
import { type Fence, requireLease } from './leases.ts'
import type { Schema } from './schema.ts'
import { createSecretAccesses, type SecretAccesses } from './secret-accesses.ts'
import { type ListedPage, listSecrets } from './secret-lists.ts'
import { asRow, asSecret, type ListedSecret, type Secret } from './secret-rows.ts'
import { type SecretVersion, smallVersionCache, versionRows, type WrappedVersion } from './secret-versions.ts'

export type { ListedPage, Place } from './secret-lists.ts'
export type { ListedSecret, RunningRotation, Secret, SecretRotation } from './secret-rows.ts'

/** What a secret becomes; a member that is there and undefined is taken away. */
export type SecretChange = Partial<Omit<Secret, 'id' | 'name' | 'createdAtMs'>>

export type Secrets = {
  find(id: string): Promise<Secret | undefined>
  /** As it is at this moment, whichever node changed it last. */
  findAnew(id: string): Promise<Secret | undefined>
  findByName(name: string): Promise<Secret | undefined>
  list(page: ListedPage): Promise<ListedSecret[]>
  /** @throws {Refusal} entity.exists */
  create(secret: Secret, version?: SecretVersion): Promise<void>
  /**
   * @param change sees it as it is, with the ids of its versions; it may throw, and then everything stays
   * @param fence of the lease under which it is done, where it is
   * @throws {Refusal} entity.missing
   * @throws {LeaseLost}
   */
  change(
    id: string,
    change: (secret: Secret, versions: ReadonlySet<string>) => SecretChange,
    fence?: Fence,
  ): Promise<Secret>
  /**
   * Adds a version, and makes the change that comes with it, both or none. Of too many versions the oldest go that no
   * stage is at.
   *
   * @throws {Refusal} entity.missing | entity.changed when such a version is there already
   * @throws {LeaseLost}
   */
  addVersion(
    id: string,
    version: SecretVersion,
    change: (secret: Secret) => SecretChange,
    fence?: Fence,
  ): Promise<Secret>
  /**
   * Takes a version away, with the change that leaves no stage at it.
   *
   * @throws {Refusal} entity.missing when the secret is not there
   * @throws {LeaseLost}
   */
  removeVersion(
    id: string,
    versionId: string,
    change: (secret: Secret) => SecretChange,
    fence?: Fence,
  ): Promise<void>
  /** Nothing of it is left. False when there was none. */
  delete(id: string): Promise<boolean>
  findVersion(secretId: string, versionId: string): Promise<SecretVersion | undefined>
  /** Oldest first, without their values. */
  versions(secretId: string): Promise<Omit<SecretVersion, 'sealedValue' | 'wrappedKey'>[]>
  accesses: SecretAccesses
  /** How many versions' keys are wrapped under what. */
  wrappings(): Promise<{ under: string; count: number }[]>
  /** Those whose keys are wrapped under something else than this, in the order of their ids. */
  wrappedElsewhere(under: string, most: number, after?: WrappedVersion): Promise<WrappedVersion[]>
  /** Puts another wrapping in the place of this one. False when this one is no longer there. */
  rewrap(version: WrappedVersion, anew: Pick<SecretVersion, 'wrappedKey' | 'wrappedUnder'>): Promise<boolean>
  /** Whose rotation is due and nobody's at this moment, the longest overdue first. */
  dueForRotation(nowMs: number, most: number): Promise<Secret[]>
  /** Takes away what was marked for deletion and has had its time. */
  prune(nowMs: number): Promise<void>
}

export function createSecrets({ db, catalogue, write }: Database): Secrets {
  const byId = catalogue.cache<Secret>('secret')
  const idByName = catalogue.cache<string>('secretName')
  const rows = versionRows(db, smallVersionCache(catalogue))
  const findAnew = async (id: string) => {
    const row = await db.selectFrom('secrets').selectAll().where('id', '=', id).executeTakeFirst()
    return row && asSecret(row)
  }
  const find = (id: string) => byId.get(id, () => findAnew(id))
  return {
    find,
    findAnew,
    async findByName(name) {
      const id = await idByName.get(name, async () => {
        const since = byId.moment()
        const row = await db.selectFrom('secrets').selectAll().where('name', '=', name).executeTakeFirst()
        if (row !== undefined) byId.put(row.id, asSecret(row), since)
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
    change: (id, change, fence) =>
      write([`secret:${id}`], async trx => {
        const secret = await lock(trx, id)
        await requireLease(trx, fence)
        const changed = { ...secret, ...change(secret, await rows.idsOf(trx, id)) }
        await trx.updateTable('secrets').set(asRow(changed)).where('id', '=', id).execute()
        return changed
      }),
    addVersion: (id, version, change, fence) =>
      write([`secret:${id}`, topicOf(id, version.id)], async trx => {
        const secret = await lock(trx, id)
        await requireLease(trx, fence)
        if ((await rows.idsOf(trx, id)).has(version.id)) throw new Refusal('entity.changed')
        const changed = { ...secret, ...change(secret) }
        await rows.insert(trx, id, version)
        await rows.dropDeprecated(trx, id, Object.values(changed.stages), version.createdAtMs)
        await trx.updateTable('secrets').set(asRow(changed)).where('id', '=', id).execute()
        return changed
      }),
    removeVersion: (id, versionId, change, fence) =>
      write([`secret:${id}`, topicOf(id, versionId)], async trx => {
        const secret = await lock(trx, id)
        await requireLease(trx, fence)
        const changed = { ...secret, ...change(secret) }
        await trx.updateTable('secrets').set(asRow(changed)).where('id', '=', id).execute()
        await rows.remove(trx, id, versionId)
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
    accesses: createSecretAccesses({ write }),
    wrappings: rows.wrappings,
    wrappedElsewhere: rows.wrappedElsewhere,
    rewrap: (version, anew) =>
      write([topicOf(version.secretId, version.id)], trx => rows.rewrap(trx, version, anew)),
    dueForRotation: (nowMs, most) => dueForRotation(db, nowMs, most),
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
