import { DatabaseSync } from 'node:sqlite'
import { type AuditReader, conditionsOf, mostScanned, pageOf, type StoredEvent } from './audit-reader.ts'

/** Reads beside the thread that writes: SQLite's readers never wait for a writer. Opened at the first question. */
export function createSqliteReader(file: string): AuditReader & { close(): void } {
  let database: DatabaseSync | undefined
  return {
    async lookUp(query) {
      database ??= new DatabaseSync(file, { readOnly: true })
      const newest = Number(database.prepare('select max(sequence) as n from audit').get()?.n ?? 0)
      const before = Math.min(query.before ?? newest + 1, newest + 1)
      const lowest = Math.max(1, before - mostScanned)
      const { sql, values } = conditionsOf(query)
      const rows = database
        .prepare(
          `select * from audit where sequence < ? and sequence >= ? and ${sql} order by sequence desc limit ?`,
        )
        .all(before, lowest, ...values, query.most)
      return pageOf(rows as unknown as StoredEvent[], query.most, lowest)
    },
    close() {
      database?.close()
    },
  }
}
