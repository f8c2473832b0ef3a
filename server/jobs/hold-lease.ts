import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { type Fence, LeaseLost, type Leases } from '../store/leases.ts'

/** What work under a lease is given. */
export type Held = {
  fence: Fence
  /** Aborted when the lease is lost, or the node stops. */
  signal: AbortSignal
}

export type HoldOptions = {
  leases: Leases
  clock: Clock
  /** How long it lasts without being renewed. */
  leaseMs: number
  /** Ends the work early. */
  signal: AbortSignal
}

/**
 * Does work under a lease, which is renewed meanwhile and released in the end. False when somebody else has the lease.
 *
 * The work is told to end while the lease still lasts: others must not find it run out before that.
 */
export async function holdLease(
  name: string,
  { leases, clock, leaseMs, signal }: HoldOptions,
  work: (held: Held) => Promise<void>,
): Promise<boolean> {
  const now = steady(clock)
  const usableMs = leaseMs * usable
  let untilMs = now() + usableMs
  // No two leases are held by one name: a fence begins at one again when the row of an old one is gone.
  const fence = await leases.take({ name, holder: randomUUID() }, clock(), Math.round(now() + leaseMs))
  if (fence === undefined) return false
  const lost = new AbortController()
  const lose = () => lost.abort(new LeaseLost(name))
  let deadline = setTimeout(lose, untilMs - now()).unref()
  let isRenewing = false
  const renew = async () => {
    // We may have been held up: whatever the database says now, another may have had it in between.
    if (now() >= untilMs) lose()
    if (isRenewing || lost.signal.aborted) return
    isRenewing = true
    const askedAtMs = now()
    try {
      if (!(await leases.renew(fence, Math.round(askedAtMs + leaseMs)))) return lose()
      untilMs = askedAtMs + usableMs
      clearTimeout(deadline)
      deadline = setTimeout(lose, untilMs - now()).unref()
    } catch {
      // The database may come back in time.
    } finally {
      isRenewing = false
    }
  }
  const renewing = setInterval(renew, leaseMs / 3).unref()
  try {
    await work({ fence, signal: AbortSignal.any([lost.signal, signal]) })
  } finally {
    clearInterval(renewing)
    clearTimeout(deadline)
    lose()
    // Where this fails, it runs out by itself.
    await leases.release(fence).catch(() => undefined)
  }
  return true
}

/** The rest is for clocks that are a little apart, and for what takes a moment to end. */
const usable = 5 / 6

/** A clock that is set back must not have others think that the lease is over; one that is set forward, us that it lasts. */
function steady(clock: Clock): Clock {
  const aheadMs = clock() - performance.now()
  return () => Math.max(clock(), performance.now() + aheadMs)
}
