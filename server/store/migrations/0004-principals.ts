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
