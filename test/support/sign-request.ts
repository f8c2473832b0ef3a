import { createHash, createHmac } from 'node:crypto'
import type { WireRequest } from '../../server/credentials/signed-request.ts'

/**
 * Signature Version 4, written a second time from its description, so that the verifier is never tested
 * against itself. The real AWS SDK and CLI are the judges in the conformance tests; this one can be made
 * to lie.
 */
export type SigningOptions = {
  accessKeyId: string
  secret: string
  sessionToken?: string
  at: Date
  service?: string
  region?: string
  body?: string
  path?: string
  query?: string
  method?: string
  headers?: Record<string, string>
  signedHeaders?: string[]
}

export function signRequest(options: SigningOptions): WireRequest {
  const { accessKeyId, secret, at, service = 'sts', region = 'us-east-1', body = '' } = options
  const { path = '/', query = '', method = 'POST', sessionToken } = options
  const timestamp = amzDate(at)
  const headers: Record<string, string> = {
    host: '127.0.0.1:3000',
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'x-amz-date': timestamp,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    ...options.headers,
  }
  const names = options.signedHeaders ?? Object.keys(headers).sort()
  const scope = `${timestamp.slice(0, 8)}/${region}/${service}/aws4_request`
  const canonical = [
    method,
    path,
    query,
    ...names.map(name => `${name}:${headers[name] ?? ''}`),
    '',
    names.join(';'),
    hash(body),
  ].join('\n')
  const signature = signText(secret, scope, timestamp, canonical)
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { method, path, query, body, headers: multi(headers) }
}

/** A presigned GET. */
export function presign(options: SigningOptions & { expires: number; parameters: Record<string, string> }) {
  const { accessKeyId, secret, at, service = 'sts', region = 'us-east-1', sessionToken } = options
  const timestamp = amzDate(at)
  const scope = `${timestamp.slice(0, 8)}/${region}/${service}/aws4_request`
  const parameters: Record<string, string> = {
    ...options.parameters,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
    'X-Amz-Date': timestamp,
    'X-Amz-Expires': String(options.expires),
    'X-Amz-SignedHeaders': 'host',
    ...(sessionToken === undefined ? {} : { 'X-Amz-Security-Token': sessionToken }),
  }
  const query = Object.keys(parameters)
    .sort()
    .map(name => `${encodeURIComponent(name)}=${encodeURIComponent(parameters[name] ?? '')}`)
    .join('&')
  const host = options.headers?.host ?? '127.0.0.1:3000'
  const canonical = ['GET', '/', query, `host:${host}`, '', 'host', hash('')].join('\n')
  const signature = signText(secret, scope, timestamp, canonical)
  const request: WireRequest = {
    method: 'GET',
    path: '/',
    query: `${query}&X-Amz-Signature=${signature}`,
    body: '',
    headers: multi({ host }),
  }
  return { request, form: new Map(Object.entries({ ...parameters, 'X-Amz-Signature': signature })) }
}

function signText(secret: string, scope: string, timestamp: string, canonical: string): string {
  const text = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${hash(canonical)}`
  const key = scope.split('/').reduce((parent: string | Buffer, part) => mac(parent, part), `AWS4${secret}`)
  return mac(key, text).toString('hex')
}

function amzDate(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d{3}/g, '')
}

function mac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function multi(headers: Record<string, string>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
}
