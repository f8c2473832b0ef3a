import pg from 'pg'
import { type AuditRow, columns } from './audit-event.ts'
import type { AuditSink } from './audit-sink.ts'

/** Each bounded: a database that hangs must not hang us. */
const bounds = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 10_000,
  lock_timeout: 5_000,
  query_timeout: 11_000,
  application_name: 'rolecall-audit',
  // INVARIANT: on, whatever the server's or the database's own setting is. With less a commit is answered before it
  // is on the disk, and a power cut takes back rows whose credentials are already out.
  options: '-c synchronous_commit=on',
}

/**
 * The audit log in PostgreSQL, beside the store: all nodes write into one. The connection is its own, so that a
 * busy store never holds up a commit; one that broke is replaced at the next group.
 */
export async function openPostgresSink(url: string): Promise<AuditSink> {
  let client = await connect(url)
  await client.query(tables)
  const { rows } = await client.query(
    "select current_setting('synchronous_commit') as level, current_setting('fsync') as sync",
  )
  return {
    durability: `synchronous_commit = ${rows[0]?.level}, fsync = ${rows[0]?.sync}`,
    async commit(given) {
      if (client.broken) client = await connect(url)
      // Nothing to write is a question: can rows be written?
      try {
        await client.query(insertRows, [JSON.stringify(given.map(named))])
      } catch (error) {
        // A connection that hangs would hold up every group after this one too.
        client.broken = true
        client.end().catch(() => undefined)
        throw error
      }
    },
    end: () => client.end(),
  }
}

function named(row: AuditRow): Record<string, AuditRow[number]> {
  return Object.fromEntries(columns.map((name, n) => [name, readable(row[n] ?? null)]))
}

/**
 * PostgreSQL's text holds neither NUL nor half a surrogate pair. Whoever asked for a role called `\0` must not have
 * everybody refused whose rows are in the same group.
 */
function readable(value: AuditRow[number]): AuditRow[number] {
  return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value
}

type Client = pg.Client & { broken?: boolean }

async function connect(url: string): Promise<Client> {
  const client: Client = new pg.Client({ connectionString: url, ...bounds })
  // Unheard, the event would end the process.
  client.on('error', () => {
    client.broken = true
  })
  client.on('end', () => {
    client.broken = true
  })
  await client.connect()
  return client
}

const list = columns.join(', ')
const insertRows = `insert into audit (${list}) select ${list} from json_populate_recordset(null::audit, $1::json)`

/** The lock keeps nodes that start at once from making the same things at once. */
const tables = `
  begin;
  select pg_advisory_xact_lock(hashtext('rolecall audit'));
  create table if not exists audit (
    sequence bigint generated always as identity primary key,
    at_ms bigint not null,
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
    expires_at_ms bigint,
    detail text,
    count integer not null
  );
  create or replace function refuse_audit_change() returns trigger language plpgsql as
    $$ begin raise exception 'the audit log is append-only'; end $$;
  create or replace trigger audit_is_never_changed before update or delete on audit
    for each row execute function refuse_audit_change();
  create or replace trigger audit_is_never_emptied before truncate on audit
    for each statement execute function refuse_audit_change();
  commit;
`
