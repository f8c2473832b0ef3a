import { randomBytes } from 'node:crypto'

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
