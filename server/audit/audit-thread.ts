import { Worker } from 'node:worker_threads'
import type { AuditRow } from './audit-event.ts'
import type { AuditAnswer, AuditWorkerData } from './audit-worker.ts'

export type AuditThread = {
  /** Answers when all rows are durable; rejects when none of them is. One call at a time. */
  commit(rows: AuditRow[]): Promise<void>
  /** SQLite's own answer to `PRAGMA synchronous`: 2 is FULL. */
  synchronous: number
  /** False once the thread has died; a new one must be started. */
  alive(): boolean
  end(): Promise<void>
}

/** Starts the worker that owns the audit database. Answers when the database is open. */
export async function startAuditThread(workerData: AuditWorkerData): Promise<AuditThread> {
  const thread = new Worker(new URL('./audit-worker.ts', import.meta.url), { workerData })
  let answered = Promise.withResolvers<AuditAnswer>()
  let alive = true
  thread.on('message', (answer: AuditAnswer) => answered.resolve(answer))
  thread.on('error', error => answered.reject(error))
  thread.on('exit', () => {
    alive = false
    answered.reject(new Error('the audit thread ended'))
  })
  const { synchronous = 0 } = await answered.promise

  return {
    async commit(rows) {
      if (!alive) throw new Error('the audit thread ended')
      answered = Promise.withResolvers()
      thread.postMessage(rows)
      const { failure } = await answered.promise
      if (failure !== undefined) throw new Error(failure)
    },
    synchronous,
    alive: () => alive,
    async end() {
      // Nobody waits for this answer any more, and a rejection nobody takes would end the process.
      answered.promise.catch(() => undefined)
      await thread.terminate()
    },
  }
}
