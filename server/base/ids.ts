import { randomBytes, randomUUID } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * The prefixes by which AWS's tools tell ids apart, and `PERSON`, our own for people with linked ways in.
 * @see AWS IAM User Guide, "IAM identifiers", unique ids
 */
export type IdPrefix = 'AROA' | 'AIDA' | 'AGPA' | 'ANPA' | 'AKIA' | 'ASIA' | 'ASPR' | 'PERSON'

/** Of a key that is nobody's access key: 130 random bits in base 32. */
export function newKeyId(): string {
  let id = ''
  for (const byte of randomBytes(26)) id += alphabet[byte & 31]
  return id
}

/**
 * A prefix and 17 random base-32 characters (85 bits); 16 after a key's prefix, as AWS's have.
 *
 * @param draw where the random bytes come from
 */
export function newId(prefix: IdPrefix, draw: (bytes: number) => Buffer = randomBytes): string {
  const length = prefix === 'AKIA' || prefix === 'ASIA' ? 16 : 17
  const bytes = draw(length)
  let id: string = prefix
  for (const byte of bytes) id += alphabet[byte & 31]
  return id
}

/**
 * A request's id: a UUID that begins with the time, so that whoever is told of one knows when to look, even where the
 * audit log only counted the request.
 *
 * @see RFC 9562, section 5.7 (UUID version 7)
 */
export function newRequestId(atMs: number): string {
  const time = Math.max(0, Math.trunc(atMs)).toString(16).padStart(12, '0').slice(-12)
  // The rest of a random one: its variant is right already.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}

/** When the request of such an id came; undefined for any other id. */
export function requestTimeMs(requestId: string): number | undefined {
  const [, high = '', low = ''] =
    /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.exec(requestId) ?? []
  return high === '' ? undefined : Number.parseInt(high + low, 16)
}
