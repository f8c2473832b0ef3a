import type { ConditionContext } from './request-facts.ts'

/**
 * The condition keys of the tags that a request brings.
 * @see AWS IAM User Guide, "Controlling access to AWS resources using tags"
 */
export function requestTagContext(tags: Readonly<Record<string, string>>): ConditionContext {
  const context: ConditionContext = new Map()
  const keys = Object.keys(tags)
  if (keys.length > 0) context.set('aws:tagkeys', keys)
  for (const key of keys) context.set(`aws:requesttag/${key.toLowerCase()}`, [tags[key] ?? ''])
  return context
}
