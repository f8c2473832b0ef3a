import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Proofs that count once: what was shown is remembered for as long as it could be shown again. */
export type UsedProofs = {
  /**
   * False when it was used before: also when two show it at once, each to another node.
   * @param hash what stands for the proof; never the proof
   */
  use(hash: string, untilMs: number): Promise<boolean>
  isUsed(hash: string): Promise<boolean>
  prune(nowMs: number): Promise<void>
}

export function createUsedProofs(db: Kysely<Schema>): UsedProofs {
  return {
    async use(hash, untilMs) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('used_proofs')
        .values({ hash, expires_at_ms: untilMs })
        .onConflict(conflict => conflict.column('hash').doNothing())
        .executeTakeFirst()
      return (numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    async isUsed(hash) {
      const row = await db
        .selectFrom('used_proofs')
        .select('hash')
        .where('hash', '=', hash)
        .executeTakeFirst()
      return row !== undefined
    },
    async prune(nowMs) {
      await db.deleteFrom('used_proofs').where('expires_at_ms', '<=', nowMs).execute()
    },
  }
}
