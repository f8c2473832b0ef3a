import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** A sign-in that has left for the provider and is not back yet. */
export type SignInState = { provider: string; nonce: string; codeVerifier: string }

/** Both come in as hashes of what the browser holds. */
export type SignInStateKey = { stateHash: string; browserHash: string }

const mostForOneBrowser = 20
const mostInAll = 100_000

/**
 * One row a sign-in, so that a second tab does not break the first, and each row is used once.
 * A row answers only to the browser that began it (a state planted in somebody else's browser
 * would sign them in as the attacker), and only at its own provider's callback.
 */
export type SignInStates = {
  put(key: SignInStateKey, state: SignInState, expiresAtMs: number): Promise<void>
  /** Takes the row out. Undefined when unknown, used, expired, another browser's or provider's. */
  take(key: SignInStateKey, provider: string, nowMs: number): Promise<SignInState | undefined>
  prune(nowMs: number): Promise<void>
}

export function createSignInStates(db: Kysely<Schema>): SignInStates {
  return {
    async put({ stateHash, browserHash }, state, expiresAtMs) {
      await db
        .insertInto('sign_in_states')
        .values({
          state_hash: stateHash,
          browser_hash: browserHash,
          provider: state.provider,
          nonce: state.nonce,
          code_verifier: state.codeVerifier,
          expires_at_ms: expiresAtMs,
        })
        .execute()
      await dropEldest(db, browserHash)
    },
    async take({ stateHash, browserHash }, provider, nowMs) {
      // The browser is part of the look-up: somebody else's attempt must not use the row up.
      const row = await db
        .deleteFrom('sign_in_states')
        .where('state_hash', '=', stateHash)
        .where('browser_hash', '=', browserHash)
        .returningAll()
        .executeTakeFirst()
      if (row === undefined || row.provider !== provider || row.expires_at_ms <= nowMs) return undefined
      return { provider: row.provider, nonce: row.nonce, codeVerifier: row.code_verifier }
    },
    async prune(nowMs) {
      await db.deleteFrom('sign_in_states').where('expires_at_ms', '<=', nowMs).execute()
    },
  }
}

/** Anybody may begin a sign-in, so that the number of rows needs a bound: the eldest go first. */
async function dropEldest(db: Kysely<Schema>, browserHash: string): Promise<void> {
  await db
    .deleteFrom('sign_in_states')
    .where('sequence', 'in', eb =>
      eb
        .selectFrom('sign_in_states')
        .select('sequence')
        .where('browser_hash', '=', browserHash)
        .orderBy('sequence', 'desc')
        .limit(1000)
        .offset(mostForOneBrowser),
    )
    .execute()
  await db
    .deleteFrom('sign_in_states')
    .where('sequence', '<=', eb =>
      eb.selectFrom('sign_in_states').select(({ fn, val }) =>
        // One sequence number a row: the newest less the most is the eldest that may stay.
        eb(fn.max('sequence'), '-', val(mostInAll)).as('bound'),
      ),
    )
    .execute()
}
