import pg from 'pg'
import { Refusal } from '../base/refusal.ts'
import {
  type AuditReader,
  conditionsOf,
  lastUsesOf,
  lastUsesSql,
  pageOf,
  type StoredEvent,
  stretchOf,
} from './audit-reader.ts'

const bounds = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 10_000,
  query_timeout: 11_000,
  application_name: 'rolecall-audit-reader',
  max: 2,
}

/** Reads over connections of its own, so that a long look-up holds nobody up. */
export function createPostgresReader(url: string): AuditReader & { close(): Promise<void> } {
  const pool = new pg.Pool({ connectionString: url, ...bounds })
  // Unheard, the event would end the process; the next question fails, or connects anew.
  pool.on('error', () => undefined)
  const read = async (sql: string, values: (string | number)[]) => {
    try {
      return (await pool.query(sql, values)).rows
    } catch (cause) {
      throw new Refusal('store.unavailable', { detail: String(cause), cause })
    }
  }
  const stretchFrom = async (from: number | undefined) => {
    const [newestRow] = await read('select max(sequence) as n from audit', [])
    const newest = Number(newestRow?.n ?? 0)
    return stretchOf(newest, from)
  }
  return {
    async lookUp(query) {
      const { before, lowest } = await stretchFrom(query.before)
      const { sql, values } = conditionsOf(query)
      const rows = await read(
        numbered(
          `select * from audit where sequence < ? and sequence >= ? and ${sql} order by sequence desc limit ?`,
        ),
        [before, lowest, ...values, query.most],
      )
      return pageOf(rows.map(asEvent), query.most, lowest)
    },
    async lastUses({ fromMs, before: from }) {
      const { before, lowest } = await stretchFrom(from)
      return lastUsesOf(await read(numbered(lastUsesSql), [before, lowest, fromMs]), lowest)
    },
    close: () => pool.end(),
  }
}

/** `$1`, `$2` ... in the place of each `?`. Each has its type from a cast where the server could not tell. */
function numbered(sql: string): string {
  let n = 0
  return sql.replace(/length\(\?\)|'\/' \|\| \?|\?/g, part => {
    const place = `$${++n}`
    return part === '?' ? place : part.replace('?', `${place}::text`)
  })
}

/** The driver hands bigint on as text; none of ours is beyond 2^53. */
function asEvent(row: StoredEvent): StoredEvent {
  return {
    ...row,
    sequence: Number(row.sequence),
    at_ms: Number(row.at_ms),
    expires_at_ms: row.expires_at_ms === null ? null : Number(row.expires_at_ms),
  }
}
