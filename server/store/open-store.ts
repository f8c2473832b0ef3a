import type { Clock } from '../base/clock.ts'
import { type AccessKeys, createAccessKeys } from './access-keys.ts'
import { type AccessReports, createAccessReports } from './access-reports.ts'
import { type AccountCodes, createAccountCodes } from './account-codes.ts'
import { type Accounts, createAccounts } from './accounts.ts'
import type { Database } from './database.ts'
import { createDatabaseLeases, type DatabaseLeases } from './database-leases.ts'
import { createDatabaseRoles, type DatabaseRoles } from './database-roles.ts'
import { createDirectoryPeople, type DirectoryPeople } from './directory-people.ts'
import { createIdentities, type Identities } from './identities.ts'
import { createIdentityPools, type IdentityPools } from './identity-pools.ts'
import { createLastUsed, type LastUsed } from './last-used.ts'
import { createLeases, type Leases } from './leases.ts'
import { createLoginProfiles, type LoginProfiles } from './login-profiles.ts'
import { createMfaDevices, type MfaDevices } from './mfa-devices.ts'
import { createOidcProviders, type OidcProviders } from './oidc-providers.ts'
import { createPasskeys, type Passkeys } from './passkeys.ts'
import { createPeople, type People } from './people.ts'
import { createPolicies, type Policies } from './policies.ts'
import { createPoolIdentities, type PoolIdentities } from './pool-identities.ts'
import { openPostgresDatabase } from './postgres-database.ts'
import { createPrincipalPolicies, type PrincipalPolicies } from './principal-policies.ts'
import { createPrincipals, type Principals } from './principals.ts'
import { openReadOnlyDatabase } from './read-only-database.ts'
import { createRevocations, type Revocations } from './revocations.ts'
import { createRoleMappings, type RoleMappings } from './role-mappings.ts'
import { createRoles, type Roles } from './roles.ts'
import { createRotations, type Rotations } from './rotations.ts'
import { createRotators, type Rotators } from './rotators.ts'
import { createSamlProviders, type SamlProviders } from './saml-providers.ts'
import { createSecrets, type Secrets } from './secrets.ts'
import { createSettings, type Settings } from './settings.ts'
import { createSignInStates, type SignInStates } from './sign-in-states.ts'
import { createSigningKeys, type SigningKeys } from './signing-keys.ts'
import { openSqliteDatabase } from './sqlite-database.ts'
import { createUsedProofs, type UsedProofs } from './used-proofs.ts'
import { createGroups, createUsers, type Groups, type Users } from './users.ts'
import { createWebSessions, type WebSessions } from './web-sessions.ts'

export type Store = {
  settings: Settings
  roles: Roles
  users: Users
  groups: Groups
  principals: Principals
  principalPolicies: PrincipalPolicies
  accessKeys: AccessKeys
  lastUsed: LastUsed
  loginProfiles: LoginProfiles
  mfaDevices: MfaDevices
  revocations: Revocations
  policies: Policies
  oidcProviders: OidcProviders
  samlProviders: SamlProviders
  roleMappings: RoleMappings
  usedProofs: UsedProofs
  accessReports: AccessReports
  accounts: Accounts
  accountCodes: AccountCodes
  passkeys: Passkeys
  directoryPeople: DirectoryPeople
  identities: Identities
  people: People
  identityPools: IdentityPools
  poolIdentities: PoolIdentities
  secrets: Secrets
  /** How rotations of secrets went. */
  rotations: Rotations
  rotators: Rotators
  leases: Leases
  databaseRoles: DatabaseRoles
  databaseLeases: DatabaseLeases
  webSessions: WebSessions
  signInStates: SignInStates
  signingKeys: SigningKeys
  /**
   * Drops what has expired: browser sessions, sign-ins that were never finished, used proofs, revocations that concern
   * nobody any more; and some identities of pools that are gone.
   */
  prune(nowMs: number): Promise<void>
  /** Throws when the database no longer answers. */
  ping(): Promise<void>
  /** When this node last knew what all others had changed, in milliseconds since the epoch. */
  inStepAtMs(): number
  /** False once this node is cut off for longer than it may go on by what it knew. */
  isCurrent(): boolean
  close(): Promise<void>
}

export type StoreOptions = {
  /** A file or `:memory:` for the embedded store, or the URL of a PostgreSQL database. */
  location: { file: string } | { url: string; maxStalenessMs: number }
  clock: Clock
  log: { error(context: object, message: string): void }
}

/** Opens the store, making or migrating it as needed. */
export async function openStore({ location, clock, log }: StoreOptions): Promise<Store> {
  const database =
    'file' in location
      ? await openSqliteDatabase(location.file, clock)
      : await openPostgresDatabase(location, clock, log)
  return createStore(database)
}

/** The same beside whoever has the store, to look and no more: nothing is made, migrated or written. */
export async function openStoreToRead({ location, clock, log }: StoreOptions): Promise<Store> {
  return createStore(await openReadOnlyDatabase(location, clock, log))
}

function createStore(database: Database): Store {
  const { db } = database
  const webSessions = createWebSessions(db)
  const signInStates = createSignInStates(db)
  const lastUsed = createLastUsed(db)
  const revocations = createRevocations(database)
  const usedProofs = createUsedProofs(db)
  const accessReports = createAccessReports(db)
  const directoryPeople = createDirectoryPeople(db)
  const poolIdentities = createPoolIdentities(database)
  const accountCodes = createAccountCodes(db)
  const secrets = createSecrets(database)
  const leases = createLeases(database)
  return {
    settings: createSettings(db),
    roles: createRoles(database),
    users: createUsers(database),
    groups: createGroups(database),
    principals: createPrincipals(database),
    principalPolicies: createPrincipalPolicies(database),
    accessKeys: createAccessKeys(database),
    lastUsed,
    loginProfiles: createLoginProfiles(database),
    mfaDevices: createMfaDevices(database),
    revocations,
    policies: createPolicies(database),
    oidcProviders: createOidcProviders(database),
    samlProviders: createSamlProviders(database),
    roleMappings: createRoleMappings(database),
    usedProofs,
    accessReports,
    accounts: createAccounts(database),
    accountCodes,
    passkeys: createPasskeys(database),
    directoryPeople,
    identities: createIdentities(db),
    people: createPeople(database),
    identityPools: createIdentityPools(database),
    poolIdentities,
    secrets,
    rotations: createRotations(database),
    rotators: createRotators(database),
    leases,
    databaseRoles: createDatabaseRoles(database),
    databaseLeases: createDatabaseLeases(database),
    webSessions,
    signInStates,
    signingKeys: createSigningKeys(db),
    async prune(nowMs) {
      await webSessions.prune(nowMs)
      await signInStates.prune(nowMs)
      await revocations.prune(nowMs)
      await usedProofs.prune(nowMs)
      await accessReports.prune(nowMs)
      await directoryPeople.prune(nowMs)
      await poolIdentities.prune()
      await accountCodes.prune(nowMs)
      await secrets.prune(nowMs)
      await leases.prune(nowMs)
    },
    ping: database.ping,
    inStepAtMs: database.inStepAtMs,
    isCurrent: database.isCurrent,
    async close() {
      await lastUsed.flush().catch(() => undefined)
      await secrets.accesses.flush().catch(() => undefined)
      await database.close()
    },
  }
}
