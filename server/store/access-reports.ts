import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** A report on when an entity used which service: it is asked for first, and fetched later. */
export type AccessReport = {
  id: string
  /** What it is about. */
  arn: string
  createdAtMs: number
  finishedAtMs?: number
  /** JSON, once it is finished. */
  findings?: string
}

export type AccessReports = {
  find(id: string): Promise<AccessReport | undefined>
  create(report: Pick<AccessReport, 'id' | 'arn' | 'createdAtMs'>): Promise<void>
  finish(id: string, findings: string, nowMs: number): Promise<void>
  prune(nowMs: number): Promise<void>
}

const keptMs = 7 * 86_400_000

export function createAccessReports(db: Kysely<Schema>): AccessReports {
  return {
    async find(id) {
      const row = await db.selectFrom('access_reports').selectAll().where('id', '=', id).executeTakeFirst()
      if (row === undefined) return undefined
      return {
        id: row.id,
        arn: row.arn,
        createdAtMs: row.created_at_ms,
        ...(row.finished_at_ms === null ? {} : { finishedAtMs: row.finished_at_ms }),
        ...(row.findings === null ? {} : { findings: row.findings }),
      }
    },
    async create({ id, arn, createdAtMs }) {
      await db.insertInto('access_reports').values({ id, arn, created_at_ms: createdAtMs }).execute()
    },
    async finish(id, findings, nowMs) {
      await db
        .updateTable('access_reports')
        .set({ findings, finished_at_ms: nowMs })
        .where('id', '=', id)
        .execute()
    },
    async prune(nowMs) {
      await db
        .deleteFrom('access_reports')
        .where('created_at_ms', '<=', nowMs - keptMs)
        .execute()
    },
  }
}
