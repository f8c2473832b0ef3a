import type { AuditSink } from './audit-sink.ts'
import { startAuditThread } from './audit-thread.ts'

export type SqliteSinkOptions = {
  file: string
  /** How long a commit waits for another writer's lock. */
  lockTimeoutMs?: number | undefined
}

/**
 * The audit log in a SQLite file of its own, written on a thread of its own, so that the event loop never waits
 * for the disk. A thread that died is replaced at the next group; until that succeeds, groups fail.
 */
export async function openSqliteSink({ file, lockTimeoutMs = 5_000 }: SqliteSinkOptions): Promise<AuditSink> {
  let thread = await startAuditThread({ file, lockTimeoutMs })
  return {
    durability: `synchronous = ${thread.synchronous}`,
    async commit(rows) {
      if (!thread.alive()) thread = await startAuditThread({ file, lockTimeoutMs })
      await thread.commit(rows)
    },
    end: () => thread.end(),
  }
}
