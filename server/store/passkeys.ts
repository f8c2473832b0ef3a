import type { Selectable } from 'kysely'
import { insertReferring, insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** A WebAuthn credential of an own account. */
export type Passkey = {
  /** The credential's id, in base64url. */
  id: string
  subject: string
  /** What its owner calls it. */
  name: string
  /** COSE. */
  publicKey: Buffer
  counter: number
  /** Whether it may be copied to more devices than one. */
  synced: boolean
  transports: readonly string[]
  createdAtMs: number
  usedAtMs?: number
}

export type Passkeys = {
  find(id: string): Promise<Passkey | undefined>
  /** The eldest first. */
  listOf(subject: string): Promise<Passkey[]>
  /** @throws {Refusal} entity.exists | entity.missing when the account is gone meanwhile */
  create(passkey: Passkey): Promise<void>
  /**
   * Takes a signature's counter. False when it, or a later one, was taken before: a copy of the authenticator has signed
   * as well. Authenticators that don't count say 0 for ever.
   */
  takeCounter(id: string, counter: number, nowMs: number): Promise<boolean>
  rename(subject: string, id: string, name: string): Promise<boolean>
}

export function createPasskeys({ db }: Database): Passkeys {
  return {
    async find(id) {
      const row = await db.selectFrom('passkeys').selectAll().where('id', '=', id).executeTakeFirst()
      return row && asPasskey(row)
    },
    async listOf(subject) {
      const rows = await db
        .selectFrom('passkeys')
        .selectAll()
        .where('subject', '=', subject)
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(asPasskey)
    },
    create: passkey =>
      insertUnique('passkey', passkey.name, () =>
        insertReferring(() =>
          db
            .insertInto('passkeys')
            .values({
              id: passkey.id,
              subject: passkey.subject,
              name: passkey.name,
              public_key: passkey.publicKey,
              counter: passkey.counter,
              synced: passkey.synced ? 1 : 0,
              transports: JSON.stringify(passkey.transports),
              created_at_ms: passkey.createdAtMs,
              used_at_ms: passkey.usedAtMs ?? null,
            })
            .execute(),
        ),
      ),
    async takeCounter(id, counter, nowMs) {
      const { numUpdatedRows } = await db
        .updateTable('passkeys')
        .set({ counter, used_at_ms: nowMs })
        .where('id', '=', id)
        .where('counter', counter === 0 ? '=' : '<', counter)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async rename(subject, id, name) {
      const { numUpdatedRows } = await db
        .updateTable('passkeys')
        .set({ name })
        .where('subject', '=', subject)
        .where('id', '=', id)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
  }
}

function asPasskey(row: Selectable<Schema['passkeys']>): Passkey {
  return {
    id: row.id,
    subject: row.subject,
    name: row.name,
    publicKey: Buffer.from(row.public_key),
    counter: row.counter,
    synced: row.synced === 1,
    transports: JSON.parse(row.transports),
    createdAtMs: row.created_at_ms,
    ...(row.used_at_ms === null ? {} : { usedAtMs: row.used_at_ms }),
  }
}
