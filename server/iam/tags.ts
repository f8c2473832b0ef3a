import { type BoundAction, bindAction, defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { Tags } from '../store/principals.ts'
import type { IamDeps } from './deps.ts'
import { type Holder, requireHolder, role, user } from './holders.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { on, requestTags, tagKeysContext } from './permissions.ts'
import { sortedTags } from './shapes.ts'

/** @see AWS IAM API reference, TagRole, TagUser and those beside them */
export const principalTagActions = (deps: IamDeps): BoundAction[] => [
  bindAction(tag('TagRole', role), deps),
  bindAction(tag('TagUser', user), deps),
  bindAction(untag('UntagRole', role), deps),
  bindAction(untag('UntagUser', user), deps),
  bindAction(list('ListRoleTags', role), deps),
  bindAction(list('ListUserTags', user), deps),
]

const mostTags = 50

/** @throws {Refusal} entity.missing | entity.limit | entity.invalid */
function tag(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({ holder: holder.parameter, Tags: given.requiredTags }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps, requestTags(asked.Tags)),
    async handle(asked, deps) {
      const principal = await requireHolder(holder, asked.holder, deps)
      await deps.principals.changeTags(holder.kind, principal, tags => withTags(tags, asked.Tags))
      return {}
    },
  })
}

function untag(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({ holder: holder.parameter, TagKeys: given.tagKeys }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps, tagKeysContext(asked.TagKeys)),
    async handle(asked, deps) {
      const principal = await requireHolder(holder, asked.holder, deps)
      await deps.principals.changeTags(holder.kind, principal, tags => withoutTags(tags, asked.TagKeys))
      return {}
    },
  })
}

function list(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    input: params({ holder: holder.parameter, ...given.paging }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps),
    async handle(asked, deps) {
      const { tags } = await requireHolder(holder, asked.holder, deps)
      const page = readPage(sortedTags(tags), ({ Key }) => Key.toLowerCase(), asked)
      return { Tags: page.items, ...page.wire }
    },
  })
}

/**
 * Keys are the same in any case; the newest spelling stays.
 * @throws {Refusal} entity.limit
 */
export function withTags(tags: Tags, more: Tags): Tags {
  const all = { ...withoutTags(tags, Object.keys(more)), ...more }
  if (Object.keys(all).length > mostTags) {
    throw new Refusal('entity.limit', {
      said: { message: `The number of tags has reached the maximum limit: ${mostTags}` },
    })
  }
  return all
}

export function withoutTags(tags: Tags, keys: readonly string[]): Tags {
  const gone = new Set(keys.map(key => key.toLowerCase()))
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key.toLowerCase())))
}
