/** What was asked of the audit log about an entity's uses, and what was found. */
export const accessReports = [
  `create table access_reports (
    id {text} primary key,
    arn {text} not null,
    created_at_ms bigint not null,
    finished_at_ms bigint,
    findings {text}
  )`,
]
