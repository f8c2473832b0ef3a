import { Refusal } from '../base/refusal.ts'
import {
  type AskedTags,
  requireSourceIdentity,
  requireTags,
  requireTransitiveKeys,
} from '../base/session-tags.ts'

const tagsClaim = 'https://aws.amazon.com/tags'
const flatTags = `${tagsClaim}/principal_tags/`
const flatTransitive = `${tagsClaim}/transitive_tag_keys`
const sourceIdentityClaim = 'https://aws.amazon.com/source_identity'

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
  const tags = requireTags(asked)
  const transitiveTagKeys = requireTransitiveKeys(nested.transitive_tag_keys ?? payload[flatTransitive], tags)
  const sourceIdentity = requireSourceIdentity(payload[sourceIdentityClaim])
  return { tags, transitiveTagKeys, ...(sourceIdentity === undefined ? {} : { sourceIdentity }) }
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
