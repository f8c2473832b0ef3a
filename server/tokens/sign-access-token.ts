import { createHash, createPublicKey, type KeyObject, randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { type Clock, toSeconds } from '../base/clock.ts'

/** A P-256 key pair, by its private half. */
export type SigningKey = { kid: string; privateKey: KeyObject }

export type SignedToken = { token: string; jti: string; expiresAtSeconds: number }

/** What a bearer token says beside what the signer itself puts in. */
export type AccessTokenClaims = { sub: string; client_id: string; [claim: string]: unknown }

export type TokenSigner = {
  /** @throws {RangeError} for a lifetime that is not from 1 to 900 seconds */
  sign(claims: AccessTokenClaims, options: { audience: string; seconds: number }): SignedToken
  /** The public keys, as a JWK set. */
  jwks(): { keys: object[] }
}

const longestSeconds = 900

/**
 * Signs bearer tokens (ES256) with the first key; all keys are published, so that tokens outlive a change.
 *
 * @see RFC 9068 (JWT profile for OAuth 2.0 access tokens)
 */
export function createTokenSigner({
  keys,
  issuer,
  clock,
}: {
  keys: readonly [SigningKey, ...SigningKey[]]
  issuer: string
  clock: Clock
}): TokenSigner {
  const [{ kid, privateKey }] = keys
  const published = keys.map(key => ({
    ...publicJwk(key.privateKey),
    kid: key.kid,
    use: 'sig',
    alg: 'ES256',
  }))
  return {
    sign(claims, { audience, seconds }) {
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestSeconds) {
        throw new RangeError(`a token lives for 1 to ${longestSeconds} whole seconds`)
      }
      const iat = toSeconds(clock())
      const jti = randomUUID()
      const payload = { ...claims, iss: issuer, aud: audience, iat, exp: iat + seconds, jti }
      const token = jwt.sign(payload, privateKey, {
        algorithm: 'ES256',
        // `typ` keeps it from being taken for an ID token: RFC 9068, section 2.1.
        header: { alg: 'ES256', typ: 'at+jwt', kid },
      })
      return { token, jti, expiresAtSeconds: iat + seconds }
    },
    jwks: () => ({ keys: published }),
  }
}

/** A key's name by its own content. @see RFC 7638, section 3.2 */
export function thumbprint(privateKey: KeyObject): string {
  const { crv, kty, x, y } = publicJwk(privateKey)
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

function publicJwk(privateKey: KeyObject) {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  // RFC 7518, section 3.4: ES256 goes with P-256 alone.
  if (jwk.crv !== 'P-256') throw new TypeError('a signing key is not on P-256')
  return jwk
}
