import { hash } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import type { StatedSignature, WireRequest } from './signed-request.ts'
import type { SigningSecret } from './signing-secret.ts'

const skewMs = 5 * 60_000

/**
 * Verifies that the holder of `secret` signed this very request, now.
 *
 * @throws {Refusal} signature.expired | signature.incomplete | signature.mismatch
 * @see AWS General Reference, "Create a signed AWS API request" (Signature Version 4)
 */
export function verifySignature(
  request: WireRequest,
  stated: StatedSignature,
  secret: SigningSecret,
  nowMs: number,
): void {
  requireFresh(stated, nowMs)
  requireSigned(request, stated)
  if (!secret.hasSigned(stated, stringToSign(request, stated), Buffer.from(stated.signature, 'hex'))) {
    throw new Refusal('signature.mismatch')
  }
}

function requireFresh(stated: StatedSignature, nowMs: number): void {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stated.timestamp) ?? []
  const signedAtMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  const lastsMs = stated.presignedSeconds === undefined ? skewMs : stated.presignedSeconds * 1000
  // Written so that a date that is none (NaN) is not fresh.
  if (!(signedAtMs - skewMs <= nowMs && nowMs <= signedAtMs + lastsMs)) {
    throw new Refusal('signature.expired', { said: { timestamp: stated.timestamp } })
  }
}

/**
 * The host must be signed, or a request could be replayed against another service; so must every
 * x-amz header, or an unsigned X-Amz-Target could turn one call into another.
 */
function requireSigned(request: WireRequest, stated: StatedSignature): void {
  const signed = new Set(stated.signedHeaders)
  const unsigned = Object.keys(request.headers).find(
    name => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !signed.has(name),
  )
  if (signed.has('host') && unsigned === undefined) return
  const name = unsigned ?? 'host'
  throw new Refusal('signature.incomplete', {
    detail: `${name} is not signed`,
    said: { what: `${name} is not signed` },
  })
}

function stringToSign(request: WireRequest, stated: StatedSignature): string {
  const scope = `${stated.day}/${stated.region}/${stated.service}/aws4_request`
  const digest = sha256(canonicalRequest(request, stated))
  return `AWS4-HMAC-SHA256\n${stated.timestamp}\n${scope}\n${digest}`
}

function canonicalRequest(request: WireRequest, stated: StatedSignature): string {
  const headers = stated.signedHeaders.map(name => `${name}:${canonicalHeader(request, name)}\n`).join('')
  // The body's own digest, whatever X-Amz-Content-Sha256 may claim: UNSIGNED-PAYLOAD is S3's alone.
  return `${request.method}\n${request.path}\n${canonicalQuery(request.query)}\n${headers}\n${stated.signedHeaders.join(';')}\n${sha256(request.body)}`
}

function canonicalHeader(request: WireRequest, name: string): string {
  return (request.headers[name] ?? []).map(value => value.trim().replace(/\s+/g, ' ')).join(',')
}

/** Sorted by name, then value, both encoded as RFC 3986 has it; without the signature itself. */
function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .filter(pair => pair !== '' && !pair.startsWith('X-Amz-Signature='))
    .map(pair => {
      const at = pair.indexOf('=')
      return at < 0 ? [encode(pair), ''] : [encode(pair.slice(0, at)), encode(pair.slice(at + 1))]
    })
    .sort(([a = '', x = ''], [b = '', y = '']) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function encode(part: string): string {
  return encodeURIComponent(decodeURIComponent(part)).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(text: string): string {
  return hash('sha256', text)
}
