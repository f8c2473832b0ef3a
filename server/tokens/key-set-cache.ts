import type { KeyObject } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Outbound, OutboundResponse } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'
import { type IssuerKey, importKeys } from './import-keys.ts'
import type { Algorithm } from './read-token.ts'

export type KeySetCache = {
  /**
   * The key of an issuer by which a token of this header must verify; undefined when the issuer has none.
   * Answers at once, without a promise, while the keys are at hand.
   *
   * @throws {Refusal} issuer.unreachable
   */
  findKey(
    issuer: KeySource,
    algorithm: Algorithm,
    kid: string | undefined,
  ): KeyObject | undefined | Promise<KeyObject | undefined>
}

/** Where an issuer's keys are: at `jwksUri`, or where its discovery document says. */
export type KeySource = { issuer: string; jwksUri?: string }

export type KeySetCacheDeps = {
  outbound: Outbound
  clock: Clock
  log?: { warn(context: object, message: string): void }
}

const coolDownMs = 10_000
const longestStaleMs = 24 * 3_600_000
const fresh = { leastMs: 60_000, usualMs: 600_000, mostMs: 24 * 3_600_000 }

type KeySet = {
  keys: readonly IssuerKey[]
  fetchedAtMs: number
  freshUntilMs: number
}

/** What is known of one issuer. */
type Entry = {
  set?: KeySet
  /** The fetch under way, shared by everybody who needs it. */
  fetching?: Promise<void> | undefined
  lastTriedAtMs: number
}

/**
 * Keeps each trusted issuer's key set whole, with its keys imported. Only issuers that are registered ever
 * come here, so that the number of entries is the operator's.
 *
 * A stranger chooses the `kid`, and may send junk as fast as they like: an unknown one has the set fetched
 * again, but never sooner than ten seconds after the last try. A new key of the issuer's is therefore known
 * ten seconds after its first use at the latest, whatever else is sent. While the issuer is down, known
 * keys serve for a day.
 */
export function createKeySetCache({ outbound, clock, log }: KeySetCacheDeps): KeySetCache {
  const entries = new Map<string, Entry>()

  function refresh(source: KeySource, entry: Entry): Promise<void> {
    entry.fetching ??= fetchSet(outbound, source, clock)
      .then(set => {
        entry.set = set
      })
      .catch(error =>
        log?.warn({ issuer: source.issuer, err: String(error) }, 'the key set could not be fetched'),
      )
      .finally(() => {
        entry.fetching = undefined
      })
    entry.lastTriedAtMs = clock()
    return entry.fetching
  }

  async function findAfterRefresh(
    source: KeySource,
    entry: Entry,
    algorithm: Algorithm,
    kid: string | undefined,
  ): Promise<KeyObject | undefined> {
    await (entry.fetching ?? refresh(source, entry))
    return findIn(requireUsable(source, entry, clock()), algorithm, kid)
  }

  return {
    findKey(source, algorithm, kid) {
      const nowMs = clock()
      const entry = entryOf(entries, source)
      const mayFetch = nowMs - entry.lastTriedAtMs >= coolDownMs
      const usable = entry.set !== undefined && nowMs - entry.set.fetchedAtMs < longestStaleMs
      if (!usable) {
        if (entry.fetching !== undefined || mayFetch) return findAfterRefresh(source, entry, algorithm, kid)
        requireUsable(source, entry, nowMs)
      }
      const key = entry.set && findIn(entry.set, algorithm, kid)
      if (key === undefined && (entry.fetching !== undefined || mayFetch)) {
        return findAfterRefresh(source, entry, algorithm, kid)
      }
      // Old but known: it serves, and the next one finds it fresh.
      if (entry.set && nowMs >= entry.set.freshUntilMs && mayFetch) void refresh(source, entry)
      return key
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

function requireUsable({ issuer }: KeySource, { set }: Entry, nowMs: number): KeySet {
  if (set !== undefined && nowMs - set.fetchedAtMs < longestStaleMs) return set
  throw new Refusal('issuer.unreachable', { detail: `no usable key set of ${issuer}` })
}

/** Without a kid, a key is meant only when there is no choice. */
function findIn({ keys }: KeySet, algorithm: Algorithm, kid: string | undefined): KeyObject | undefined {
  const suitable = keys.filter(one => one.algorithms.includes(algorithm))
  if (kid !== undefined) return suitable.find(one => one.kid === kid)?.key
  return keys.length === 1 ? suitable[0]?.key : undefined
}

async function fetchSet(outbound: Outbound, source: KeySource, clock: Clock): Promise<KeySet> {
  const response = await fetchJson(
    outbound,
    source.jwksUri ?? (await discoverKeySet(outbound, source.issuer)),
  )
  const keys = importKeys(response.json)
  const nowMs = clock()
  return { keys, fetchedAtMs: nowMs, freshUntilMs: nowMs + freshFor(response.headers['cache-control']) }
}

/** @see OpenID Connect Discovery 1.0, section 4.3: the issuer MUST be exactly the one that was asked for. */
async function discoverKeySet(outbound: Outbound, issuer: string): Promise<string> {
  const { json } = await fetchJson(outbound, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const metadata = Object(json) as { issuer?: unknown; jwks_uri?: unknown }
  if (metadata.issuer !== issuer) throw new Error('the discovery document is of another issuer')
  if (typeof metadata.jwks_uri !== 'string') throw new Error('the discovery document names no key set')
  return metadata.jwks_uri
}

async function fetchJson(outbound: Outbound, url: string): Promise<OutboundResponse & { json: unknown }> {
  const response = await outbound.fetchText(url)
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
  return { ...response, json: JSON.parse(response.body) }
}

function freshFor(cacheControl: string | undefined): number {
  const seconds = /(?:^|[\s,])max-age=(\d{1,9})/.exec(cacheControl ?? '')?.[1]
  const wishedMs = seconds === undefined ? fresh.usualMs : Number(seconds) * 1000
  return Math.min(fresh.mostMs, Math.max(fresh.leastMs, wishedMs))
}
