import { Refusal } from '../base/refusal.ts'
import type { ConditionContext } from '../base/request-facts.ts'
import type { Session } from '../base/session.ts'

type Tags = Readonly<Record<string, string>>

/** The tags that a new session gets, and which of them go on along a chain, spelled as the tags are. */
export type PassedTags = { tags: Tags; transitiveTagKeys: readonly string[] }

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

/** The condition keys of the tags that a request brings. */
export function requestTagContext(tags: Tags, transitiveTagKeys: readonly string[]): ConditionContext {
  const context: ConditionContext = new Map()
  const keys = Object.keys(tags)
  if (keys.length > 0) context.set('aws:tagkeys', keys)
  if (transitiveTagKeys.length > 0) context.set('sts:transitivetagkeys', transitiveTagKeys)
  for (const key of keys) context.set(`aws:requesttag/${key.toLowerCase()}`, [tags[key] ?? ''])
  return context
}
