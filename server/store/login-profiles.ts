import type { Selectable } from 'kysely'
import { insertReferring, insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** A user's password. */
export type LoginProfile = {
  userId: string
  /** What the password is verified against. */
  hash: string
  /** Of the passwords before it, the newest first. */
  earlierHashes: readonly string[]
  /** Whether the user must choose another one at the next sign-in. */
  resetRequired: boolean
  createdAtMs: number
  /** When the password was last set. */
  changedAtMs: number
}

export type LoginProfiles = {
  find(userId: string): Promise<LoginProfile | undefined>
  /**
   * @param userName for the refusal to say
   * @throws {Refusal} entity.exists | entity.missing when the user is gone meanwhile
   */
  create(profile: LoginProfile, userName: string): Promise<void>
  /** False when it has changed since `before` was read, or is gone. */
  replace(before: LoginProfile, profile: LoginProfile): Promise<boolean>
  /** False when there was none. */
  delete(userId: string): Promise<boolean>
}

export function createLoginProfiles({ db }: Database): LoginProfiles {
  return {
    async find(userId) {
      const row = await db
        .selectFrom('login_profiles')
        .selectAll()
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return row && asProfile(row)
    },
    create: (profile, userName) =>
      insertUnique('Login Profile', userName, () =>
        insertReferring(() => db.insertInto('login_profiles').values(asRow(profile)).execute()),
      ),
    async replace(before, profile) {
      const { numUpdatedRows } = await db
        .updateTable('login_profiles')
        .set(asRow(profile))
        .where('user_id', '=', before.userId)
        .where('hash', '=', before.hash)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async delete(userId) {
      const { numDeletedRows } = await db
        .deleteFrom('login_profiles')
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
  }
}

function asRow(profile: LoginProfile): Selectable<Schema['login_profiles']> {
  return {
    user_id: profile.userId,
    hash: profile.hash,
    earlier_hashes: JSON.stringify(profile.earlierHashes),
    reset_required: profile.resetRequired ? 1 : 0,
    created_at_ms: profile.createdAtMs,
    changed_at_ms: profile.changedAtMs,
  }
}

function asProfile(row: Selectable<Schema['login_profiles']>): LoginProfile {
  return {
    userId: row.user_id,
    hash: row.hash,
    earlierHashes: JSON.parse(row.earlier_hashes),
    resetRequired: row.reset_required === 1,
    createdAtMs: row.created_at_ms,
    changedAtMs: row.changed_at_ms,
  }
}
