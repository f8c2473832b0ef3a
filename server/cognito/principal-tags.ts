import { defineAction, type Result } from '../aws/action.ts'
import { flag, optional, params } from '../aws/params.ts'
import { requireTags } from '../base/session-tags.ts'
import type { TagMap } from '../store/identity-pools.ts'
import type { CognitoDeps } from './deps.ts'
import * as given from './parameters.ts'
import { onPool, requirePool } from './permissions.ts'

/** `username` is the subject and `client` the audience. @see Amazon Cognito Developer Guide, "Attributes for access control" */
export const defaultTags = { username: 'sub', client: 'aud' }

/**
 * Which claims of a provider's people become tags of their sessions.
 *
 * @throws {Refusal} entity.missing | tags.invalid
 * @see Amazon Cognito Federated Identities API reference, SetPrincipalTagAttributeMap
 */
export const setPrincipalTagAttributeMap = defineAction({
  name: 'SetPrincipalTagAttributeMap',
  auth: 'signed',
  writes: true,
  input: params({
    IdentityPoolId: given.poolId,
    IdentityProviderName: given.providerName,
    UseDefaults: optional(flag(), false),
    PrincipalTags: optional(given.principalTags, new Map()),
  }),
  permission: (asked, deps: CognitoDeps) => onPool('SetPrincipalTagAttributeMap', asked.IdentityPoolId, deps),
  async handle({ IdentityPoolId: id, IdentityProviderName: provider, ...asked }, { identityPools }) {
    const keys = [...asked.PrincipalTags.keys()]
    // The keys must do as tags; what they are of is a claim's name, and may be anything.
    requireTags(keys.map(key => [key, '']))
    const tagMap: TagMap = {
      useDefaults: asked.UseDefaults,
      tags: asked.UseDefaults ? {} : Object.fromEntries(asked.PrincipalTags),
    }
    await identityPools.change(id, ({ tagMaps }) => ({ tagMaps: { ...tagMaps, [provider]: tagMap } }))
    return wireTagMap(id, provider, tagMap)
  },
})

/** @see Amazon Cognito Federated Identities API reference, GetPrincipalTagAttributeMap */
export const getPrincipalTagAttributeMap = defineAction({
  name: 'GetPrincipalTagAttributeMap',
  auth: 'signed',
  input: params({ IdentityPoolId: given.poolId, IdentityProviderName: given.providerName }),
  permission: (asked, deps: CognitoDeps) => onPool('GetPrincipalTagAttributeMap', asked.IdentityPoolId, deps),
  async handle({ IdentityPoolId: id, IdentityProviderName: provider }, deps) {
    const { tagMaps } = await requirePool(id, deps)
    const tagMap = Object.hasOwn(tagMaps, provider) ? tagMaps[provider] : undefined
    return wireTagMap(id, provider, tagMap ?? { useDefaults: false, tags: {} })
  },
})

function wireTagMap(id: string, provider: string, { useDefaults, tags }: TagMap): Result {
  return {
    IdentityPoolId: id,
    IdentityProviderName: provider,
    UseDefaults: useDefaults,
    PrincipalTags: new Map(Object.entries(useDefaults ? defaultTags : tags)),
  }
}
