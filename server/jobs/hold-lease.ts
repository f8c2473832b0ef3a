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
  /** Who holds it: a process, by a name that no other ever has. */
  holder: string
  clock: Clock
  /** How long it lasts without being renewed. */
  leaseMs: number
  /** Ends the work early. */
  signal: AbortSignal
}

/**
 * Does work under a lease, which is renewed meanwhile and released in the end. False when somebody else has the lease.
 */
export async function holdLease(
  name: string,
  { leases, holder, clock, leaseMs, signal }: HoldOptions,
  work: (held: Held) => Promise<void>,
): Promise<boolean> {
  let untilMs = clock() + leaseMs
  const fence = await leases.take({ name, holder }, clock(), untilMs)
  if (fence === undefined) return false
  const lost = new AbortController()
  const renewing = setInterval(async () => {
    const nextMs = clock() + leaseMs
    try {
      if (await leases.renew(fence, nextMs)) untilMs = nextMs
      else lost.abort(new LeaseLost(name))
    } catch {
      // The database may come back in time. If it does not, another node may have it by now.
      if (clock() >= untilMs) lost.abort(new LeaseLost(name))
    }
  }, leaseMs / 3)
  renewing.unref()
  try {
    await work({ fence, signal: AbortSignal.any([lost.signal, signal]) })
  } finally {
    clearInterval(renewing)
    // Where this fails, it runs out by itself.
    await leases.release(fence).catch(() => undefined)
  }
  return true
}
