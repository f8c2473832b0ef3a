/** People with more than one way in, and which those are. What a stand-in vouched for is never somebody real's. */
export const linkedPeople = [
  `create table people (id {text} primary key, created_at_ms bigint not null)`,
  `create table ways_in (
    issuer {text} not null,
    subject {text} not null,
    demo integer not null,
    kind {text} not null,
    person_id {text} not null references people (id),
    linked_at_ms bigint not null,
    primary key (issuer, subject, demo)
  )`,
  `create index ways_in_by_person on ways_in (person_id)`,
]
