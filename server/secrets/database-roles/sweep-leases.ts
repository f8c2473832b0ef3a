import { Refusal } from '../../base/refusal.ts'
import type { DatabaseLease } from '../../store/database-leases.ts'
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
  // One server that hangs must not keep users at all others.
  const away = new Set<string>()
  for (;;) {
    const due = await deps.databaseLeases.due(deps.clock(), atOnce)
    if (due.length === 0) return
    // Each is claimed before it is tried, so that none comes twice in one sweep.
    await Promise.all(due.map(lease => endLease(lease, deps, away)))
  }
}

async function endOrphans(deps: SweepDeps): Promise<void> {
  const { databaseLeases, log } = deps
  const unasked: { leaseId: string; err: unknown }[] = []
  for (let after: string | undefined; ; ) {
    const leases = await databaseLeases.list({ activeOnly: true, after, most: readAtOnce })
    for (const lease of leases) {
      // Nothing that we could not ask ends a lease, nor keeps others from ending.
      await endOrphan(lease, deps).catch(err => unasked.push({ leaseId: lease.id, err }))
    }
    after = leases.at(-1)?.id
    if (leases.length < readAtOnce) break
  }
  if (unasked.length === 0) return
  log.warn(
    { ...unasked[0], leases: unasked.length },
    'whether the session of a lease is over could not be asked',
  )
}

async function endOrphan(
  { id, session }: DatabaseLease,
  { databaseLeases, requireLive, clock }: SweepDeps,
): Promise<void> {
  if (session === undefined) return
  try {
    await requireLive(JSON.parse(session))
  } catch (error) {
    if (!(error instanceof Refusal && error.reason === 'session.ended')) throw error
    await databaseLeases.end(id, clock())
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
