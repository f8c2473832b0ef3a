import type { Clock } from '../base/clock.ts'
import { throttled } from '../base/refusal.ts'

export type RateLimit = {
  /** True when the key may go on; false when it has used up its tokens. */
  take(key: string): boolean
  /**
   * The same for what is answered to somebody.
   * @throws {Refusal} request.throttled, with the time until there is a token again
   */
  requireToken(key: string): void
  /** Takes back a token, for what turned out to do no harm. */
  giveBack(key: string): void
}

type Bucket = { tokens: number; atMs: number }

/**
 * A token bucket a key, in bounded memory: over `mostKeys`, the least recently seen goes. Flooding
 * the table with addresses therefore frees the flooder's own buckets, and costs him as many addresses.
 *
 * @param perSecond how fast tokens come back
 * @param burst how many there are at most
 */
export function createRateLimit(
  { perSecond, burst, mostKeys = 100_000 }: { perSecond: number; burst: number; mostKeys?: number },
  clock: Clock,
): RateLimit {
  const buckets = new Map<string, Bucket>()
  // Kept: an iterator that begins anew walks over the places of all that were dropped before.
  let inOrder = buckets.keys()

  function dropEldest(): void {
    let eldest = inOrder.next()
    if (eldest.done) {
      inOrder = buckets.keys()
      eldest = inOrder.next()
    }
    if (!eldest.done) buckets.delete(eldest.value)
  }

  function take(key: string): boolean {
    const nowMs = clock()
    const bucket = buckets.get(key) ?? { tokens: burst, atMs: nowMs }
    buckets.delete(key)
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond)
    bucket.atMs = nowMs
    const allowed = bucket.tokens >= 1
    if (allowed) bucket.tokens -= 1
    if (buckets.size >= mostKeys) dropEldest()
    buckets.set(key, bucket)
    return allowed
  }

  return {
    take,
    requireToken(key) {
      if (!take(key)) throw throttled(((1 - (buckets.get(key)?.tokens ?? 0)) / perSecond) * 1000)
    },
    giveBack(key) {
      const bucket = buckets.get(key)
      if (bucket !== undefined) bucket.tokens = Math.min(burst, bucket.tokens + 1)
    },
  }
}
