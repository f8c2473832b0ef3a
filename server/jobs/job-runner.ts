import type { Clock } from '../base/clock.ts'
import type { Leases } from '../store/leases.ts'
import { type Held, holdLease } from './hold-lease.ts'

export type JobRunner = {
  /** Something may be due: look now rather than at the next time. */
  wake(): void
  /** Begins nothing more; what is being done has this long to end, and is broken off then. */
  stop(graceMs: number): Promise<void>
}

export type JobOptions = {
  /** What is due and under nobody's lease, the most urgent first. */
  findDue(most: number): Promise<string[]>
  /** The lease under which such a thing is done. */
  leaseOf(key: string): string
  /** Does it. What it throws is logged, and it is due again. */
  run(key: string, held: Held): Promise<void>
  leases: Leases
  clock: Clock
  leaseMs: number
  /** How many are done at once on this node. */
  mostAtOnce: number
  everyMs: number
  log: { error(context: object, message: string): void }
}

/** Looks for what is due and does it, beside other nodes that do the same. */
export function startJobRunner(options: JobOptions): JobRunner {
  const { findDue, leaseOf, run, mostAtOnce, everyMs, log } = options
  const running = new Map<string, Promise<void>>()
  const stopping = new AbortController()
  let isStopped = false
  let looking: Promise<void> | undefined
  let isAskedAgain = false

  async function look(): Promise<void> {
    const free = mostAtOnce - running.size
    if (free <= 0 || isStopped) return
    // Those that run here are leased, but for a moment at their beginning.
    const due = await findDue(mostAtOnce + free)
    const fresh = due.filter(key => !running.has(key)).slice(0, free)
    if (!isStopped) for (const key of fresh) begin(key)
  }

  function begin(key: string): void {
    const doing = holdLease(leaseOf(key), { ...options, signal: stopping.signal }, held => run(key, held))
      .catch(error => {
        log.error({ err: error, key }, 'a job failed')
        return false
      })
      .then(wasDone => {
        running.delete(key)
        // One that failed or is another node's must not be tried over and over: that one waits for the next look.
        if (wasDone) wake()
      })
    running.set(key, doing)
  }

  function wake(): void {
    if (isStopped) return
    if (looking !== undefined) {
      isAskedAgain = true
      return
    }
    isAskedAgain = false
    looking = look()
      .catch(error => log.error({ err: error }, 'what is due could not be looked up'))
      .finally(() => {
        looking = undefined
        if (isAskedAgain) wake()
      })
  }

  const timer = setInterval(wake, everyMs)
  timer.unref()
  return {
    wake,
    async stop(graceMs) {
      isStopped = true
      clearInterval(timer)
      await looking
      const breakOff = setTimeout(() => stopping.abort(new Error('stopping')), graceMs)
      await Promise.all(running.values())
      clearTimeout(breakOff)
    },
  }
}
