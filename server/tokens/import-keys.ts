import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Algorithm } from './read-token.ts'

/** One public key of an issuer, with the algorithms that it may be used with. */
export type IssuerKey = { kid: string | undefined; algorithms: readonly Algorithm[]; key: KeyObject }

const mostKeys = 100
const rsaAlgorithms = ['RS256', 'RS384', 'RS512'] as const
/** RFC 7518, section 3.4: each ES algorithm goes with one curve. */
const curveAlgorithms = new Map<unknown, Algorithm>([
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
])

/**
 * The keys of a JWK set that may verify ID tokens; undefined when it is no JWK set. Others are passed over,
 * since an issuer's set may hold keys for other uses: symmetric ones, encryption keys, RSA under 2048 bits,
 * curves that we don't take. Two keys of one kid are both passed over: which is meant can't be told.
 *
 * @see RFC 7517, section 5
 */
export function importKeys(document: unknown): IssuerKey[] | undefined {
  const { keys }: { keys?: unknown } = Object(document)
  if (!Array.isArray(keys)) return undefined
  const imported = keys.slice(0, mostKeys).flatMap(jwk => importKey(Object(jwk)) ?? [])
  const isOnly = (kid: string) => imported.filter(one => one.kid === kid).length === 1
  return imported.filter(({ kid }) => kid === undefined || isOnly(kid))
}

function importKey(jwk: JsonWebKey & Record<string, unknown>): IssuerKey | undefined {
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify')))
    return undefined
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') return undefined
  const algorithms = algorithmsOf(jwk)
  if (algorithms.length === 0) return undefined
  const key = tryImport(jwk)
  if (key === undefined || (jwk.kty === 'RSA' && !isSoundRsa(key))) return undefined
  return { kid: jwk.kid, algorithms, key }
}

/** The algorithm is bound to the key, whatever a token's header says. */
function algorithmsOf({ kty, crv, alg }: JsonWebKey & Record<string, unknown>): readonly Algorithm[] {
  if (kty !== 'RSA' && kty !== 'EC') return []
  const ofCurve = curveAlgorithms.get(crv)
  const possible = kty === 'RSA' ? rsaAlgorithms : ofCurve === undefined ? [] : [ofCurve]
  return alg === undefined ? possible : possible.filter(one => one === alg)
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

/**
 * RFC 7518, section 3.3: 2048 bits or more MUST be used. With an exponent of 1 anything verifies, and a huge
 * exponent or modulus makes each verification slow.
 */
function isSoundRsa({ asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {}
  const isSize = modulusLength >= 2048 && modulusLength <= 8192
  return isSize && publicExponent >= 3n && publicExponent < 2n ** 32n && publicExponent % 2n === 1n
}
