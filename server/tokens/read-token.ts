import { isUtf8 } from 'node:buffer'
import { Refusal } from '../base/refusal.ts'
import { parseStrictObject } from '../base/strict-json.ts'

/** The longest token that is looked at. @see AWS STS API reference, AssumeRoleWithWebIdentity */
export const maxTokenLength = 20_000

/** What AWS takes. No HMAC: with it, whoever can verify can sign, and a public key would be a password. */
export const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'] as const
export type Algorithm = (typeof algorithms)[number]

export type UnverifiedToken = {
  algorithm: Algorithm
  kid: string | undefined
  payload: Record<string, unknown>
  /** What the signature is over. */
  signed: Buffer
  signature: Buffer
}

/**
 * Reads a compact JWS of the one shape that an ID token may have. Nothing of it is verified yet.
 *
 * @throws {Refusal} token.malformed
 * @see RFC 7515 section 3.1, RFC 7519 section 7.2, RFC 8725 (JWT best current practices)
 */
export function readToken(token: string): UnverifiedToken {
  if (token.length > maxTokenLength) throw malformed('too long')
  const [head = '', payload = '', signature = '', ...more] = token.split('.', 4)
  if (more.length > 0 || head === '' || payload === '' || signature === '') throw malformed('not three parts')
  return {
    ...readHeader(readPart(head)),
    payload: readPart(payload),
    signed: Buffer.from(`${head}.${payload}`, 'latin1'),
    signature: requireCanonical(signature),
  }
}

function readHeader(header: Record<string, unknown>): { algorithm: Algorithm; kid: string | undefined } {
  // A key that the token brings along (jwk, jku, x5c, x5u) is not even looked at: it would vouch for itself.
  const { alg, kid, typ } = header
  const algorithm = algorithms.find(one => one === alg)
  if (algorithm === undefined) throw malformed('its alg is not taken')
  // RFC 7515, section 4.1.11: a recipient that doesn't understand an extension listed in crit MUST
  // refuse the token. We understand none; b64 (RFC 7797) would change what is signed.
  if ('crit' in header || 'b64' in header) throw malformed('an extension in crit')
  // RFC 8725, section 3.11: a token made for another use (at+jwt, logout+jwt ...) says so in typ.
  if (typ !== undefined && (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT')) {
    throw malformed('its typ is not JWT')
  }
  // A nested token (RFC 7519, section 5.2) has another inside, and claims are read from the wrong one.
  if ('cty' in header || 'zip' in header) throw malformed('nested or compressed')
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 255))
    throw malformed('its kid is no name')
  return { algorithm, kid }
}

function readPart(part: string): Record<string, unknown> {
  const bytes = requireCanonical(part)
  if (!isUtf8(bytes)) throw malformed('not UTF-8')
  try {
    return parseStrictObject(bytes.toString('utf8'))
  } catch {
    throw malformed('not a JSON object')
  }
}

/** One token has one spelling: no padding, no white space, no stray bits at the end. */
function requireCanonical(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.toString('base64url') !== part) throw malformed('not base64url')
  return bytes
}

function malformed(detail: string): Refusal {
  return new Refusal('token.malformed', { detail })
}
