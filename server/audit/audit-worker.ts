import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { insertRow, openAuditDatabase } from './audit-database.ts'
import type { AuditRow } from './audit-event.ts'

export type AuditWorkerData = { file: string; lockTimeoutMs: number }
/** What became of a group of rows; the first answer, before any group, says how the database syncs. */
export type AuditAnswer = { failure?: string; synchronous?: number }

const { file, lockTimeoutMs }: AuditWorkerData = workerData
const database = openAuditDatabase(file, lockTimeoutMs)
const insert = database.prepare(insertRow)

parentPort?.on('message', (rows: AuditRow[]) => answer(commit(database, insert, rows)))
// What the database says of itself, so that a test can hold it to its word.
answer({ synchronous: Number(database.prepare('PRAGMA synchronous').get()?.synchronous) })

function commit(db: DatabaseSync, statement: StatementSync, rows: AuditRow[]): AuditAnswer {
  try {
    db.exec('BEGIN IMMEDIATE')
    for (const row of rows) statement.run(...row)
    db.exec('COMMIT')
    return {}
  } catch (error) {
    // A COMMIT that failed may have left the transaction open; the group is refused as a whole.
    if (db.isTransaction) db.exec('ROLLBACK')
    return { failure: String(error) }
  }
}

function answer(message: AuditAnswer): void {
  parentPort?.postMessage(message)
}
