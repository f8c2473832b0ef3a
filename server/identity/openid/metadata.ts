import type { ServerMetadata } from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import type { Outbound } from '../../base/outbound.ts'
import { Refusal } from '../../base/refusal.ts'
import { createBoundedFetch } from './bounded-fetch.ts'
import { fixedMetadataOf, metadataIssuerOf, type OidcClient } from './client.ts'

const freshMs = 3_600_000
/** Past their freshness, how long metadata serve while the provider does not answer. */
const longestStaleMs = 24 * 3_600_000
const coolDownMs = 10_000

/** @throws {Refusal} issuer.unreachable, also when what it serves is of no use */
export type MetadataOf = () => Promise<ServerMetadata>

/**
 * A provider's metadata, fetched when somebody first signs in with it, by one fetch at a time. A failure is
 * remembered for ten seconds: whoever begins sign-ins over and over must not have us ask each time.
 */
export function createMetadataCache(client: OidcClient, outbound: Outbound, clock: Clock): MetadataOf {
  const fixed = fixedMetadataOf(client)
  let held: { metadata: ServerMetadata; atMs: number } | undefined
  let failure: { why: string; atMs: number } | undefined
  let fetching: Promise<void> | undefined

  async function refresh(): Promise<void> {
    try {
      held = { metadata: await discover(client, outbound), atMs: clock() }
      failure = undefined
    } catch (error) {
      failure = { why: reasonOf(error), atMs: clock() }
    }
  }

  return async () => {
    if (fixed !== undefined) return fixed
    if (held !== undefined && clock() - held.atMs < freshMs) return held.metadata
    if (failure === undefined || clock() - failure.atMs >= coolDownMs) {
      fetching ??= refresh().finally(() => {
        fetching = undefined
      })
      await fetching
    }
    if (held !== undefined && clock() - held.atMs < longestStaleMs) return held.metadata
    throw new Refusal('issuer.unreachable', { detail: `metadata of ${client.issuer}: ${failure?.why}` })
  }
}

/** @see OpenID Connect Discovery 1.0, section 4 */
async function discover(client: OidcClient, outbound: Outbound): Promise<ServerMetadata> {
  const oidc = await import('openid-client')
  const { issuer, clientId } = client
  const isPlain = issuer.startsWith('http:')
  const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const found = await oidc.discovery(url, clientId, undefined, oidc.None(), {
    [oidc.customFetch]: createBoundedFetch(outbound),
    ...(isPlain ? { execute: [oidc.allowInsecureRequests] } : {}),
  })
  const metadata = found.serverMetadata()
  requireUse(metadata, metadataIssuerOf(client), isPlain)
  return metadata
}

function requireUse(metadata: ServerMetadata, issuer: string, isPlain: boolean): void {
  // Section 4.3: MUST be exactly the same. The library would let a slash more or less pass.
  if (metadata.issuer !== issuer) throw new Error('they are of another issuer')
  for (const name of ['authorization_endpoint', 'token_endpoint'] as const) {
    const url = URL.parse(String(metadata[name]))
    const isHttp = url?.protocol === 'https:' || (isPlain && url?.protocol === 'http:')
    // Plain http is for loopback in development. What https vouches for must not come to depend on it.
    if (!isHttp) throw new Error(`their ${name} is not https`)
  }
  // RFC 9700, section 2.1.1. Many don't say which methods they know: then S256 is sent all the same, and the nonce
  // binds the code as well.
  const methods: unknown = metadata.code_challenge_methods_supported
  if (methods !== undefined && !(Array.isArray(methods) && methods.includes('S256'))) {
    throw new Error('they offer no PKCE with S256')
  }
}

/** Never the answer itself: it is a stranger's. */
function reasonOf(error: unknown): string {
  const refusal = refusalIn(error)
  if (refusal !== undefined) return refusal.detail ?? refusal.reason
  return error instanceof Error ? error.message : String(error)
}

/** `outbound` refuses below the library, which wraps what it doesn't know. */
export function refusalIn(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  return error instanceof Error && error.cause !== undefined ? refusalIn(error.cause) : undefined
}
