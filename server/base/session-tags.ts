import { Refusal } from './refusal.ts'

/** What a provider's proof asks the session to carry. */
export type AskedTags = {
  tags: Record<string, string>
  transitiveTagKeys: string[]
  sourceIdentity?: string
}

const mostTags = 50
const keyPattern = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u
const valuePattern = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u

/**
 * Tags as a provider wrote them, each with a list of values or one.
 *
 * @throws {Refusal} tags.invalid
 * @see AWS STS API reference, Tag
 */
export function requireTags(
  asked: readonly [string, unknown][],
  what = 'session tag',
): Record<string, string> {
  if (asked.length > mostTags) throw invalid(`At most ${mostTags} ${what}s can be passed.`)
  const keys = new Set(asked.map(([key]) => key.toLowerCase()))
  if (keys.size < asked.length) {
    throw invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  }
  // Without a prototype: a tag called __proto__ is a tag.
  const tags: Record<string, string> = Object.create(null)
  for (const [key, values] of asked) {
    const list = Array.isArray(values) ? values : [values]
    const [value] = list
    if (list.length !== 1 || typeof value !== 'string') throw invalid(`A ${what} must have one value.`)
    if (!keyPattern.test(key) || !valuePattern.test(value)) throw invalid(`A ${what} is not valid.`)
    if (key.toLowerCase().startsWith('aws:')) throw invalid(`The key of a ${what} must not begin with aws:.`)
    tags[key] = value
  }
  return { ...tags }
}

/**
 * Those of the tags that go on along a chain of roles, each spelled as its tag is, in whatever case it was asked for.
 *
 * @throws {Refusal} tags.invalid
 */
export function requireTransitiveKeys(asked: unknown, tags: Readonly<Record<string, string>>): string[] {
  if (asked === undefined) return []
  if (!Array.isArray(asked) || !asked.every(key => typeof key === 'string')) {
    throw invalid('The transitive tag keys must be a list of tag keys.')
  }
  const known = new Map(Object.keys(tags).map(key => [key.toLowerCase(), key]))
  const keys = asked.map(key => known.get(key.toLowerCase()))
  if (!keys.every(key => key !== undefined)) {
    throw invalid('The specified transitive tag key must be included in the requested tags.')
  }
  return [...new Set(keys)]
}

/** @throws {Refusal} tags.invalid */
export function requireSourceIdentity(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (
    typeof value !== 'string' ||
    !/^[\w+=,.@-]{2,64}$/.test(value) ||
    value.toLowerCase().startsWith('aws:')
  ) {
    throw invalid('The source identity is not valid.')
  }
  return value
}

function invalid(message: string): Refusal {
  return new Refusal('tags.invalid', { said: { message } })
}
