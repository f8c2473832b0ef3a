import type { AuditRow } from './audit-event.ts'

/** Where rows become durable. */
export type AuditSink = {
  /** Answers when all rows are durable; rejects when none of them is known to be. One call at a time. */
  commit(rows: AuditRow[]): Promise<void>
  /** What the database itself says of how it syncs a commit. */
  durability: string
  end(): Promise<void>
}
