/*
 * SQL in the order of its time; `{type}` is the dialect's (see `migrations.ts`). What has shipped is never edited.
 */

export const firstTables = [
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
export const sharedCatalogue = [
  `create table catalogue (generation bigint not null)`,
  `insert into catalogue (generation) values (0)`,
]

/** Numbers of versions are never given twice, whatever was deleted since. */
export const policyVersions = [`alter table policies add column last_version integer not null default 1`]

/** Roles, users and groups are principals: they have names, tags and policies in the same way. */
export const principals = [
  `create table principals (
    id {text} primary key,
    kind {text} not null check (kind in ('role', 'user', 'group')),
    name {text} not null,
    name_key {text} not null,
    path {text} not null,
    tags {text} not null,
    created_at_ms bigint not null,
    boundary_id {text} references policies (id),
    unique (kind, name_key)
  )`,
  `create index principals_by_boundary on principals (boundary_id)`,
  `insert into principals (id, kind, name, name_key, path, tags, created_at_ms)
    select id, 'role', name, name_key, path, tags, created_at_ms from roles`,

  `create table inline_policies (
    principal_id {text} not null references principals (id) on delete cascade,
    name {text} not null,
    document {text} not null,
    primary key (principal_id, name)
  )`,
  `insert into inline_policies (principal_id, name, document) select role_id, name, document from role_policies`,
  `drop table role_policies`,

  `create table attachments (
    principal_id {text} not null references principals (id),
    policy_id {text} not null references policies (id),
    attached_at_ms bigint not null,
    primary key (principal_id, policy_id)
  )`,
  `insert into attachments (principal_id, policy_id, attached_at_ms)
    select role_id, policy_id, attached_at_ms from role_attachments`,
  `drop table role_attachments`,
  `create index attachments_by_policy on attachments (policy_id)`,

  `create table role_details (
    id {text} primary key references principals (id) on delete cascade,
    description {text},
    trust_policy {text} not null,
    max_session_seconds integer not null,
    demo integer not null
  )`,
  `insert into role_details (id, description, trust_policy, max_session_seconds, demo)
    select id, description, trust_policy, max_session_seconds, demo from roles`,
  `drop table roles`,
  `alter table role_details rename to roles`,

  `create table memberships (
    group_id {text} not null references principals (id),
    user_id {text} not null references principals (id),
    primary key (group_id, user_id)
  )`,
  `create index memberships_by_user on memberships (user_id)`,

  `create table access_keys (
    id {text} primary key,
    user_id {text} not null references principals (id),
    sealed_secret {bytes} not null,
    active integer not null,
    created_at_ms bigint not null
  )`,
  `create index access_keys_by_user on access_keys (user_id)`,

  `create table last_used (
    id {text} primary key,
    at_ms bigint not null,
    service {text} not null,
    region {text} not null
  )`,
]

/** Sessions that were ended before their time. */
export const revocations = [
  `create table revocations (
    kind {text} not null check (kind in ('accessKey', 'principal', 'person')),
    subject {text} not null,
    until_seconds bigint not null,
    expires_at_ms bigint not null,
    primary key (kind, subject)
  )`,
]

/** Second factors. */
export const mfaDevices = [
  `create table mfa_devices (
    serial_number {text} primary key,
    sealed_seed {bytes} not null,
    tags {text} not null,
    created_at_ms bigint not null,
    user_id {text} references principals (id),
    enabled_at_ms bigint,
    last_step bigint not null default 0
  )`,
  `create index mfa_devices_by_user on mfa_devices (user_id)`,
]

/** Whom a trust policy meant when it was written: a name that is given anew means somebody else. */
export const trustedIds = [`alter table roles add column trusted_ids {text} not null default '{}'`]

/** Identity providers that speak SAML, and assertions that were shown. */
export const samlProviders = [
  `create table saml_providers (
    name {text} primary key,
    id {text} not null,
    metadata {text} not null,
    encryption {text} check (encryption in ('Required', 'Allowed')),
    private_keys {text} not null,
    tags {text} not null,
    created_at_ms bigint not null
  )`,
  `create table used_proofs (hash {text} primary key, expires_at_ms bigint not null)`,
  `create index used_proofs_by_expiry on used_proofs (expires_at_ms)`,
]

/** Passwords of users. */
export const loginProfiles = [
  `create table login_profiles (
    user_id {text} primary key references principals (id),
    hash {text} not null,
    earlier_hashes {text} not null,
    reset_required integer not null,
    created_at_ms bigint not null,
    changed_at_ms bigint not null
  )`,
]

/** What was asked of the audit log about an entity's uses, and what was found. */
export const accessReports = [
  `create table access_reports (
    id {text} primary key,
    arn {text} not null,
    created_at_ms bigint not null,
    finished_at_ms bigint,
    findings {text}
  )`,
]
