import { DatabaseSync } from 'node:sqlite'
import { columns } from './audit-event.ts'

/**
 * Opens the audit database for writing. It is a file of its own: SQLite has one writer a file, and the
 * store's writes on the main thread must never wait for a group of audit rows, nor the other way.
 */
export function openAuditDatabase(file: string, lockTimeoutMs: number): DatabaseSync {
  const database = new DatabaseSync(file)
  // INVARIANT: FULL. With NORMAL a WAL commit is not synced, and a power cut takes back rows whose
  // credentials are already out.
  database.exec(`
    PRAGMA busy_timeout = ${lockTimeoutMs};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    ${tables}
  `)
  return database
}

export const insertRow = `insert into audit (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`

// INSERT OR REPLACE deletes the row in its way without a word to the trigger on DELETE.
const tables = `
  create table if not exists audit (
    sequence integer primary key autoincrement,
    at_ms integer not null,
    event text not null,
    decision text not null check (decision in ('allowed', 'denied')),
    reason text,
    request_id text not null,
    source_ip text not null,
    user_agent text,
    issuer text,
    subject text,
    caller_arn text,
    caller_access_key_id text,
    resource text,
    access_key_id text,
    session_name text,
    expires_at_ms integer,
    detail text,
    count integer not null
  ) strict;
  create trigger if not exists audit_is_never_updated before update on audit
    begin select raise(abort, 'the audit log is append-only'); end;
  create trigger if not exists audit_is_never_deleted before delete on audit
    begin select raise(abort, 'the audit log is append-only'); end;
  create trigger if not exists audit_is_never_replaced before insert on audit
    when exists (select 1 from audit where sequence = new.sequence)
    begin select raise(abort, 'the audit log is append-only'); end;
`
