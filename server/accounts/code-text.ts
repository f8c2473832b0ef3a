import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Crockford's base 32: no I, L, O or U, so that what is read out or copied by hand is what was written. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Random characters of five bits each, in groups of four or five. */
export function newCode(characters: number, group: number): string {
  const text = [...randomBytes(characters)].map(byte => alphabet[byte & 31]).join('')
  return text.match(new RegExp(`.{1,${group}}`, 'g'))?.join('-') ?? text
}

/** What was meant by what was typed. */
export function readCode(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
}

/** @param bound what it is for, so that one code is never another's */
export function hashCode(bound: string, typed: string): string {
  return createHash('sha256')
    .update(JSON.stringify([bound, readCode(typed)]))
    .digest('base64url')
}

export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
