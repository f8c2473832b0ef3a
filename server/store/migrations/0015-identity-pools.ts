/**
 * Pools, the identities in them, and the logins by which those are found. A merged identity stays as another name of
 * the one that it went into. Identities outlive their pool's row until they are pruned: there may be a million of them.
 */
export const identityPools = [
  `create table identity_pools (
    id {text} primary key,
    name {text} not null,
    settings {text} not null,
    roles {text} not null,
    tag_maps {text} not null,
    tags {text} not null,
    created_at_ms bigint not null
  )`,
  `create table deleted_pools (id {text} primary key)`,
  `create table pool_identities (
    id {text} primary key,
    pool_id {text} not null,
    guest integer not null,
    merged_into {text},
    created_at_ms bigint not null,
    modified_at_ms bigint not null
  )`,
  `create index pool_identities_by_pool on pool_identities (pool_id, id)`,
  `create index pool_identities_by_merged on pool_identities (merged_into)`,
  `create table pool_logins (
    pool_id {text} not null,
    provider {text} not null,
    subject {text} not null,
    demo integer not null,
    identity_id {text} not null references pool_identities (id) on delete cascade,
    linked_at_ms bigint not null,
    primary key (pool_id, provider, subject, demo)
  )`,
  `create index pool_logins_by_identity on pool_logins (identity_id)`,
]
