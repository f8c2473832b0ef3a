/** Own accounts: people who have a password or a passkey here. What comes by mail to them counts once. */
export const accounts = [
  `create table accounts (
    subject {text} primary key,
    email {text} not null,
    email_key {text} not null unique,
    name {text},
    password_hash {text},
    created_at_ms bigint not null,
    changed_at_ms bigint not null,
    sealed_totp {bytes},
    last_step bigint not null default 0
  )`,
  `create table account_codes (
    id {text} primary key,
    purpose {text} not null,
    code_hash {text} not null,
    subject {text},
    data {text} not null,
    tries_left integer not null,
    expires_at_ms bigint not null
  )`,
  `create index account_codes_by_expiry on account_codes (expires_at_ms)`,
  `create index account_codes_by_subject on account_codes (subject)`,
  `create table account_recovery_codes (
    subject {text} not null references accounts (subject) on delete cascade,
    code_hash {text} not null,
    primary key (subject, code_hash)
  )`,
  `create table passkeys (
    id {text} primary key,
    subject {text} not null references accounts (subject) on delete cascade,
    name {text} not null,
    public_key {bytes} not null,
    counter bigint not null,
    synced integer not null,
    transports {text} not null,
    created_at_ms bigint not null,
    used_at_ms bigint
  )`,
  `create index passkeys_by_subject on passkeys (subject)`,
  `alter table web_sessions add column person_key {text}`,
  `create index web_sessions_by_person on web_sessions (person_key)`,
]
