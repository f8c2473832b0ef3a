import { Refusal } from '../../base/refusal.ts'
import type { DatabaseRoleDeps, TakenBy } from './deps.ts'
import { endLease } from './end-lease.ts'

const readAtOnce = 200
const atOnce = 4

export type SweepDeps = DatabaseRoleDeps & {
  /** @throws {Refusal} session.ended */
  requireLive(taken: TakenBy): Promise<void>
}

/** Drops the users of leases that are over, or whose session is. */
export async function sweepLeases(deps: SweepDeps): Promise<void> {
  await endOrphans(deps)
  for (;;) {
    const due = await deps.databaseLeases.due(deps.clock(), atOnce)
    if (due.length === 0) return
    // Each is claimed before it is tried, so that none comes twice in one sweep.
    await Promise.all(due.map(lease => endLease(lease, deps)))
  }
}

async function endOrphans({ databaseLeases, requireLive, clock }: SweepDeps): Promise<void> {
  for (let after: string | undefined; ; ) {
    const leases = await databaseLeases.list({ activeOnly: true, after, most: readAtOnce })
    for (const { id, session } of leases) {
      if (session === undefined) continue
      try {
        await requireLive(JSON.parse(session))
      } catch (error) {
        // Nothing that we could not ask ends a lease.
        if (error instanceof Refusal && error.reason === 'session.ended')
          await databaseLeases.end(id, clock())
        else throw error
      }
    }
    after = leases.at(-1)?.id
    if (leases.length < readAtOnce) return
  }
}

const everyMs = 2_000

/** Sweeps from time to time, one sweep after the other. Answers what ends that, when the last sweep has ended. */
export function keepSweeping(deps: SweepDeps): () => Promise<void> {
  let sweeping: Promise<void> | undefined
  const timer = setInterval(() => {
    sweeping ??= sweepLeases(deps)
      .catch(error => deps.log.warn({ err: error }, 'leases of databases could not be looked through'))
      .finally(() => {
        sweeping = undefined
      })
  }, everyMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await sweeping
  }
}
