import { Refusal } from '../base/refusal.ts'

/** What a provider's token asks the session to carry. */
export type AskedTags = {
  tags: Record<string, string>
  transitiveTagKeys: string[]
  sourceIdentity?: string
}

const tagsClaim = 'https://aws.amazon.com/tags'
const flatTags = `${tagsClaim}/principal_tags/`
const flatTransitive = `${tagsClaim}/transitive_tag_keys`
const sourceIdentityClaim = 'https://aws.amazon.com/source_identity'

const mostTags = 50
const keyPattern = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u
const valuePattern = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u

/**
 * Session tags and source identity from a token's claims, in the nested form and in the flat one.
 *
 * @throws {Refusal} tags.invalid
 * @see AWS IAM User Guide, "Pass session tags in AWS STS", AssumeRoleWithWebIdentity
 */
export function readSessionTags(payload: Readonly<Record<string, unknown>>): AskedTags {
  const nested = requireObject(payload[tagsClaim])
  const asked = Object.entries(requireObject(nested.principal_tags))
  for (const claim in payload) {
    if (claim.startsWith(flatTags)) asked.push([claim.slice(flatTags.length), payload[claim]])
  }
  const tags = readTags(asked)
  const transitiveTagKeys = readTransitive(nested.transitive_tag_keys ?? payload[flatTransitive], tags)
  const sourceIdentity = readSourceIdentity(payload[sourceIdentityClaim])
  return { tags, transitiveTagKeys, ...(sourceIdentity === undefined ? {} : { sourceIdentity }) }
}

function readTags(asked: readonly [string, unknown][]): Record<string, string> {
  if (asked.length > mostTags) throw invalid(`At most ${mostTags} session tags can be passed.`)
  const keys = new Set(asked.map(([key]) => key.toLowerCase()))
  if (keys.size < asked.length) {
    throw invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  }
  // Without a prototype: a tag called __proto__ is a tag.
  const tags: Record<string, string> = Object.create(null)
  for (const [key, values] of asked) {
    const list = Array.isArray(values) ? values : [values]
    const [value] = list
    if (list.length !== 1 || typeof value !== 'string') throw invalid('A session tag must have one value.')
    if (!keyPattern.test(key) || !valuePattern.test(value)) throw invalid('A session tag is not valid.')
    if (key.toLowerCase().startsWith('aws:')) throw invalid('Session tag keys must not begin with aws:.')
    tags[key] = value
  }
  return { ...tags }
}

function readTransitive(asked: unknown, tags: Record<string, string>): string[] {
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

function readSourceIdentity(value: unknown): string | undefined {
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

/** What is there must be readable: a tag that is passed over could be the one that narrows. */
function requireObject(value: unknown = {}): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('The session tags are not an object.')
  }
  return value as Record<string, unknown>
}

function invalid(message: string): Refusal {
  return new Refusal('tags.invalid', { said: { message } })
}
