import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** A code that was sent by mail, without the code: what it is for, and what happens when it is typed back. */
export type AccountCode = {
  /** Random, and known to the browser that asked for it. */
  id: string
  purpose: string
  codeHash: string
  /** Whose account it is about, where there is one. */
  subject?: string
  data: string
}

export type AccountCodes = {
  add(code: AccountCode, bounds: { tries: number; expiresAtMs: number }): Promise<void>
  /** Takes one of its tries. Undefined when there is no such code, or none of its tries is left. */
  try(id: string, purpose: string, nowMs: number): Promise<AccountCode | undefined>
  /** False when it is gone: of two that show the right code at once, one has it. */
  take(id: string): Promise<boolean>
  deleteOf(subject: string): Promise<void>
  prune(nowMs: number): Promise<void>
}

export function createAccountCodes(db: Kysely<Schema>): AccountCodes {
  return {
    async add({ id, purpose, codeHash, subject, data }, { tries, expiresAtMs }) {
      await db
        .insertInto('account_codes')
        .values({
          id,
          purpose,
          code_hash: codeHash,
          subject: subject ?? null,
          data,
          tries_left: tries,
          expires_at_ms: expiresAtMs,
        })
        .execute()
    },
    async try(id, purpose, nowMs) {
      const row = await db
        .updateTable('account_codes')
        .set(({ eb }) => ({ tries_left: eb('tries_left', '-', 1) }))
        .where('id', '=', id)
        .where('purpose', '=', purpose)
        .where('tries_left', '>', 0)
        .where('expires_at_ms', '>', nowMs)
        .returningAll()
        .executeTakeFirst()
      return (
        row && {
          id,
          purpose,
          codeHash: row.code_hash,
          ...(row.subject === null ? {} : { subject: row.subject }),
          data: row.data,
        }
      )
    },
    async take(id) {
      const { numDeletedRows } = await db.deleteFrom('account_codes').where('id', '=', id).executeTakeFirst()
      return numDeletedRows > 0n
    },
    async deleteOf(subject) {
      await db.deleteFrom('account_codes').where('subject', '=', subject).execute()
    },
    async prune(nowMs) {
      await db.deleteFrom('account_codes').where('expires_at_ms', '<=', nowMs).execute()
    },
  }
}
