import { DatabaseSync } from 'node:sqlite'
import {
  type AuditReader,
  conditionsOf,
  lastUsesOf,
  lastUsesSql,
  pageOf,
  type StoredEvent,
  stretchOf,
} from './audit-reader.ts'

/** Reads beside the thread that writes: SQLite's readers never wait for a writer. Opened at the first question. */
export function createSqliteReader(file: string): AuditReader & { close(): void } {
  let database: DatabaseSync | undefined
  const open = () => {
    database ??= new DatabaseSync(file, { readOnly: true })
    return database
  }
  const stretchFrom = (from: number | undefined) => {
    const newest = Number(open().prepare('select max(sequence) as n from audit').get()?.n ?? 0)
    return stretchOf(newest, from)
  }
  return {
    async lookUp(query) {
      const { before, lowest } = stretchFrom(query.before)
      const { sql, values } = conditionsOf(query)
      const rows = open()
        .prepare(
          `select * from audit where sequence < ? and sequence >= ? and ${sql} order by sequence desc limit ?`,
        )
        .all(before, lowest, ...values, query.most)
      return pageOf(rows as unknown as StoredEvent[], query.most, lowest)
    },
    async lastUses({ fromMs, before: from }) {
      // The log is read on this thread: requests must come in between.
      await new Promise(resolve => setImmediate(resolve))
      const { before, lowest } = stretchFrom(from)
      return lastUsesOf(open().prepare(lastUsesSql).all(before, lowest, fromMs), lowest)
    },
    close() {
      database?.close()
    },
  }
}
