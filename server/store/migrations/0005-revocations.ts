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
