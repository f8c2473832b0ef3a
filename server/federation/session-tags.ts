import { Refusal } from '../base/refusal.ts'
import type { Session } from '../base/session.ts'

/** The tags that a new session gets, and which of them go on along a chain, spelled as the tags are. */
export type PassedTags = {
  tags: Readonly<Record<string, string>>
  transitiveTagKeys: readonly string[]
}

/**
 * Transitive tags of the calling session come along and can't be replaced: they say who somebody is, all along
 * the chain.
 *
 * @throws {Refusal} tags.invalid
 * @see AWS IAM User Guide, "Chaining roles with session tags"
 */
export function inheritTags(
  { tags, transitiveTagKeys }: PassedTags,
  session: Session | undefined,
): PassedTags {
  const given = new Set(Object.keys(tags).map(key => key.toLowerCase()))
  const inherited = session?.transitiveTagKeys ?? []
  if (inherited.some(key => given.has(key.toLowerCase()))) {
    const message =
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."
    throw new Refusal('tags.invalid', { said: { message } })
  }
  const coming = Object.entries(session?.tags ?? {}).filter(([key]) => inherited.includes(key))
  return {
    tags: { ...Object.fromEntries(coming), ...tags },
    transitiveTagKeys: [...inherited, ...transitiveTagKeys],
  }
}
