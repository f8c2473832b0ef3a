import { type KeyObject, timingSafeEqual, verify as verifySignature } from 'node:crypto'
import { type Clock, toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { namesGroupsElsewhere, withGroups } from './groups-elsewhere.ts'
import { identityFromClaims, type VerifiedClaims } from './identity-from-claims.ts'
import type { KeySetCache } from './key-set-cache.ts'
import { type Algorithm, readToken, type UnverifiedToken } from './read-token.ts'

/** An issuer that is trusted, as whoever keeps the register describes it. */
export type IssuerRecord = {
  /** The `iss` that persons are keyed by. */
  issuer: string
  /** Names that a trust policy may call it by. */
  principals: readonly string[]
  /** `aws:FederatedProvider` */
  provider: string
  /** Before the colon of its condition keys: `accounts.google.com`, `gitlab.example/group`. */
  conditionPrefix: string
  /** The client ids that its tokens may be made for. */
  audiences: Pick<ReadonlySet<string>, 'has'>
  /** Where its keys are; by discovery when absent. */
  jwksUri?: string
  /** Of an issuer of our own: its key, for which nobody else is asked. */
  findKey?(algorithm: Algorithm, kid: string | undefined): Promise<KeyObject | undefined>
  /** Whether an `mfa` in its `amr` counts as a second factor here. */
  vouchesForFactors?: boolean
  demo: boolean
}

export type IdTokenVerifier = {
  /**
   * @param expected the sign-in that the token must answer
   * @throws {Refusal} token.* | issuer.unreachable | tags.invalid
   */
  verify(token: string, expected?: ExpectedSignIn): Promise<FederatedIdentity>
  /** The same, with all that the token says beside. */
  read(token: string, expected?: ExpectedSignIn): Promise<VerifiedToken>
}

export type VerifiedToken = { identity: FederatedIdentity; claims: Readonly<Record<string, unknown>> }

/** @see OpenID Connect Core 1.0, section 3.1.3.7 */
export type ExpectedSignIn = {
  /** Whom it asked; several where one provider answers as several issuers. */
  issuer: string | readonly string[]
  clientId: string
  nonce: string
  /** The person's groups, where the token has no room for them. */
  groups?(): Promise<readonly string[]>
}

export type IdTokenVerifierDeps = {
  /** The record of this `iss`; undefined when it is nobody's. */
  findIssuer(iss: string): IssuerRecord | undefined | Promise<IssuerRecord | undefined>
  keySets: KeySetCache
  clock: Clock
}

const toleranceSeconds = 300

/**
 * Verifies OpenID Connect ID tokens: their form, their issuer, the signature, and only then their claims.
 *
 * @see OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725
 */
export function createIdTokenVerifier({ findIssuer, keySets, clock }: IdTokenVerifierDeps): IdTokenVerifier {
  const verifier: IdTokenVerifier = {
    verify: async (token, expected) => (await verifier.read(token, expected)).identity,
    async read(token, expected) {
      const { algorithm, kid, payload, ...signed } = readToken(token)
      const iss = requireText(payload, 'iss')
      const issuer = await findIssuer(iss)
      if (issuer === undefined || !isSameIssuer(iss, issuer.issuer))
        throw new Refusal('token.issuerUnknown', { said: { issuer: iss }, detail: `its iss is ${iss}` })
      if (expected !== undefined && ![expected.issuer].flat().includes(issuer.issuer))
        throw new Refusal('token.rejected', { detail: `${iss} is not whom this sign-in asked` })
      const found = issuer.findKey?.(algorithm, kid) ?? keySets.findKey(issuer, algorithm, kid)
      const key = found instanceof Promise ? await found : found
      if (key === undefined) throw new Refusal('token.keyUnknown', { detail: `no key for kid ${kid}` })
      requireSignature(signed, key, algorithm)
      try {
        const claims = requireClaims(payload, issuer, toSeconds(clock()), expected)
        if (!namesGroupsElsewhere(payload)) return readAs(claims, issuer)
        const whole = await withGroups(payload, expected?.groups)
        return readAs({ ...claims, payload: whole }, issuer)
      } catch (error) {
        // The issuer did sign it: from here on the audit log may name whom it is about.
        if (error instanceof Refusal) error.concerning({ issuer: issuer.issuer, ...subjectOf(payload) })
        throw error
      }
    },
  }
  return verifier
}

function readAs(claims: VerifiedClaims, issuer: IssuerRecord): VerifiedToken {
  return { identity: identityFromClaims(claims, issuer), claims: claims.payload }
}

function subjectOf({ sub }: Record<string, unknown>): { subject?: string } {
  return typeof sub === 'string' && sub.length <= longestText ? { subject: sub } : {}
}

/**
 * The look-up may go by a path or a host; the token must name the issuer itself. Google alone writes its name
 * both ways.
 */
function isSameIssuer(iss: string, issuer: string): boolean {
  return iss === issuer || (iss === 'accounts.google.com' && issuer === `https://${iss}`)
}

const hashes = { '256': 'sha256', '384': 'sha384', '512': 'sha512' } as const

/**
 * Over the very bytes that were read, by the key's own algorithm: a second parser between the reading and
 * the signature would be a second opinion of what was signed. That key and algorithm belong together was
 * settled when the key was imported.
 *
 * @see RFC 7518, sections 3.3 (RSASSA-PKCS1-v1_5) and 3.4 (ECDSA; the signature is R and S, not DER)
 */
function requireSignature(
  { signed, signature }: Pick<UnverifiedToken, 'signed' | 'signature'>,
  key: KeyObject,
  algorithm: Algorithm,
): void {
  const hash = hashes[algorithm.slice(2) as keyof typeof hashes]
  const form = algorithm.startsWith('ES') ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key
  if (!verifySignature(hash, signed, form, signature)) {
    throw new Refusal('token.signatureWrong', { detail: `${algorithm} by the key that its kid names` })
  }
}

function requireClaims(
  payload: Record<string, unknown>,
  issuer: IssuerRecord,
  nowSeconds: number,
  expected: ExpectedSignIn | undefined,
): VerifiedClaims {
  const sub = requireText(payload, 'sub')
  const audiences = requireAudiences(payload)
  const iat = requireTime(payload, 'iat')
  const exp = requireTime(payload, 'exp')
  const nbf = payload.nbf === undefined ? iat : requireTime(payload, 'nbf')
  if (exp + toleranceSeconds <= nowSeconds) {
    throw new Refusal('token.expired', { detail: `${Math.round(nowSeconds - exp)} s ago by our clock` })
  }
  const begins = Math.max(iat, nbf)
  if (begins - toleranceSeconds > nowSeconds) {
    throw new Refusal('token.notYetValid', {
      detail: `it begins in ${Math.round(begins - nowSeconds)} s by our clock`,
    })
  }
  const aud = requireOwnAudience(payload.azp, audiences, issuer)
  if (expected !== undefined) requireAnswer(payload.nonce, aud, expected)
  return { sub, aud, audiences, payload }
}

/**
 * Whom the token was made for: `azp` where there is one, else the one `aud`. A token for several audiences
 * without an authorized party may have been got by any of them, and so proves nothing to us.
 */
function requireOwnAudience(azp: unknown, audiences: readonly string[], issuer: IssuerRecord): string {
  const [only, ...others] = audiences
  if (azp !== undefined && (typeof azp !== 'string' || azp === '')) throw audienceWrong('its azp is no name')
  if (azp === undefined && others.length > 0) {
    throw audienceWrong(`it is for ${audiences.length} audiences and names no azp`)
  }
  const audience = azp ?? only
  if (audience === undefined || !issuer.audiences.has(audience)) {
    throw audienceWrong(
      `its ${azp === undefined ? 'aud' : 'azp'} is ${audience}, which is no client id of this provider's`,
    )
  }
  return audience
}

function audienceWrong(detail: string): Refusal {
  return new Refusal('token.audienceWrong', { detail })
}

function requireAnswer(nonce: unknown, audience: string, expected: ExpectedSignIn): void {
  if (audience !== expected.clientId)
    throw audienceWrong(`it is for ${audience}, not for this sign-in's client`)
  const [a, b] = [Buffer.from(typeof nonce === 'string' ? nonce : ''), Buffer.from(expected.nonce)]
  if (a.length !== b.length || !timingSafeEqual(a, b)) {
    throw new Refusal('token.rejected', { detail: 'the nonce is not that of this sign-in' })
  }
}

function requireAudiences({ aud }: Record<string, unknown>): string[] {
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (aud === undefined || audiences.length === 0) throw missing('aud')
  if (!audiences.every(one => typeof one === 'string' && one !== '')) throw missing('aud')
  return audiences
}

const longestText = 255
const unwritable = /[\p{Cc}\p{Cs}]/u

/**
 * OpenID Connect Core, section 2: a subject has at most 255 characters. The same bound does for an issuer.
 * Lone surrogates all become one character when they are stored, and two people one person.
 */
function requireText(payload: Record<string, unknown>, claim: string): string {
  const value = payload[claim]
  if (typeof value !== 'string' || value === '' || value.length > longestText) throw missing(claim)
  if (unwritable.test(value)) throw missing(claim)
  return value
}

/** NumericDate, RFC 7519 section 2. Beyond these bounds sums lose their meaning. */
function requireTime(payload: Record<string, unknown>, claim: string): number {
  const value = payload[claim]
  if (typeof value !== 'number' || !(value >= 0 && value < 1e12)) throw missing(claim)
  return value
}

function missing(claim: string): Refusal {
  return new Refusal('token.claimMissing', {
    said: { claim },
    detail: `${claim} is missing or not of its form`,
  })
}
