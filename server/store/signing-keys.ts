import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** A private key at rest: PKCS#8 DER, sealed under the keyring and bound to its key id. */
export type SealedSigningKey = { kid: string; sealedKey: Buffer; createdAtMs: number }

export type SigningKeys = {
  /** Newest first. */
  list(): Promise<SealedSigningKey[]>
  /** Adds the first key of a slot; does nothing when another node already has, whose key is then in the list. */
  addFirst(slot: string, key: SealedSigningKey): Promise<void>
}

export function createSigningKeys(db: Kysely<Schema>): SigningKeys {
  return {
    async list() {
      const rows = await db.selectFrom('signing_keys').selectAll().orderBy('created_at_ms', 'desc').execute()
      return rows.map(row => ({
        kid: row.kid,
        sealedKey: Buffer.from(row.sealed_key),
        createdAtMs: row.created_at_ms,
      }))
    },
    async addFirst(slot, { kid, sealedKey, createdAtMs }) {
      await db.transaction().execute(async trx => {
        // Of two nodes at once the second waits here for the first one's commit.
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('settings')
          .values({ name: `signing-key:${slot}`, value: kid })
          .onConflict(conflict => conflict.column('name').doNothing())
          .executeTakeFirst()
        if (numInsertedOrUpdatedRows !== 1n) return
        await trx
          .insertInto('signing_keys')
          .values({ kid, sealed_key: sealedKey, created_at_ms: createdAtMs })
          .execute()
      })
    },
  }
}
