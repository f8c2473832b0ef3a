import { Refusal } from '../base/refusal.ts'

/** A request as it came over the wire: SigV4 signs its bytes, so nothing here is decoded. */
export type WireRequest = {
  method: string
  /** As in the request line, without the query. */
  path: string
  /** As in the request line, without the `?`. */
  query: string
  /** Lower-case names; more than one value when the header came more than once. */
  headers: Readonly<Record<string, readonly string[] | undefined>>
  body: string
}

/** What a request says of its own signature. Nothing of it is verified yet. */
export type StatedSignature = {
  accessKeyId: string
  /** `20260102` */
  day: string
  region: string
  service: string
  /** `20260102T030405Z` */
  timestamp: string
  /** Lower case, in order. */
  signedHeaders: readonly string[]
  /** 64 hex digits. */
  signature: string
  sessionToken?: string
  /** How long a presigned URL is good for; undefined when the signature is in a header. */
  presignedSeconds?: number
}

const algorithm = 'AWS4-HMAC-SHA256'
const authorizationPattern =
  /^AWS4-HMAC-SHA256 +Credential=([^, ]{1,400}) *, *SignedHeaders=([a-z0-9;-]{1,2000}) *, *Signature=([0-9a-f]{64})$/

/**
 * @throws {Refusal} signature.missing | signature.incomplete
 * @see AWS General Reference, "Elements of an AWS API request signature"
 */
export function readSignature(request: WireRequest, query: ReadonlyMap<string, string>): StatedSignature {
  const authorization = single(request, 'authorization')
  if (authorization !== undefined) return readHeader(request, authorization)
  if (query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature')) return readPresigned(query)
  throw new Refusal('signature.missing')
}

function readHeader(request: WireRequest, authorization: string): StatedSignature {
  const [, credential, signedHeaders, signature] = authorizationPattern.exec(authorization) ?? []
  const timestamp = single(request, 'x-amz-date')
  if (!credential || !signedHeaders || !signature || !timestamp) throw incomplete('the Authorization header')
  const sessionToken = single(request, 'x-amz-security-token')
  return {
    ...readScope(credential, timestamp),
    signedHeaders: namesIn(signedHeaders),
    signature,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  }
}

function readPresigned(query: ReadonlyMap<string, string>): StatedSignature {
  const credential = query.get('X-Amz-Credential')
  const timestamp = query.get('X-Amz-Date')
  const signedHeaders = query.get('X-Amz-SignedHeaders')
  const signature = query.get('X-Amz-Signature')
  const expires = query.get('X-Amz-Expires') ?? ''
  const sessionToken = query.get('X-Amz-Security-Token')
  if (query.get('X-Amz-Algorithm') !== algorithm || !credential || !timestamp || !signedHeaders) {
    throw incomplete('the presigned query')
  }
  if (!/^[0-9a-f]{64}$/.test(signature ?? '') || !/^[a-z0-9;-]{1,2000}$/.test(signedHeaders)) {
    throw incomplete('the presigned query')
  }
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > 604_800) {
    throw incomplete('X-Amz-Expires')
  }
  return {
    ...readScope(credential, timestamp),
    signedHeaders: namesIn(signedHeaders),
    signature: String(signature),
    presignedSeconds: Number(expires),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  }
}

function readScope(credential: string, timestamp: string) {
  // It is logged, and its region is kept as where a key was last used; a presigned URL may say anything there. PostgreSQL
  // takes no NUL, and one would lose what was noted of everybody else as well.
  if (!/^[\x21-\x7e]{1,400}$/.test(credential)) throw incomplete('the credential scope')
  const [accessKeyId, day, region, service, terminator, ...more] = credential.split('/')
  if (!accessKeyId || !day || !region || !service || terminator !== 'aws4_request' || more.length > 0) {
    throw incomplete('the credential scope')
  }
  if (!/^\d{8}T\d{6}Z$/.test(timestamp) || timestamp.slice(0, 8) !== day) throw incomplete('the date')
  return { accessKeyId, day, region, service, timestamp }
}

/**
 * Each once: whoever verifies looks at the value each time, and a long one named a thousand times is seconds of work for
 * whoever knows no more than an access key id.
 */
function namesIn(signedHeaders: string): string[] {
  const names = signedHeaders.split(';')
  if (new Set(names).size < names.length) throw incomplete('a header named twice in SignedHeaders')
  return names
}

/** A header that came twice has no one value that could have been signed. */
function single(request: WireRequest, name: string): string | undefined {
  const values = request.headers[name]
  if (values !== undefined && values.length > 1) throw incomplete(`more than one ${name}`)
  return values?.[0]
}

function incomplete(detail: string): Refusal {
  return new Refusal('signature.incomplete', { detail, said: { what: detail } })
}
