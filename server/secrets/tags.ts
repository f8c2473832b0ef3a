import { defineAction } from '../aws/action.ts'
import { list, params, text } from '../aws/params.ts'
import { requireTags } from '../base/session-tags.ts'
import type { SecretsDeps } from './deps.ts'
import { onSecret, requestTags, requireSecret, requireUndeleted } from './find-secret.ts'
import * as given from './parameters.ts'

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
    onSecret(
      'TagResource',
      SecretId,
      deps,
      requestTags(Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))),
    ),
  async handle({ SecretId, Tags }, deps) {
    const news = requireTags(Tags.map(({ Key, Value }) => [Key, Value]))
    const { id } = await requireSecret(SecretId, deps)
    await deps.secrets.change(id, secret => {
      requireUndeleted(secret)
      const tags = requireTags(Object.entries({ ...secret.tags, ...news }))
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
  async handle({ SecretId, TagKeys }, deps) {
    const { id } = await requireSecret(SecretId, deps)
    await deps.secrets.change(id, secret => {
      requireUndeleted(secret)
      const kept = Object.entries(secret.tags).filter(([key]) => !TagKeys.includes(key))
      return { tags: Object.fromEntries(kept), changedAtMs: deps.clock() }
    })
    return {}
  },
})
