/**
 * How users of a database are made on request, and which there are. A lease is there before its user is: what a crash
 * leaves in a database is known here.
 */
export const databaseLeases = [
  `create table database_roles (
    name {text} primary key,
    engine {text} not null,
    master_secret_id {text} not null,
    statements {text} not null,
    default_seconds bigint not null,
    max_seconds bigint not null,
    most_leases bigint not null,
    description {text},
    created_at_ms bigint not null,
    changed_at_ms bigint not null
  )`,
  `create table database_leases (
    id {text} primary key,
    role_name {text} not null references database_roles (name),
    username {text} not null,
    place {text} not null,
    state {text} not null,
    holder {text} not null,
    holder_arn {text} not null,
    session {text},
    created_at_ms bigint not null,
    expires_at_ms bigint not null,
    max_expires_at_ms bigint not null,
    due_at_ms bigint not null,
    failures bigint not null
  )`,
  `create index database_leases_by_role on database_leases (role_name, id)`,
  `create index database_leases_by_due on database_leases (due_at_ms)`,
]
