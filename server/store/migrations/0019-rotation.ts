/**
 * Leases, by which one node of several does a thing; what became of each rotation of a secret; and webhooks that rotate
 * secrets elsewhere.
 */
export const rotation = [
  `create table leases (
    name {text} primary key,
    holder {text} not null,
    fence bigint not null,
    until_ms bigint not null
  )`,
  `create table rotations (
    secret_id {text} not null references secrets (id) on delete cascade,
    token {text} not null,
    kind {text} not null,
    state {text} not null,
    step {text},
    attempts bigint not null,
    reason {text},
    started_at_ms bigint not null,
    ended_at_ms bigint,
    primary key (secret_id, token)
  )`,
  `create table rotators (
    name {text} primary key,
    url {text} not null,
    sealed_secret {bytes} not null,
    created_at_ms bigint not null,
    changed_at_ms bigint not null
  )`,
]
