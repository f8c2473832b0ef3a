import { defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import type { IamDeps } from './deps.ts'
import { requireProvider, urlPathOf } from './oidc-provider-arn.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { onOidcProvider, onPolicy, requestTags, tagKeysContext } from './permissions.ts'
import { requireOwnPolicy, requirePolicy } from './policy-arn.ts'
import { sortedTags } from './shapes.ts'
import { withoutTags, withTags } from './tags.ts'

/** @see AWS IAM API reference, TagPolicy */
export const tagPolicy = defineAction({
  name: 'TagPolicy',
  auth: 'signed',
  writes: true,
  input: params({ PolicyArn: given.arn, Tags: given.requiredTags }),
  permission: (asked, deps: IamDeps) => onPolicy('TagPolicy', asked.PolicyArn, deps, requestTags(asked.Tags)),
  async handle(asked, deps) {
    const policy = await requireOwnPolicy(asked.PolicyArn, deps, notFound(asked))
    await deps.policies.changeTags(policy, tags => withTags(tags, asked.Tags))
    return {}
  },
})

/** @see AWS IAM API reference, UntagPolicy */
export const untagPolicy = defineAction({
  name: 'UntagPolicy',
  auth: 'signed',
  writes: true,
  input: params({ PolicyArn: given.arn, TagKeys: given.tagKeys }),
  permission: (asked, deps: IamDeps) =>
    onPolicy('UntagPolicy', asked.PolicyArn, deps, tagKeysContext(asked.TagKeys)),
  async handle(asked, deps) {
    const policy = await requireOwnPolicy(asked.PolicyArn, deps, notFound(asked))
    await deps.policies.changeTags(policy, tags => withoutTags(tags, asked.TagKeys))
    return {}
  },
})

/** @see AWS IAM API reference, ListPolicyTags */
export const listPolicyTags = defineAction({
  name: 'ListPolicyTags',
  auth: 'signed',
  input: params({ PolicyArn: given.arn, ...given.paging }),
  permission: (asked, deps: IamDeps) => onPolicy('ListPolicyTags', asked.PolicyArn, deps),
  async handle(asked, deps) {
    const { tags } = await requirePolicy(asked.PolicyArn, deps, notFound(asked))
    const page = readPage(sortedTags(tags), ({ Key }) => Key.toLowerCase(), asked)
    return { Tags: page.items, ...page.wire }
  },
})

/** @see AWS IAM API reference, TagOpenIDConnectProvider */
export const tagOpenIdConnectProvider = defineAction({
  name: 'TagOpenIDConnectProvider',
  auth: 'signed',
  writes: true,
  input: params({ OpenIDConnectProviderArn: given.arn, Tags: given.requiredTags }),
  permission: (asked, deps: IamDeps) =>
    onOidcProvider('TagOpenIDConnectProvider', pathIn(asked, deps), deps, requestTags(asked.Tags)),
  async handle(asked, deps) {
    await requireProvider(asked.OpenIDConnectProviderArn, deps)
    await deps.oidcProviders.change(pathIn(asked, deps), one => ({ tags: withTags(one.tags, asked.Tags) }))
    return {}
  },
})

/** @see AWS IAM API reference, UntagOpenIDConnectProvider */
export const untagOpenIdConnectProvider = defineAction({
  name: 'UntagOpenIDConnectProvider',
  auth: 'signed',
  writes: true,
  input: params({ OpenIDConnectProviderArn: given.arn, TagKeys: given.tagKeys }),
  permission: (asked, deps: IamDeps) =>
    onOidcProvider('UntagOpenIDConnectProvider', pathIn(asked, deps), deps, tagKeysContext(asked.TagKeys)),
  async handle(asked, deps) {
    await requireProvider(asked.OpenIDConnectProviderArn, deps)
    await deps.oidcProviders.change(pathIn(asked, deps), one => ({
      tags: withoutTags(one.tags, asked.TagKeys),
    }))
    return {}
  },
})

/** @see AWS IAM API reference, ListOpenIDConnectProviderTags */
export const listOpenIdConnectProviderTags = defineAction({
  name: 'ListOpenIDConnectProviderTags',
  auth: 'signed',
  input: params({ OpenIDConnectProviderArn: given.arn, ...given.paging }),
  permission: (asked, deps: IamDeps) =>
    onOidcProvider('ListOpenIDConnectProviderTags', pathIn(asked, deps), deps),
  async handle(asked, deps) {
    const { tags } = await requireProvider(asked.OpenIDConnectProviderArn, deps)
    const page = readPage(sortedTags(tags), ({ Key }) => Key.toLowerCase(), asked)
    return { Tags: page.items, ...page.wire }
  },
})

function pathIn({ OpenIDConnectProviderArn }: { OpenIDConnectProviderArn: string }, deps: IamDeps): string {
  return urlPathOf(OpenIDConnectProviderArn, deps)
}

function notFound({ PolicyArn }: { PolicyArn: string }): string {
  return `Policy ${PolicyArn} was not found.`
}
