import type { KeyObject } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Outbound } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'
import { type FetchedKeys, fetchKeySet, type KeySource } from './fetch-key-set.ts'
import type { Algorithm } from './read-token.ts'

export type KeySetCache = {
  /**
   * The key of an issuer by which a token of this header must verify; undefined when the issuer has none.
   * Answers at once, without a promise, while the key is at hand.
   *
   * @throws {Refusal} issuer.unreachable
   */
  findKey(
    source: KeySource,
    algorithm: Algorithm,
    kid: string | undefined,
  ): KeyObject | undefined | Promise<KeyObject | undefined>
}

export type KeySetCacheDeps = {
  outbound: Outbound
  clock: Clock
  log?: { warn(context: object, message: string): void }
}

const coolDownMs = 10_000
/** Past its freshness, how long a key serves while the issuer is asked in the background. */
const overlapMs = 10 * 60_000
/** Past its freshness, how long a key serves while the issuer does not answer. */
const longestStaleMs = 24 * 3_600_000

/** What is known of one issuer. */
type Entry = {
  set?: FetchedKeys
  /** The fetch under way, shared by everybody who needs it. It never rejects. */
  fetching?: Promise<void> | undefined
  lastTriedAtMs: number
  /** When and why the last try failed, if it did. */
  failure?: { atMs: number; why: string } | undefined
}

/**
 * Keeps each trusted issuer's key set whole, with its keys imported. Only issuers that are registered ever
 * come here, so that the number of entries is the operator's. Each is kept by itself: one that is broken
 * or slow is felt by its own people alone.
 *
 * A stranger chooses the `kid`, and may send junk as fast as they like: an unknown one has the set fetched
 * again, but never sooner than ten seconds after the last try began. A new key of the issuer's is therefore
 * found ten seconds after it was published at the latest, whatever else is sent. While the issuer is down,
 * known keys serve for a day.
 */
export function createKeySetCache({ outbound, clock, log }: KeySetCacheDeps): KeySetCache {
  const entries = new Map<string, Entry>()

  async function refresh(source: KeySource, entry: Entry): Promise<void> {
    try {
      entry.set = await fetchKeySet(outbound, source, clock)
      entry.failure = undefined
    } catch (error) {
      const why = error instanceof Refusal ? (error.detail ?? error.reason) : String(error)
      entry.failure = { atMs: clock(), why }
      log?.warn({ issuer: source.issuer, failure: why }, 'the key set could not be fetched')
    } finally {
      entry.fetching = undefined
    }
  }

  /** The fetch to wait for; undefined while it is too soon for another. */
  function fetchUnlessCooling(source: KeySource, entry: Entry, nowMs: number): Promise<void> | undefined {
    if (entry.fetching === undefined && nowMs - entry.lastTriedAtMs >= coolDownMs) {
      entry.lastTriedAtMs = nowMs
      entry.fetching = refresh(source, entry)
    }
    return entry.fetching
  }

  return {
    findKey(source, algorithm, kid) {
      const nowMs = clock()
      const entry = entryOf(entries, source)
      const key = findHeld(entry, nowMs, algorithm, kid)
      if (key !== undefined && entry.set && nowMs < entry.set.freshUntilMs) return key

      const fetching = fetchUnlessCooling(source, entry, nowMs)
      if (key !== undefined && servesMeanwhile(entry, nowMs)) return key
      if (fetching === undefined) return settle(source, entry, key)
      return fetching.then(() => settle(source, entry, findHeld(entry, clock(), algorithm, kid)))
    },
  }
}

function entryOf(entries: Map<string, Entry>, { issuer, jwksUri = '' }: KeySource): Entry {
  const name = `${issuer} ${jwksUri}`
  const known = entries.get(name)
  if (known !== undefined) return known
  const entry: Entry = { lastTriedAtMs: Number.NEGATIVE_INFINITY }
  entries.set(name, entry)
  return entry
}

/**
 * Whether a key that is no longer fresh serves before the issuer has answered. Not when nobody asked for
 * long: a key that was withdrawn hours ago must not pass once more.
 */
function servesMeanwhile({ set, failure }: Entry, nowMs: number): boolean {
  const lastHeardOfMs = Math.max(set?.freshUntilMs ?? 0, failure?.atMs ?? 0)
  return nowMs < lastHeardOfMs + overlapMs
}

/** A key that is not known while the issuer is down may well be a good one: that is not the token's fault. */
function settle(
  { issuer }: KeySource,
  { failure }: Entry,
  key: KeyObject | undefined,
): KeyObject | undefined {
  if (key === undefined && failure !== undefined) {
    throw new Refusal('issuer.unreachable', { detail: `the keys of ${issuer}: ${failure.why}` })
  }
  return key
}

/** Without a kid, a key is meant only when there is no choice. */
function findHeld(
  { set }: Entry,
  nowMs: number,
  algorithm: Algorithm,
  kid: string | undefined,
): KeyObject | undefined {
  if (set === undefined || nowMs >= set.freshUntilMs + longestStaleMs) return undefined
  const suitable = set.keys.filter(
    one => one.algorithms.includes(algorithm) && (kid === undefined || one.kid === kid),
  )
  return suitable.length === 1 ? suitable[0]?.key : undefined
}
