import { Refusal } from '../base/refusal.ts'
import type { ConditionContext } from '../base/request-facts.ts'
import type { Session } from '../base/session.ts'

type Tags = Readonly<Record<string, string>>

/** The tags that a new session gets, and which of them go on along a chain. */
export type PassedTags = { tags: Tags; transitiveTagKeys: readonly string[] }

/**
 * Transitive tags of the calling session come along and can't be replaced: they say who somebody is, all along
 * the chain.
 *
 * @throws {Refusal} tags.invalid
 * @see AWS IAM User Guide, "Chaining roles with session tags"
 */
export function inheritTags(
  { tags = {}, transitiveTagKeys = [] }: Partial<PassedTags>,
  session: Session | undefined,
): PassedTags {
  const given = new Set(Object.keys(tags).map(key => key.toLowerCase()))
  if (transitiveTagKeys.some(key => !given.has(key.toLowerCase()))) {
    throw invalid('The specified transitive tag key must be included in the requested tags.')
  }
  const inherited = session?.transitiveTagKeys ?? []
  if (inherited.some(key => given.has(key.toLowerCase()))) {
    throw invalid(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
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

function invalid(message: string): Refusal {
  return new Refusal('tags.invalid', { said: { message } })
}
