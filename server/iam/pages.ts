import type { Result } from '../aws/action.ts'
import { Refusal } from '../base/refusal.ts'

/**
 * One page of a sorted list. The marker is the last key of the page before, so that entities that come
 * and go between two pages neither repeat nor hide others.
 *
 * @throws {Refusal} request.invalid when the marker is none of ours
 */
export function readPage<T>(
  sorted: readonly T[],
  keyOf: (item: T) => string,
  { Marker, MaxItems }: { Marker: string | undefined; MaxItems: number },
): { items: readonly T[]; wire: Result } {
  const after = Marker === undefined ? undefined : readMarker(Marker)
  const rest = after === undefined ? sorted : sorted.filter(item => keyOf(item) > after)
  const items = rest.slice(0, MaxItems)
  const last = items.at(-1)
  if (rest.length <= MaxItems || last === undefined) return { items, wire: { IsTruncated: false } }
  return { items, wire: { IsTruncated: true, Marker: Buffer.from(keyOf(last)).toString('base64url') } }
}

function readMarker(marker: string): string {
  const bytes = Buffer.from(marker, 'base64url')
  if (bytes.toString('base64url') !== marker) {
    throw new Refusal('request.invalid', { said: { message: 'Invalid Marker.' } })
  }
  return bytes.toString('utf8')
}
