import { randomUUID } from 'node:crypto'
import { defineAction, type Result } from '../aws/action.ts'
import { afterToken, pageOf } from '../aws/json-pages.ts'
import { params } from '../aws/params.ts'
import { region } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import { requireTags } from '../base/session-tags.ts'
import { requestTagContext } from '../base/tag-context.ts'
import { type IdentityPool, missingPool } from '../store/identity-pools.ts'
import type { CognitoDeps } from './deps.ts'
import * as given from './parameters.ts'
import { anywhere, onPool, requirePool } from './permissions.ts'
import { readSettings } from './pool-settings.ts'

/** @see Amazon Cognito quotas: identity pools for each account */
const mostPools = 1_000

/**
 * @throws {Refusal} entity.invalid | entity.limit | tags.invalid
 * @see Amazon Cognito Federated Identities API reference, CreateIdentityPool
 */
export const createIdentityPool = defineAction({
  name: 'CreateIdentityPool',
  auth: 'signed',
  writes: true,
  input: params(given.poolMembers),
  permission: asked => anywhere('CreateIdentityPool', requestTagContext(tagsOf(asked.IdentityPoolTags))),
  async handle(asked, deps: CognitoDeps) {
    const pool: IdentityPool = {
      id: `${region}:${randomUUID()}`,
      name: asked.IdentityPoolName,
      settings: readSettings(asked, deps.accountId),
      roles: { mappings: {} },
      tagMaps: {},
      tags: requireTags([...(asked.IdentityPoolTags ?? [])]),
      createdAtMs: deps.clock(),
    }
    if ((await deps.identityPools.count()) >= mostPools) {
      throw new Refusal('entity.limit', {
        said: { message: `At most ${mostPools} identity pools are allowed.` },
      })
    }
    await deps.identityPools.create(pool)
    return wirePool(pool)
  },
})

/**
 * Makes everything anew but the roles; what is left out is taken away. Tags stay unless others are given, which takes
 * the permission to tag.
 *
 * @throws {Refusal} entity.missing | entity.invalid (also for another developer provider) | tags.invalid
 * @see Amazon Cognito Federated Identities API reference, UpdateIdentityPool
 */
export const updateIdentityPool = defineAction({
  name: 'UpdateIdentityPool',
  auth: 'signed',
  writes: true,
  input: params({ IdentityPoolId: given.poolId, ...given.poolMembers }),
  async permission({ IdentityPoolId: id, IdentityPoolTags: tags }, deps: CognitoDeps) {
    const update = await onPool('UpdateIdentityPool', id, deps)
    return tags === undefined
      ? update
      : [update, await onPool('TagResource', id, deps, requestTagContext(tagsOf(tags)))]
  },
  async handle(asked, deps) {
    const settings = readSettings(asked, deps.accountId)
    const { IdentityPoolTags: tags } = asked
    const news = tags === undefined ? {} : { tags: requireTags([...tags]) }
    const pool = await deps.identityPools.change(asked.IdentityPoolId, before => {
      const { developerProvider } = before.settings
      if (developerProvider !== undefined && developerProvider !== settings.developerProvider) {
        const message = 'The developer provider name can not be changed once it is set.'
        throw new Refusal('entity.invalid', { said: { message } })
      }
      return { name: asked.IdentityPoolName, settings, ...news }
    })
    return wirePool(pool)
  },
})

/** @see Amazon Cognito Federated Identities API reference, DescribeIdentityPool */
export const describeIdentityPool = defineAction({
  name: 'DescribeIdentityPool',
  auth: 'signed',
  input: params({ IdentityPoolId: given.poolId }),
  permission: (asked, deps: CognitoDeps) => onPool('DescribeIdentityPool', asked.IdentityPoolId, deps),
  handle: async (asked, deps) => wirePool(await requirePool(asked.IdentityPoolId, deps)),
})

/**
 * Its identities are nobody's at once; what was given out before goes on to its end.
 * @see Amazon Cognito Federated Identities API reference, DeleteIdentityPool
 */
export const deleteIdentityPool = defineAction({
  name: 'DeleteIdentityPool',
  auth: 'signed',
  writes: true,
  input: params({ IdentityPoolId: given.poolId }),
  permission: (asked, deps: CognitoDeps) => onPool('DeleteIdentityPool', asked.IdentityPoolId, deps),
  async handle({ IdentityPoolId: id }, deps) {
    if (!(await deps.identityPools.delete(id))) throw new Refusal('entity.missing', { said: missingPool(id) })
    return {}
  },
})

/** @see Amazon Cognito Federated Identities API reference, ListIdentityPools */
export const listIdentityPools = defineAction({
  name: 'ListIdentityPools',
  auth: 'signed',
  input: params({ MaxResults: given.maxResults, NextToken: given.nextToken }),
  permission: () => anywhere('ListIdentityPools'),
  async handle({ MaxResults: most, NextToken: token }, { identityPools }: CognitoDeps) {
    const { items, wire } = pageOf(
      await identityPools.list(afterToken(token), most + 1),
      most,
      ({ id }) => id,
    )
    return {
      IdentityPools: items.map(({ id, name }) => ({ IdentityPoolId: id, IdentityPoolName: name })),
      ...wire,
    }
  },
})

function tagsOf(tags: ReadonlyMap<string, string> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(tags ?? [])
}

function wirePool({ id, name, settings, tags }: IdentityPool): Result {
  const { loginProviders, oidcProviderArns, samlProviderArns, userPools } = settings
  return {
    IdentityPoolId: id,
    IdentityPoolName: name,
    AllowUnauthenticatedIdentities: settings.allowGuests,
    AllowClassicFlow: settings.allowClassicFlow,
    SupportedLoginProviders: unlessEmpty(loginProviders),
    DeveloperProviderName: settings.developerProvider,
    OpenIdConnectProviderARNs: oidcProviderArns.length === 0 ? undefined : oidcProviderArns,
    CognitoIdentityProviders:
      userPools.length === 0
        ? undefined
        : userPools.map(({ name: ProviderName, clientId: ClientId, serverSideCheck }) => ({
            ProviderName,
            ClientId,
            ServerSideTokenCheck: serverSideCheck ?? false,
          })),
    SamlProviderARNs: samlProviderArns.length === 0 ? undefined : samlProviderArns,
    IdentityPoolTags: new Map(Object.entries(tags)),
  }
}

function unlessEmpty(record: Readonly<Record<string, string>>): ReadonlyMap<string, string> | undefined {
  const entries = Object.entries(record)
  return entries.length === 0 ? undefined : new Map(entries)
}
