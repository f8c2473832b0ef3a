import type { Selectable } from 'kysely'
import { insertReferring, insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import type { Tags } from './principals.ts'
import type { Schema } from './schema.ts'

/** A virtual MFA device: an authenticator app that shares a seed with us. */
export type MfaDevice = {
  /** Its ARN. */
  serialNumber: string
  /** The seed, sealed for this serial number. */
  sealedSeed: Buffer
  tags: Tags
  createdAtMs: number
  /** Whose it is, once it is enabled. */
  userId?: string
  enabledAtMs?: number
}

export type MfaDevices = {
  find(serialNumber: string): Promise<MfaDevice | undefined>
  /** By serial number. */
  list(): Promise<MfaDevice[]>
  listOf(userId: string): Promise<MfaDevice[]>
  /** @throws {Refusal} entity.exists */
  create(device: MfaDevice): Promise<void>
  /** False when it is somebody's already. @throws {Refusal} entity.missing when the user is gone meanwhile */
  enable(serialNumber: string, userId: string, nowMs: number): Promise<boolean>
  disable(serialNumber: string): Promise<void>
  /** False when it is there no more, or somebody's. */
  delete(serialNumber: string): Promise<boolean>
  changeTags(serialNumber: string, change: (tags: Tags) => Tags): Promise<void>
  /** Nothing, when it is another than `before` by now. */
  setSealedSeed(serialNumber: string, before: Buffer, sealedSeed: Buffer): Promise<void>
  /** False when this step, or a later one, was taken before: also when two ask at once. */
  takeStep(serialNumber: string, step: number): Promise<boolean>
}

export function createMfaDevices({ db, write }: Database): MfaDevices {
  const all = () => db.selectFrom('mfa_devices').selectAll().orderBy('serial_number')
  return {
    async find(serialNumber) {
      const row = await all().where('serial_number', '=', serialNumber).executeTakeFirst()
      return row && asDevice(row)
    },
    async list() {
      return (await all().execute()).map(asDevice)
    },
    async listOf(userId) {
      return (await all().where('user_id', '=', userId).execute()).map(asDevice)
    },
    create: device =>
      insertUnique('MFADevice', device.serialNumber, () =>
        db
          .insertInto('mfa_devices')
          .values({
            serial_number: device.serialNumber,
            sealed_seed: device.sealedSeed,
            tags: JSON.stringify(device.tags),
            created_at_ms: device.createdAtMs,
          })
          .execute(),
      ),
    enable: (serialNumber, userId, nowMs) =>
      insertReferring(async () => {
        const { numUpdatedRows } = await db
          .updateTable('mfa_devices')
          .set({ user_id: userId, enabled_at_ms: nowMs })
          .where('serial_number', '=', serialNumber)
          .where('user_id', 'is', null)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    async disable(serialNumber) {
      await db
        .updateTable('mfa_devices')
        .set({ user_id: null, enabled_at_ms: null })
        .where('serial_number', '=', serialNumber)
        .execute()
    },
    async delete(serialNumber) {
      const { numDeletedRows } = await db
        .deleteFrom('mfa_devices')
        .where('serial_number', '=', serialNumber)
        .where('user_id', 'is', null)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
    changeTags: (serialNumber, change) =>
      write([], async trx => {
        const row = await trx
          .updateTable('mfa_devices')
          .set(({ ref }) => ({ tags: ref('tags') }))
          .where('serial_number', '=', serialNumber)
          .returning('tags')
          .executeTakeFirst()
        if (row === undefined) return
        const tags = JSON.stringify(change(JSON.parse(row.tags)))
        await trx.updateTable('mfa_devices').set({ tags }).where('serial_number', '=', serialNumber).execute()
      }),
    async setSealedSeed(serialNumber, before, sealedSeed) {
      await db
        .updateTable('mfa_devices')
        .set({ sealed_seed: sealedSeed })
        .where('serial_number', '=', serialNumber)
        .where('sealed_seed', '=', before)
        .execute()
    },
    async takeStep(serialNumber, step) {
      const { numUpdatedRows } = await db
        .updateTable('mfa_devices')
        .set({ last_step: step })
        .where('serial_number', '=', serialNumber)
        .where('last_step', '<', step)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
  }
}

function asDevice(row: Selectable<Schema['mfa_devices']>): MfaDevice {
  return {
    serialNumber: row.serial_number,
    sealedSeed: Buffer.from(row.sealed_seed),
    tags: JSON.parse(row.tags),
    createdAtMs: row.created_at_ms,
    ...(row.user_id === null ? {} : { userId: row.user_id }),
    ...(row.enabled_at_ms === null ? {} : { enabledAtMs: row.enabled_at_ms }),
  }
}
