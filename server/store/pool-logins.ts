import type { Transaction } from 'kysely'
import { Refusal } from '../base/refusal.ts'
import { isUniqueViolation } from './constraints.ts'
import type { Schema } from './schema.ts'

/** Somebody at a provider of a pool's. What a stand-in vouches for is never somebody real's: `demo` is part of the key. */
export type PoolLogin = { provider: string; subject: string; demo: boolean }

export type Linking = {
  /** The provider of which one identity may have several people; of every other one. */
  developerProvider: string | undefined
  nowMs: number
  /** It must be a guest's still: what was one a moment ago may have become somebody's. */
  guestOnly?: boolean
}

const mostLogins = 20

type Reader = Pick<Transaction<Schema>, 'selectFrom'>

export function findOwner(db: Reader, poolId: string, { provider, subject, demo }: PoolLogin) {
  return db
    .selectFrom('pool_logins')
    .select('identity_id')
    .where('pool_id', '=', poolId)
    .where('provider', '=', provider)
    .where('subject', '=', subject)
    .where('demo', '=', demo ? 1 : 0)
    .executeTakeFirst()
}

export async function loginsOf(db: Reader, id: string): Promise<PoolLogin[]> {
  const rows = await db
    .selectFrom('pool_logins')
    .select(['provider', 'subject', 'demo'])
    .where('identity_id', '=', id)
    .execute()
  return rows.map(({ demo, ...login }) => ({ ...login, demo: demo === 1 }))
}

/** @throws {Refusal} entity.exists | entity.limit */
export async function addNewLogins(
  trx: Transaction<Schema>,
  poolId: string,
  id: string,
  logins: readonly PoolLogin[],
  { developerProvider, nowMs }: Linking,
): Promise<void> {
  const theirs = await loginsOf(trx, id)
  const news = logins.filter(login => !theirs.some(one => isSame(one, login)))
  if (news.length === 0) return
  const second = news.find(
    ({ provider }) => provider !== developerProvider && theirs.some(one => one.provider === provider),
  )
  if (second !== undefined) throw new Refusal('entity.exists', { said: taken(second.provider) })
  if (theirs.length + news.length > mostLogins) {
    throw new Refusal('entity.limit', { said: { message: `An identity has at most ${mostLogins} logins` } })
  }
  await addLogins(trx, poolId, id, news, nowMs)
  await trx
    .updateTable('pool_identities')
    .set({ guest: 0, modified_at_ms: nowMs })
    .where('id', '=', id)
    .execute()
}

export async function addLogins(
  trx: Transaction<Schema>,
  poolId: string,
  id: string,
  logins: readonly PoolLogin[],
  nowMs: number,
): Promise<void> {
  // One order for everybody, as above.
  for (const login of logins.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
    const { provider, subject } = login
    const row = { pool_id: poolId, provider, subject, demo: login.demo ? (1 as const) : (0 as const) }
    await trx
      .insertInto('pool_logins')
      .values({ ...row, identity_id: id, linked_at_ms: nowMs })
      .execute()
  }
}

export async function refusingTaken(change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (isUniqueViolation(error)) throw new Refusal('entity.exists', { said: taken('A login') })
    throw error
  }
}

function taken(provider: string): { message: string } {
  return { message: `${provider} is already linked to another account.` }
}

export function isSame(a: PoolLogin, b: PoolLogin): boolean {
  return a.provider === b.provider && a.subject === b.subject && a.demo === b.demo
}

function keyOf({ provider, subject, demo }: PoolLogin): string {
  return JSON.stringify([provider, subject, demo])
}
