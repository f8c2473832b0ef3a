import { type BoundAction, bindAction, defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { requestTagContext } from '../base/tag-context.ts'
import type { Tags } from '../store/principals.ts'
import type { IamDeps } from './deps.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { tagKeysContext } from './permissions.ts'
import { sortedTags } from './shapes.ts'
import { mfaDevice, oidcProvider, policy, role, samlProvider, type Taggable, user } from './taggables.ts'

/** @see AWS IAM API reference, TagRole, TagUser and those beside them */
export const tagActions = (deps: IamDeps): BoundAction[] => [
  bindAction(tag('TagRole', role), deps),
  bindAction(tag('TagUser', user), deps),
  bindAction(tag('TagPolicy', policy), deps),
  bindAction(tag('TagOpenIDConnectProvider', oidcProvider), deps),
  bindAction(tag('TagSAMLProvider', samlProvider), deps),
  bindAction(tag('TagMFADevice', mfaDevice), deps),
  bindAction(untag('UntagRole', role), deps),
  bindAction(untag('UntagUser', user), deps),
  bindAction(untag('UntagPolicy', policy), deps),
  bindAction(untag('UntagOpenIDConnectProvider', oidcProvider), deps),
  bindAction(untag('UntagSAMLProvider', samlProvider), deps),
  bindAction(untag('UntagMFADevice', mfaDevice), deps),
  bindAction(list('ListRoleTags', role), deps),
  bindAction(list('ListUserTags', user), deps),
  bindAction(list('ListPolicyTags', policy), deps),
  bindAction(list('ListOpenIDConnectProviderTags', oidcProvider), deps),
  bindAction(list('ListSAMLProviderTags', samlProvider), deps),
  bindAction(list('ListMFADeviceTags', mfaDevice), deps),
]

const mostTags = 50

/** @throws {Refusal} entity.missing | entity.limit | entity.invalid */
function tag(name: string, { parameter, on, change }: Taggable) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({ of: parameter, Tags: given.requiredTags }),
    permission: (asked, deps: IamDeps) => on(name, asked.of, deps, requestTagContext(asked.Tags)),
    async handle(asked, deps) {
      await change(asked.of, deps, tags => withTags(tags, asked.Tags))
      return {}
    },
  })
}

/** @throws {Refusal} entity.missing | entity.invalid */
function untag(name: string, { parameter, on, change }: Taggable) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({ of: parameter, TagKeys: given.tagKeys }),
    permission: (asked, deps: IamDeps) => on(name, asked.of, deps, tagKeysContext(asked.TagKeys)),
    async handle(asked, deps) {
      await change(asked.of, deps, tags => withoutTags(tags, asked.TagKeys))
      return {}
    },
  })
}

/** @throws {Refusal} entity.missing */
function list(name: string, { parameter, on, require }: Taggable) {
  return defineAction({
    name,
    auth: 'signed',
    input: params({ of: parameter, ...given.paging }),
    permission: (asked, deps: IamDeps) => on(name, asked.of, deps),
    async handle(asked, deps) {
      const { tags } = await require(asked.of, deps)
      const page = readPage(sortedTags(tags), ({ Key }) => Key.toLowerCase(), asked)
      return { Tags: page.items, ...page.wire }
    },
  })
}

/**
 * Keys are the same in any case; the newest spelling stays.
 * @throws {Refusal} entity.limit
 */
function withTags(tags: Tags, more: Tags): Tags {
  const all = { ...withoutTags(tags, Object.keys(more)), ...more }
  if (Object.keys(all).length > mostTags) {
    throw new Refusal('entity.limit', {
      said: { message: `The number of tags has reached the maximum limit: ${mostTags}` },
    })
  }
  return all
}

function withoutTags(tags: Tags, keys: readonly string[]): Tags {
  const gone = new Set(keys.map(key => key.toLowerCase()))
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key.toLowerCase())))
}
