import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Schema } from './schema.ts'

/** The dialects differ in a few types; `order by` goes by bytes in both, whatever the server's language is. */
const types = {
  sqlite: { text: 'text', bytes: 'blob', sequence: 'integer primary key' },
  postgres: {
    text: 'text collate "C"',
    bytes: 'bytea',
    sequence: 'bigint generated always as identity primary key',
  },
} as const

export type DatabaseKind = keyof typeof types

/**
 * Brings a database up to date. Kysely's migrator takes an advisory lock on PostgreSQL, so that of several
 * nodes that start at once one migrates and the others wait.
 */
export async function migrate(db: Kysely<Schema>, kind: DatabaseKind): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrationsFor(kind) } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw new Error('the store could not be brought up to date', { cause: error })
}

/**
 * The way from an empty database to `schema.ts`, in order. A migration that has shipped is never
 * edited; the next change is the next entry.
 */
function migrationsFor(kind: DatabaseKind): Record<string, Migration> {
  return {
    '0001-first-tables': run(firstTables, kind),
    '0002-shared-catalogue': run(sharedCatalogue, kind),
    '0003-policy-versions': run(policyVersions, kind),
  }
}

function run(statements: readonly string[], kind: DatabaseKind): Migration {
  const spelled = statements.map(text =>
    text.replace(/\{(\w+)\}/g, (whole, name) => types[kind][name as keyof (typeof types)['sqlite']] ?? whole),
  )
  return {
    async up(db: Kysely<never>) {
      for (const statement of spelled) await sql.raw(statement).execute(db)
    },
  }
}

const firstTables = [
  `create table settings (name {text} primary key, value {text} not null)`,

  `create table roles (
    id {text} primary key,
    name {text} not null,
    name_key {text} not null unique,
    path {text} not null,
    description {text},
    trust_policy {text} not null,
    max_session_seconds integer not null,
    tags {text} not null,
    created_at_ms bigint not null,
    demo integer not null
  )`,
  `create table role_policies (
    role_id {text} not null references roles (id) on delete cascade,
    name {text} not null,
    document {text} not null,
    primary key (role_id, name)
  )`,

  `create table policies (
    id {text} primary key,
    name {text} not null,
    name_key {text} not null unique,
    path {text} not null,
    description {text},
    default_version {text} not null,
    tags {text} not null,
    created_at_ms bigint not null,
    updated_at_ms bigint not null,
    demo integer not null
  )`,
  `create table policy_versions (
    policy_id {text} not null references policies (id) on delete cascade,
    version {text} not null,
    document {text} not null,
    created_at_ms bigint not null,
    primary key (policy_id, version)
  )`,
  `create table role_attachments (
    role_id {text} not null references roles (id),
    policy_id {text} not null references policies (id),
    attached_at_ms bigint not null,
    primary key (role_id, policy_id)
  )`,
  `create index role_attachments_by_policy on role_attachments (policy_id)`,

  `create table oidc_providers (
    url_path {text} primary key,
    issuer {text} not null,
    client_ids {text} not null,
    thumbprints {text} not null,
    tags {text} not null,
    created_at_ms bigint not null,
    demo integer not null
  )`,

  `create table identities (
    issuer {text} not null,
    subject {text} not null,
    display_name {text},
    email {text},
    first_seen_at_ms bigint not null,
    last_seen_at_ms bigint not null,
    demo integer not null,
    primary key (issuer, subject)
  )`,

  `create table web_sessions (
    id_hash {text} primary key,
    data {text} not null,
    expires_at_ms bigint not null
  )`,
  `create index web_sessions_by_expiry on web_sessions (expires_at_ms)`,

  `create table sign_in_states (
    sequence {sequence},
    state_hash {text} not null unique,
    browser_hash {text} not null,
    provider {text} not null,
    nonce {text} not null,
    code_verifier {text} not null,
    expires_at_ms bigint not null
  )`,
  `create index sign_in_states_by_expiry on sign_in_states (expires_at_ms)`,
  `create index sign_in_states_by_browser on sign_in_states (browser_hash)`,

  `create table signing_keys (kid {text} primary key, sealed_key {bytes} not null, created_at_ms bigint not null)`,
]

/** The number of the last change: how a node knows that it missed one. */
const sharedCatalogue = [
  `create table catalogue (generation bigint not null)`,
  `insert into catalogue (generation) values (0)`,
]

/** Numbers of versions are never given twice, whatever was deleted since. */
const policyVersions = [`alter table policies add column last_version integer not null default 1`]
