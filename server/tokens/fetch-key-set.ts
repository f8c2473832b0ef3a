import type { Clock } from '../base/clock.ts'
import type { Outbound } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'
import { type IssuerKey, importKeys } from './import-keys.ts'

/** Where an issuer's keys are: at `jwksUri`, or where its discovery document says. */
export type KeySource = { issuer: string; jwksUri?: string }

export type FetchedKeys = { keys: readonly IssuerKey[]; freshUntilMs: number }

/** For discovery and key set together. */
const deadlineMs = 5_000
const freshness = { leastMs: 60_000, usualMs: 600_000, mostMs: 24 * 3_600_000 }

/**
 * Fetches an issuer's key set.
 *
 * @throws {Refusal} issuer.unreachable, also when what it serves is no key set
 */
export async function fetchKeySet(
  outbound: Outbound,
  { issuer, jwksUri }: KeySource,
  clock: Clock,
): Promise<FetchedKeys> {
  const signal = AbortSignal.timeout(deadlineMs)
  const url = jwksUri ?? (await discoverKeySet(outbound, issuer, signal))
  const { status, headers, body } = await outbound.fetchJson(url, { signal })
  const keys = status === 200 ? importKeys(body) : undefined
  if (keys === undefined) throw unusable(`no key set at ${url}, status ${status}`)
  return { keys, freshUntilMs: clock() + freshForMs(headers['cache-control']) }
}

/** @see OpenID Connect Discovery 1.0, sections 4 and 4.3: the issuer MUST be exactly the one asked for. */
async function discoverKeySet(outbound: Outbound, issuer: string, signal: AbortSignal): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { status, body } = await outbound.fetchJson(url, { signal })
  const metadata: { issuer?: unknown; jwks_uri?: unknown } = Object(body)
  if (status !== 200 || metadata.issuer !== issuer) throw unusable(`no metadata of ${issuer} at ${url}`)
  const { jwks_uri: jwksUri } = metadata
  if (typeof jwksUri !== 'string') throw unusable(`the metadata of ${issuer} names no key set`)
  // Plain http is for loopback in development. What https vouches for must not come to depend on it.
  if (issuer.startsWith('https:') && !jwksUri.startsWith('https:')) throw unusable(`${jwksUri} is not https:`)
  return jwksUri
}

/** Kept in bounds: no issuer can have us ask at every request, nor keep a withdrawn key for longer than a day. */
function freshForMs(cacheControl = ''): number {
  const seconds = /max-age=(\d{1,9})/i.exec(cacheControl)?.[1]
  const wishedMs = seconds === undefined ? freshness.usualMs : Number(seconds) * 1000
  return Math.min(freshness.mostMs, Math.max(freshness.leastMs, wishedMs))
}

function unusable(detail: string): Refusal {
  return new Refusal('issuer.unreachable', { detail })
}
