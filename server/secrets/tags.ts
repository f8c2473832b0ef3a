import { defineAction } from '../aws/action.ts'
import { list, params, text } from '../aws/params.ts'
import type { ConditionContext } from '../base/request-facts.ts'
import { requireTags } from '../base/session-tags.ts'
import { requestTagContext } from '../base/tag-context.ts'
import type { SecretsDeps } from './deps.ts'
import { onSecret, requireSecret, requireUndeleted } from './find-secret.ts'
import * as given from './parameters.ts'

type WireTags = readonly { Key: string; Value: string }[]

/**
 * Keys that differ in case alone are refused: conditions on tags know no case, and could not tell them apart.
 *
 * @throws {Refusal} tags.invalid
 */
export function readTags(tags: WireTags): Record<string, string> {
  return requireTags(
    tags.map(({ Key, Value }) => [Key, Value]),
    'tag',
  )
}

/** The condition keys of the tags that a request brings. */
export function tagContext(tags: WireTags): ConditionContext {
  return requestTagContext(Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])))
}

/**
 * @throws {Refusal} entity.missing | tags.invalid | secret.state
 * @see AWS Secrets Manager API reference, TagResource
 */
export const tagResource = defineAction({
  name: 'TagResource',
  auth: 'signed',
  writes: true,
  input: params({ SecretId: given.secretId, Tags: given.tags }),
  permission: ({ SecretId, Tags }, deps: SecretsDeps) =>
    onSecret('TagResource', SecretId, deps, tagContext(Tags)),
  async handle({ Tags }, deps, call) {
    const news = readTags(Tags)
    const { id } = await requireSecret(call, deps)
    await deps.secrets.change(id, secret => {
      requireUndeleted(secret)
      const tags = requireTags(Object.entries({ ...secret.tags, ...news }), 'tag')
      return { tags, changedAtMs: deps.clock() }
    })
    return {}
  },
})

/**
 * @throws {Refusal} entity.missing | secret.state
 * @see AWS Secrets Manager API reference, UntagResource
 */
export const untagResource = defineAction({
  name: 'UntagResource',
  auth: 'signed',
  writes: true,
  input: params({ SecretId: given.secretId, TagKeys: list(text({ min: 1, max: 128 }), { max: 50 }) }),
  permission: ({ SecretId, TagKeys }, deps: SecretsDeps) =>
    onSecret('UntagResource', SecretId, deps, new Map([['aws:tagkeys', TagKeys]])),
  async handle({ TagKeys }, deps, call) {
    const { id } = await requireSecret(call, deps)
    await deps.secrets.change(id, secret => {
      requireUndeleted(secret)
      const kept = Object.entries(secret.tags).filter(([key]) => !TagKeys.includes(key))
      return { tags: Object.fromEntries(kept), changedAtMs: deps.clock() }
    })
    return {}
  },
})
