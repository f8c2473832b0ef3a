/** People of a directory whose sessions may live, and what was known of them when it was last asked. */
export const directoryPeople = [
  `create table directory_people (
    provider {text} not null,
    id {text} not null,
    group_names {text} not null,
    checked_at_ms bigint not null,
    expires_at_ms bigint not null,
    primary key (provider, id)
  )`,
  `create index directory_people_by_check on directory_people (checked_at_ms)`,
  `create index directory_people_by_expiry on directory_people (expires_at_ms)`,
]
