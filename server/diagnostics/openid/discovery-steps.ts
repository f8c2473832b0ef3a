import { Refusal } from '../../base/refusal.ts'
import { importKeys } from '../../tokens/import-keys.ts'
import type { Timed } from '../clock-step.ts'
import type { ProviderTestDeps } from '../deps.ts'
import type { Reach } from '../reach.ts'
import { ok, problem, type Step, skipped } from '../step.ts'
import { describeDifference } from './compare-issuers.ts'
import type { OpenIdProvider } from './provider.ts'

/** What its discovery document says, as far as it is needed. */
export type Metadata = Readonly<Record<string, unknown>>

type Fetched = Timed & { status: number; body: unknown; bytes: number }

const discoveryCheck = 'Discovery document'

/** @see OpenID Connect Discovery 1.0, sections 4 and 4.3 */
export async function* discoverySteps(
  { issuer, metadataIssuer = issuer, fixedMetadata, jwksUri, adviceFor }: OpenIdProvider,
  deps: ProviderTestDeps,
  reach: Reach,
): AsyncGenerator<Step, { metadata?: Metadata; timed?: Timed }> {
  if (fixedMetadata !== undefined) {
    yield ok(discoveryCheck, 'Not asked for: what it would say is known here.')
    return { metadata: fixedMetadata }
  }
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  if (!(yield* reach(url))) {
    yield skipped(discoveryCheck, 'Its host can’t be called.')
    return {}
  }
  const fetched = await fetchJson(url, deps)
  if (typeof fetched === 'string') {
    const change = `Open ${url} from this machine: it must answer with status 200 and JSON, without a redirect.`
    // With the keys' address configured the service never asks for it.
    yield jwksUri === undefined ? problem(discoveryCheck, fetched, change) : skipped(discoveryCheck, fetched)
    return {}
  }
  const metadata: Metadata = Object(fetched.body)
  yield ok(discoveryCheck, `${url}, ${fetched.bytes} bytes.`)
  yield issuerStep(metadata.issuer, metadataIssuer, adviceFor)
  return { metadata, timed: fetched }
}

function issuerStep(theirs: unknown, ours: string, adviceFor: (issuer: string) => string): Step {
  const check = 'Issuer'
  if (theirs === ours) return ok(check, `It calls itself ${ours}, as we do.`)
  if (typeof theirs !== 'string' || !URL.canParse(theirs)) {
    return problem(check, 'Its discovery document names no issuer.', 'Have the provider’s operator mend it.')
  }
  const difference = describeDifference(theirs, ours)
  return problem(
    check,
    `It calls itself ${theirs}, and here it is ${ours}: ${difference}.`,
    adviceFor(theirs),
  )
}

/** @see RFC 7517, section 5 */
export async function* keySteps(
  { issuer, jwksUri }: OpenIdProvider,
  metadata: Metadata | undefined,
  deps: ProviderTestDeps,
  reach: Reach,
): AsyncGenerator<Step, Timed | undefined> {
  const check = 'Key set'
  const url = jwksUri ?? metadata?.jwks_uri
  if (metadata === undefined && url === undefined) {
    yield skipped(check, 'The discovery document would say where it is.')
    return undefined
  }
  if (typeof url !== 'string' || !URL.canParse(url)) {
    const change = 'Have the provider’s operator publish jwks_uri.'
    yield problem(check, 'The discovery document names no key set (jwks_uri).', change)
    return undefined
  }
  if (issuer.startsWith('https:') && !url.startsWith('https:')) {
    const change = 'Have the provider’s operator serve it over https.'
    yield problem(check, `${url} is not https, and the issuer is.`, change)
    return undefined
  }
  if (!(yield* reach(url))) {
    yield skipped(check, 'Its host can’t be called.')
    return undefined
  }
  const fetched = await fetchJson(url, deps)
  if (typeof fetched === 'string') {
    yield problem(check, fetched, `Open ${url} from this machine: it must answer with a JWK set.`)
    return undefined
  }
  yield keysStep(check, url, fetched.body)
  return fetched
}

function keysStep(check: string, url: string, body: unknown): Step {
  const keys = importKeys(body)
  const all: unknown[] = Object(body).keys ?? []
  if (keys === undefined) {
    return problem(
      check,
      `${url} is no JWK set: it has no list of keys.`,
      'Have the provider’s operator mend it.',
    )
  }
  if (keys.length === 0) {
    const change =
      'Have it publish a signing key that we take: RSA of 2048 bits or more (RS256, RS384, RS512) or P-256, P-384, P-521 (ES256, ES384, ES512), each kid once.'
    return problem(check, `None of the ${all.length} keys at ${url} can be used.`, change)
  }
  const told = keys.map(({ kid, algorithms }) => `${kid ?? 'without a kid'} (${algorithms.join(', ')})`)
  return ok(check, `${keys.length} of ${all.length} keys can be used: ${told.join('; ')}.`)
}

/** What it answered, or in a sentence why there is nothing. */
async function fetchJson(url: string, { outbound, clock }: ProviderTestDeps): Promise<Fetched | string> {
  const fetched = await outbound.fetchText(url).catch((error: unknown) => {
    if (error instanceof Refusal) return `It can’t be fetched: ${error.detail}.`
    throw error
  })
  if (typeof fetched === 'string') return fetched
  if (fetched.status !== 200) return `${url} answers with status ${fetched.status}.`
  try {
    return { ...fetched, body: JSON.parse(fetched.body), bytes: fetched.body.length, atMs: clock() }
  } catch {
    return `${url} answers with what is not JSON.`
  }
}
