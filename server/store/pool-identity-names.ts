import type { Kysely } from 'kysely'
import type { PoolLogin } from './pool-logins.ts'
import type { Schema } from './schema.ts'

/** Who is known to identity pools, and as whom. */
export type PoolIdentityNames = {
  /** The ids of those that have this login, in every pool. */
  ownersOf(login: PoolLogin): Promise<string[]>
  /**
   * The ids that an identity goes by: its own, and those of others with logins that were merged into it. Not those of
   * guests: anybody makes as many of these as they like and has them merged into theirs.
   */
  namesOf(id: string): Promise<string[]>
}

export function createPoolIdentityNames(db: Kysely<Schema>): PoolIdentityNames {
  return {
    async ownersOf({ provider, subject, demo }) {
      const rows = await db
        .selectFrom('pool_logins')
        .select('identity_id')
        // By pool, which the key begins with: there may be a million logins.
        .where('pool_id', 'in', query => query.selectFrom('identity_pools').select('id'))
        .where('provider', '=', provider)
        .where('subject', '=', subject)
        .where('demo', '=', demo ? 1 : 0)
        .execute()
      return rows.map(row => row.identity_id)
    },
    async namesOf(id) {
      const merged = db.selectFrom('pool_identities').select('merged_into').where('id', '=', id)
      const { merged_into: into } = (await merged.executeTakeFirst()) ?? {}
      const own = into ?? id
      const rows = await db
        .selectFrom('pool_identities')
        .select('id')
        .where('merged_into', '=', own)
        .where('guest', '=', 0)
        .execute()
      return [own, ...rows.map(row => row.id)]
    },
  }
}
