import {
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** As hex: what derives the secrets of temporary credentials, and what seals their tokens. */
export function bareKeys([secretKeyHex = '', sealKeyHex = '']: readonly string[]): BareKeys {
  return {
    secretKey: createSecretKey(Buffer.from(secretKeyHex, 'hex')),
    sealKey: createSecretKey(Buffer.from(sealKeyHex, 'hex')),
  }
}

export type BareKeys = { secretKey: KeyObject; sealKey: KeyObject }

/**
 * Signature Version 4 as one would verify it without policies, roles or an audit log: derive the secret, open the session
 * token, compute the signature, compare. Answers the session's name; undefined where the signature is wrong.
 */
export function bareSession(
  headers: IncomingHttpHeaders,
  body: string,
  { secretKey, sealKey }: BareKeys,
): string | undefined {
  const authorization = String(headers.authorization)
  const [, credential = '', names = '', signature = ''] =
    /Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)/.exec(authorization) ?? []
  const [id = '', day = '', region = '', service = ''] = credential.split('/')
  const session = open(String(headers['x-amz-security-token']), id, sealKey)
  const secret = createHmac('sha256', secretKey).update(id).digest().subarray(0, 30).toString('base64')
  const canonical = [
    'POST',
    '/',
    '',
    ...names.split(';').map(name => `${name}:${headers[name]}`),
    '',
    names,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
  let key: Buffer | string = `AWS4${secret}`
  for (const part of [day, region, service, 'aws4_request'])
    key = createHmac('sha256', key).update(part).digest()
  const expected = createHmac('sha256', key).update(text).digest()
  return timingSafeEqual(expected, Buffer.from(signature, 'hex')) ? session : undefined
}

/** The same work as for one of ours, in the same form: a key of its own for each token. */
function open(token: string, id: string, sealKey: KeyObject): string {
  const plain = openRecordBare(Buffer.from(token, 'base64url'), id, sealKey)
  return JSON.parse(plain.toString())[2]
}

export function openRecordBare(sealed: Buffer, bound: string, sealKey: KeyObject): Buffer {
  const head = sealed.subarray(0, 21)
  const derived = createHmac('sha512', sealKey).update(head.subarray(5)).digest()
  const key = createSecretKey(derived.subarray(0, 32))
  const decipher = createDecipheriv('aes-256-gcm', key, derived.subarray(32, 44))
  decipher.setAAD(Buffer.concat([head, Buffer.from(bound)]))
  decipher.setAuthTag(sealed.subarray(sealed.length - 16))
  const plain = decipher.update(sealed.subarray(21, sealed.length - 16))
  decipher.final()
  return plain
}
