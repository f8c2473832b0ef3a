import { defineAction } from '../aws/action.ts'
import { list, params, text } from '../aws/params.ts'
import { identityPoolId } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import { requireTags } from '../base/session-tags.ts'
import { requestTagContext } from '../base/tag-context.ts'
import type { CognitoDeps } from './deps.ts'
import * as given from './parameters.ts'
import { onPool, requirePool } from './permissions.ts'

/**
 * @throws {Refusal} entity.missing | entity.invalid (an ARN of none) | tags.invalid
 * @see Amazon Cognito Federated Identities API reference, TagResource
 */
export const tagResource = defineAction({
  name: 'TagResource',
  auth: 'signed',
  writes: true,
  input: params({ ResourceArn: given.resourceArn, Tags: given.tags }),
  permission: (asked, deps: CognitoDeps) =>
    onPool(
      'TagResource',
      poolOf(asked.ResourceArn, deps),
      deps,
      requestTagContext(Object.fromEntries(asked.Tags)),
    ),
  async handle(asked, deps) {
    await deps.identityPools.change(poolOf(asked.ResourceArn, deps), ({ tags }) => ({
      tags: requireTags(Object.entries({ ...tags, ...Object.fromEntries(asked.Tags) })),
    }))
    return {}
  },
})

/** @see Amazon Cognito Federated Identities API reference, UntagResource */
export const untagResource = defineAction({
  name: 'UntagResource',
  auth: 'signed',
  writes: true,
  input: params({ ResourceArn: given.resourceArn, TagKeys: list(text({ min: 1, max: 128 }), { max: 50 }) }),
  permission: (asked, deps: CognitoDeps) =>
    onPool(
      'UntagResource',
      poolOf(asked.ResourceArn, deps),
      deps,
      asked.TagKeys.length === 0 ? new Map() : new Map([['aws:tagkeys', asked.TagKeys]]),
    ),
  async handle(asked, deps) {
    await deps.identityPools.change(poolOf(asked.ResourceArn, deps), ({ tags }) => ({
      tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !asked.TagKeys.includes(key))),
    }))
    return {}
  },
})

/** @see Amazon Cognito Federated Identities API reference, ListTagsForResource */
export const listTagsForResource = defineAction({
  name: 'ListTagsForResource',
  auth: 'signed',
  input: params({ ResourceArn: given.resourceArn }),
  permission: (asked, deps: CognitoDeps) =>
    onPool('ListTagsForResource', poolOf(asked.ResourceArn, deps), deps),
  async handle(asked, deps) {
    const { tags } = await requirePool(poolOf(asked.ResourceArn, deps), deps)
    return { Tags: new Map(Object.entries(tags)) }
  },
})

function poolOf(arn: string, { accountId }: CognitoDeps): string {
  const id = identityPoolId(arn, accountId)
  if (id === undefined)
    throw new Refusal('entity.invalid', { said: { message: `Invalid resource ARN: ${arn}` } })
  return id
}
