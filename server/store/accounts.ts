import type { Kysely, Selectable } from 'kysely'
import { insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** Somebody with a password or a passkey here. */
export type Account = {
  /** Random, and never given to anybody else. */
  subject: string
  /** As its owner wrote it. */
  email: string
  /** By which it is found, and which nobody else has. */
  emailKey: string
  name?: string
  /** Absent where passkeys alone let somebody in. */
  passwordHash?: string
  createdAtMs: number
  changedAtMs: number
  /** The seed of their authenticator app, sealed for this subject. */
  sealedTotp?: Buffer
}

/** `null` takes away. */
export type AccountChange = {
  email?: { email: string; emailKey: string }
  passwordHash?: string | null
  /** With the step of the code that showed it to be the app's. */
  totp?: { sealedSeed: Buffer; step: number } | null
  /** The id of one that goes, in the same step: whoever counted the rest counted right. */
  removedPasskey?: string
}

export type Accounts = {
  find(subject: string): Promise<Account | undefined>
  findByEmail(emailKey: string): Promise<Account | undefined>
  /** @throws {Refusal} entity.exists when the address is somebody's */
  create(account: Account): Promise<void>
  /**
   * False when it has changed since `changedAtMs` was read, or is gone.
   * @throws {Refusal} entity.exists when the new address is somebody's
   */
  change(
    account: Pick<Account, 'subject' | 'changedAtMs'>,
    change: AccountChange,
    nowMs: number,
  ): Promise<boolean>
  /** The same password under stronger parameters. False when it is another by now. */
  rehash(subject: string, before: string, hash: string): Promise<boolean>
  delete(subject: string): Promise<void>
  /** False when this step, or a later one, was taken before: also when two ask at once. */
  takeStep(subject: string, step: number): Promise<boolean>
  /** In the place of those before. */
  setRecoveryCodes(subject: string, codeHashes: readonly string[]): Promise<void>
  countRecoveryCodes(subject: string): Promise<number>
  /** False when it is none of theirs, or was used before. */
  useRecoveryCode(subject: string, codeHash: string): Promise<boolean>
  listSealed(): Promise<{ subject: string; sealedTotp: Buffer }[]>
  /** Nothing, when it is another than `before` by now. */
  setSealedTotp(subject: string, before: Buffer, sealedTotp: Buffer): Promise<void>
}

export function createAccounts({ db, write }: Database): Accounts {
  const findBy = async (column: 'subject' | 'email_key', value: string) => {
    const row = await db.selectFrom('accounts').selectAll().where(column, '=', value).executeTakeFirst()
    return row && asAccount(row)
  }
  return {
    find: subject => findBy('subject', subject),
    findByEmail: emailKey => findBy('email_key', emailKey),
    create: account =>
      insertUnique('account', 'of this address', () =>
        db
          .insertInto('accounts')
          .values({
            subject: account.subject,
            email: account.email,
            email_key: account.emailKey,
            name: account.name ?? null,
            password_hash: account.passwordHash ?? null,
            created_at_ms: account.createdAtMs,
            changed_at_ms: account.changedAtMs,
            sealed_totp: account.sealedTotp ?? null,
          })
          .execute(),
      ),
    async change({ subject, changedAtMs }, change, nowMs) {
      let isChanged = false
      const columns = { ...asColumns(change), changed_at_ms: Math.max(nowMs, changedAtMs + 1) }
      await insertUnique('account', 'of this address', () =>
        write([], async trx => {
          const { numUpdatedRows } = await trx
            .updateTable('accounts')
            .set(columns)
            .where('subject', '=', subject)
            .where('changed_at_ms', '=', changedAtMs)
            .executeTakeFirst()
          isChanged = numUpdatedRows > 0n
          if (!isChanged || change.removedPasskey === undefined) return
          const own = trx.deleteFrom('passkeys').where('subject', '=', subject)
          await own.where('id', '=', change.removedPasskey).execute()
        }),
      )
      return isChanged
    },
    async rehash(subject, before, hash) {
      const { numUpdatedRows } = await db
        .updateTable('accounts')
        .set({ password_hash: hash })
        .where('subject', '=', subject)
        .where('password_hash', '=', before)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    delete: subject =>
      write([], async trx => {
        await trx.deleteFrom('account_codes').where('subject', '=', subject).execute()
        await trx.deleteFrom('accounts').where('subject', '=', subject).execute()
      }),
    async takeStep(subject, step) {
      const { numUpdatedRows } = await db
        .updateTable('accounts')
        .set({ last_step: step })
        .where('subject', '=', subject)
        .where('last_step', '<', step)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    setRecoveryCodes: (subject, codeHashes) =>
      write([], async trx => {
        await trx.deleteFrom('account_recovery_codes').where('subject', '=', subject).execute()
        const rows = codeHashes.map(code_hash => ({ subject, code_hash }))
        if (rows.length > 0) await trx.insertInto('account_recovery_codes').values(rows).execute()
      }),
    countRecoveryCodes: subject => countCodes(db, subject),
    async useRecoveryCode(subject, codeHash) {
      const { numDeletedRows } = await db
        .deleteFrom('account_recovery_codes')
        .where('subject', '=', subject)
        .where('code_hash', '=', codeHash)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
    async listSealed() {
      const rows = await db
        .selectFrom('accounts')
        .select(['subject', 'sealed_totp'])
        .where('sealed_totp', 'is not', null)
        .execute()
      return rows.map(row => ({ subject: row.subject, sealedTotp: Buffer.from(row.sealed_totp ?? []) }))
    },
    async setSealedTotp(subject, before, sealedTotp) {
      await db
        .updateTable('accounts')
        .set({ sealed_totp: sealedTotp })
        .where('subject', '=', subject)
        .where('sealed_totp', '=', before)
        .execute()
    },
  }
}

async function countCodes(db: Kysely<Schema>, subject: string): Promise<number> {
  const { count } = await db
    .selectFrom('account_recovery_codes')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('subject', '=', subject)
    .executeTakeFirstOrThrow()
  return Number(count)
}

function asColumns({ email, passwordHash, totp }: AccountChange) {
  return {
    ...(email === undefined ? {} : { email: email.email, email_key: email.emailKey }),
    ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
    ...(totp === undefined ? {} : { sealed_totp: totp?.sealedSeed ?? null, last_step: totp?.step ?? 0 }),
  }
}

function asAccount(row: Selectable<Schema['accounts']>): Account {
  return {
    subject: row.subject,
    email: row.email,
    emailKey: row.email_key,
    ...(row.name === null ? {} : { name: row.name }),
    ...(row.password_hash === null ? {} : { passwordHash: row.password_hash }),
    createdAtMs: row.created_at_ms,
    changedAtMs: row.changed_at_ms,
    ...(row.sealed_totp === null ? {} : { sealedTotp: Buffer.from(row.sealed_totp) }),
  }
}
