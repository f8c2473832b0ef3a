import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createIdentities, type Identities } from './identities.ts'
import { migrations } from './migrations.ts'
import { createOidcProviders, type OidcProviders } from './oidc-providers.ts'
import { createPolicies, type Policies } from './policies.ts'
import { createRoles, type Roles } from './roles.ts'
import type { Schema } from './schema.ts'
import { createSettings, type Settings } from './settings.ts'
import { createSignInStates, type SignInStates } from './sign-in-states.ts'
import { createSigningKeys, type SigningKeys } from './signing-keys.ts'
import { createSqliteDialect } from './sqlite-dialect.ts'
import { createWebSessions, type WebSessions } from './web-sessions.ts'

export type Store = {
  settings: Settings
  roles: Roles
  policies: Policies
  oidcProviders: OidcProviders
  identities: Identities
  webSessions: WebSessions
  signInStates: SignInStates
  signingKeys: SigningKeys
  /** Drops what has expired: browser sessions and sign-ins that were never finished. */
  prune(nowMs: number): Promise<void>
  /** Throws when the database no longer answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the embedded store, making or migrating it as needed.
 *
 * @param file a path, or `:memory:`
 */
export async function openStore(file: string): Promise<Store> {
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(file) })
  await migrate(db)
  const policies = createPolicies(db)
  const webSessions = createWebSessions(db)
  const signInStates = createSignInStates(db)
  return {
    settings: createSettings(db),
    roles: createRoles(db, policies),
    policies,
    oidcProviders: createOidcProviders(db),
    identities: createIdentities(db),
    webSessions,
    signInStates,
    signingKeys: createSigningKeys(db),
    async prune(nowMs) {
      await webSessions.prune(nowMs)
      await signInStates.prune(nowMs)
    },
    async ping() {
      await db.selectFrom('settings').select('name').limit(1).execute()
    },
    close: () => db.destroy(),
  }
}

async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw new Error('the store could not be brought up to date', { cause: error })
}
