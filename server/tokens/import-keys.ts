import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Algorithm } from './read-token.ts'

/** One public key of an issuer, with the algorithms that it may be used with. */
export type IssuerKey = { kid: string | undefined; algorithms: readonly Algorithm[]; key: KeyObject }

const mostKeys = 100
const rsaAlgorithms = ['RS256', 'RS384', 'RS512'] as const
/** RFC 7518, section 3.4: each ES algorithm goes with one curve. */
const curveAlgorithms: Readonly<Record<string, Algorithm>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
}

/**
 * The keys of a JWK set that may verify ID tokens. Others are passed over, since an issuer's set may hold
 * keys for other uses: symmetric ones, encryption keys, RSA under 2048 bits, curves that we don't take. Two
 * keys of one kid are both passed over: which of them is meant can't be told.
 *
 * @see RFC 7517, section 5
 */
export function importKeys(document: unknown): IssuerKey[] {
  const { keys } = Object(document) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new TypeError('the key set has no keys')
  const imported = keys.slice(0, mostKeys).flatMap(jwk => importKey(Object(jwk)) ?? [])
  return imported.filter(
    ({ kid }) => kid === undefined || imported.filter(one => one.kid === kid).length === 1,
  )
}

function importKey(jwk: JsonWebKey & Record<string, unknown>): IssuerKey | undefined {
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined
  if (Array.isArray(jwk.key_ops) && !jwk.key_ops.includes('verify')) return undefined
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') return undefined
  // The algorithm is bound to the key, never to what a token's header says.
  const possible: readonly Algorithm[] =
    jwk.kty === 'RSA'
      ? rsaAlgorithms
      : jwk.kty === 'EC'
        ? [curveAlgorithms[String(jwk.crv)]].filter(isDefined)
        : []
  const algorithms = jwk.alg === undefined ? possible : possible.filter(one => one === jwk.alg)
  if (algorithms.length === 0) return undefined
  const key = tryImport(jwk)
  if (key === undefined || (jwk.kty === 'RSA' && !isStrongRsa(key))) return undefined
  return { kid: jwk.kid, algorithms, key }
}

/** Only the public members are handed on: a set that leaked private ones is no reason to hold them. */
function tryImport({ kty, n, e, crv, x, y }: JsonWebKey): KeyObject | undefined {
  const members = Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined)
  try {
    return createPublicKey({ key: Object.fromEntries(members), format: 'jwk' })
  } catch {
    return undefined
  }
}

/** RFC 7518, section 3.3: 2048 bits or more MUST be used. An exponent of 1 verifies anything. */
function isStrongRsa(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  return modulusLength >= 2048 && modulusLength <= 16_384 && publicExponent >= 3n
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined
}
