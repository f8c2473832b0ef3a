/**
 * Secrets, and the versions of their values, each sealed under a key of its own. Which version a stage is at stands with
 * the secret: no stage can be at two.
 */
export const secrets = [
  `create table secrets (
    id {text} primary key,
    name {text} not null unique,
    description {text},
    kms_key_id {text},
    tags {text} not null,
    policy {text},
    meant_ids {text} not null,
    rotation {text},
    rotation_due_at_ms bigint,
    stages {text} not null,
    created_at_ms bigint not null,
    changed_at_ms bigint not null,
    accessed_on_ms bigint,
    rotated_at_ms bigint,
    deleted_at_ms bigint,
    purge_at_ms bigint
  )`,
  `create index secrets_by_creation on secrets (created_at_ms, id)`,
  `create index secrets_by_rotation on secrets (rotation_due_at_ms)`,
  `create index secrets_by_purge on secrets (purge_at_ms)`,
  `create table secret_versions (
    secret_id {text} not null references secrets (id) on delete cascade,
    id {text} not null,
    kind {text} not null,
    wrapped_key {bytes} not null,
    wrapped_under {text} not null,
    sealed_value {bytes} not null,
    created_at_ms bigint not null,
    accessed_on_ms bigint,
    primary key (secret_id, id)
  )`,
  `create index secret_versions_by_wrapping on secret_versions (wrapped_under)`,
]
