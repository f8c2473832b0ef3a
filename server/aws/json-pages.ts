import { Refusal } from '../base/refusal.ts'

/**
 * One page of what was read one entry further than asked for. The token is the last key of the page before, so that
 * entries that come and go between two pages neither repeat nor hide others.
 */
export function pageOf<T>(
  found: readonly T[],
  most: number,
  keyOf: (item: T) => string,
): { items: readonly T[]; wire: { NextToken?: string } } {
  const items = found.slice(0, most)
  const last = items.at(-1)
  if (found.length <= most || last === undefined) return { items, wire: {} }
  return { items, wire: { NextToken: writeToken(keyOf(last)) } }
}

export function writeToken(place: string): string {
  return Buffer.from(place).toString('base64url')
}

/** @throws {Refusal} entity.invalid when it is none of ours */
export function afterToken(token: string | undefined): string | undefined {
  return token === undefined ? undefined : readToken(token)
}

/** @throws {Refusal} entity.invalid when it is none of ours */
export function readToken(token: string): string {
  const bytes = Buffer.from(token, 'base64url')
  const text = bytes.toString('utf8')
  if (
    bytes.toString('base64url') !== token ||
    Buffer.from(text).compare(bytes) !== 0 ||
    text.includes('\0')
  ) {
    throw new Refusal('entity.invalid', { said: { message: 'Invalid NextToken.' } })
  }
  return text
}
