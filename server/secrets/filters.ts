import { region } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Secret } from '../store/secrets.ts'

export type Filter = { Key: string; Values: readonly string[] }

/** What a value of each filter is held against, and whether case counts. */
const filtered: Readonly<Record<string, { of(secret: Secret): string[]; anyCase?: boolean }>> = {
  name: { of: secret => [secret.name] },
  description: { of: ({ description }) => (description === undefined ? [] : [description]), anyCase: true },
  'tag-key': { of: secret => Object.keys(secret.tags) },
  'tag-value': { of: secret => Object.values(secret.tags) },
  'primary-region': { of: () => [region] },
  'owning-service': { of: () => [] },
}

/** @throws {Refusal} request.invalid */
export function requireFilters(filters: readonly Filter[]): readonly Filter[] {
  const strange = filters.find(({ Key }) => Key !== 'all' && !Object.hasOwn(filtered, Key))
  if (strange === undefined) return filters
  const known = [...Object.keys(filtered), 'all'].join(', ')
  const message = `1 validation error detected: Value '${strange.Key}' at 'filters.key' failed to satisfy constraint: Member must satisfy enum value set: [${known}]`
  throw new Refusal('request.invalid', { said: { message } })
}

/**
 * Whether a secret fits every filter: one of its values, each a prefix, where `!` before it means the contrary.
 *
 * @see AWS Secrets Manager API reference, Filter
 */
export function matches(secret: Secret, filters: readonly Filter[]): boolean {
  return filters.every(({ Key, Values }) =>
    Values.some(value => {
      const isNegated = value.startsWith('!')
      const wanted = isNegated ? value.slice(1) : value
      return isNegated !== (Key === 'all' ? hasWords(secret, wanted) : begins(secret, Key, wanted))
    }),
  )
}

function begins(secret: Secret, key: string, wanted: string): boolean {
  const { of, anyCase = false } = filtered[key] ?? { of: () => [] }
  const plain = (text: string) => (anyCase ? text.toLowerCase() : text)
  return of(secret).some(text => plain(text).startsWith(plain(wanted)))
}

/** `all` is broken into words, each of which some attribute must have. */
function hasWords(secret: Secret, wanted: string): boolean {
  const texts = Object.values(filtered).flatMap(({ of }) => of(secret).map(text => text.toLowerCase()))
  return wanted
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '')
    .every(word => texts.some(text => text.includes(word)))
}
