import type { Kysely } from 'kysely'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { Schema } from './schema.ts'

export type Person = {
  issuer: string
  subject: string
  displayName?: string
  email?: string
  firstSeenAtMs: number
  lastSeenAtMs: number
}

/** People who signed in. The key is (issuer, subject): an e-mail address can change hands. */
export type Identities = {
  find(issuer: string, subject: string): Promise<Person | undefined>
  /** Remembers a sign-in: a new person, or the same one seen again under today's name. */
  remember(identity: FederatedIdentity, nowMs: number): Promise<void>
}

export function createIdentities(db: Kysely<Schema>): Identities {
  return {
    async find(issuer, subject) {
      const row = await db
        .selectFrom('identities')
        .selectAll()
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst()
      if (row === undefined) return undefined
      return {
        issuer,
        subject,
        ...(row.display_name === null ? {} : { displayName: row.display_name }),
        ...(row.email === null ? {} : { email: row.email }),
        firstSeenAtMs: row.first_seen_at_ms,
        lastSeenAtMs: row.last_seen_at_ms,
      }
    },
    async remember(identity, nowMs) {
      const seen = {
        display_name: readable(identity.displayName),
        email: readable(identity.email),
        last_seen_at_ms: nowMs,
        demo: identity.demo ? (1 as const) : (0 as const),
      }
      await db
        .insertInto('identities')
        .values({ issuer: identity.issuer, subject: identity.subject, first_seen_at_ms: nowMs, ...seen })
        .onConflict(conflict => conflict.columns(['issuer', 'subject']).doUpdateSet(seen))
        .execute()
    },
  }
}

/** PostgreSQL's text holds neither NUL nor half a surrogate pair; a provider's may. */
function readable(text: string | undefined): string | null {
  return text?.toWellFormed().replaceAll('\0', '\ufffd') ?? null
}
