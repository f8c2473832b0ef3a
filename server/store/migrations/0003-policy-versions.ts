/** Numbers of versions are never given twice, whatever was deleted since. */
export const policyVersions = [`alter table policies add column last_version integer not null default 1`]
