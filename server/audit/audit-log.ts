import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import { type AuditEvent, type AuditRow, rowOf } from './audit-event.ts'
import type { AuditSink } from './audit-sink.ts'
import { createGroupCommit } from './group-commit.ts'
import { createRefusalFold } from './refusal-fold.ts'

export type AuditLog = {
  /**
   * Answers when the event is durable.
   * @throws {Refusal} audit.unavailable when the log is full or can't be written
   */
  record(event: AuditEvent): Promise<void>
  /** Writes a refusal down in its own time; folds it when its address has too many. */
  note(event: AuditEvent): void
  /** Whether rows can be made durable at this moment. @throws {Refusal} audit.unavailable when they can't */
  ping(): Promise<void>
  /** Everything that was recorded and noted is durable when this answers. */
  close(): Promise<void>
}

export type AuditOptions = {
  sink: AuditSink
  clock: Clock
  /** Told when a group could not be written. */
  onFailure: (failure: string) => void
  /** Rows that may wait at most; beyond that `record` refuses at once. */
  mostWaiting?: number
  /** How long a row may take to become durable before whoever waits for it is refused. */
  deadlineMs?: number
  /** How often folded refusals are written. */
  foldEveryMs?: number
}

const mostInGroup = 500
const probeMs = 3_000
/** Refusals may take this share of the queue, so that strangers never crowd out credentials. */
const shareOfNotes = 0.5

/** Opens the audit log on what makes its rows durable, which it ends with itself. */
export function openAuditLog(options: AuditOptions): AuditLog {
  const { sink, clock, onFailure, mostWaiting = 20_000, foldEveryMs = 10_000, deadlineMs = 15_000 } = options
  const fold = createRefusalFold(clock)
  const group = createGroupCommit<AuditRow>(sink.commit, { mostInGroup, deadlineMs })
  let probing: Promise<void> | undefined
  let closing = false
  let closed = false

  /** What can't be written now is counted again, so that it is in some later row. */
  function add(event: AuditEvent): void {
    group.add(rowOf(event)).catch(error => {
      onFailure(String(error))
      fold.add(event)
    })
  }

  function write(event: AuditEvent): void {
    if (group.waiting() >= mostWaiting * shareOfNotes) fold.add(event)
    else add(event)
  }

  function writeFolded(): void {
    for (const event of fold.take()) write(event)
  }

  const timer = setInterval(writeFolded, foldEveryMs)
  timer.unref()

  return {
    async record(event) {
      if (closing || group.waiting() >= mostWaiting) {
        throw new Refusal('audit.unavailable', { detail: 'the audit queue is full' })
      }
      try {
        await group.add(rowOf(event))
      } catch (error) {
        onFailure(String(error))
        throw new Refusal('audit.unavailable', { detail: String(error) })
      }
    },
    ping() {
      probing ??= within(probeMs, group.probe())
        .catch(error => {
          throw new Refusal('audit.unavailable', { detail: String(error) })
        })
        .finally(() => {
          probing = undefined
        })
      return probing
    },
    note(event) {
      // A group would start the thread again, and nobody would ever end it.
      if (closed) onFailure('a refusal came after the audit log was closed')
      else if (fold.mayPass(event)) write(event)
      else fold.add(event)
    },
    async close() {
      clearInterval(timer)
      closing = true
      for (const event of fold.take()) add(event)
      await group.drained()
      closed = true
      const lost = fold.take().reduce((sum, { count = 1 }) => sum + count, 0)
      if (lost > 0) onFailure(`${lost} refusals could not be written before the audit log was closed`)
      await sink.end()
    },
  }
}

async function within(ms: number, done: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`not durable within ${ms} ms`)), ms)
  try {
    await Promise.race([done, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
