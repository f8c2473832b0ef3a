import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'

/** Those that GetWebIdentityToken offers. @see RFC 7518, sections 3.3 and 3.4 */
export const identityAlgorithms = ['RS256', 'ES384'] as const
export type IdentityAlgorithm = (typeof identityAlgorithms)[number]

export type IdentityKey = { kid: string; algorithm: IdentityAlgorithm; privateKey: KeyObject }

/** Signs claims as they are: the caller has put in issuer, audience and times. */
export function signIdentityToken({ kid, algorithm, privateKey }: IdentityKey, claims: object): string {
  return jwt.sign(claims, privateKey, { algorithm, header: { alg: algorithm, typ: 'JWT', kid } })
}

/** As others read it. */
export function publishedKey({ kid, algorithm, privateKey }: IdentityKey): object {
  return { ...publicJwk(privateKey), kid, use: 'sig', alg: algorithm }
}

/** Which of them a key is for; undefined for any other key. */
export function algorithmOf(privateKey: KeyObject): IdentityAlgorithm | undefined {
  if (privateKey.asymmetricKeyType === 'rsa') return 'RS256'
  return privateKey.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'ES384' : undefined
}

/** A key's name by its own content. @see RFC 7638, sections 3.1 and 3.2 */
export function identityKeyId(privateKey: KeyObject): string {
  const { crv, e, kty, n, x, y } = publicJwk(privateKey)
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}

function publicJwk(privateKey: KeyObject): JsonWebKey {
  return createPublicKey(privateKey).export({ format: 'jwk' })
}
