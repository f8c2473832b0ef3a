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
