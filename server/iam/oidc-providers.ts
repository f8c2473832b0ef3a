import { defineAction } from '../aws/action.ts'
import { list, optional, params, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { OidcProvider } from '../store/oidc-providers.ts'
import type { IamDeps } from './deps.ts'
import { requireProvider, urlPathOf } from './oidc-provider-arn.ts'
import * as given from './parameters.ts'
import { onNewOidcProvider, onOidcProvider } from './permissions.ts'
import { wireDate, wireProviderArn, wireTags } from './shapes.ts'

const clientId = text({ min: 1, max: 255 })

/**
 * Issuers are never fetched here: a provider may be registered before it is up.
 *
 * @throws {Refusal} request.invalid (the URL) | entity.exists | entity.limit | entity.invalid
 * @see AWS IAM API reference, CreateOpenIDConnectProvider
 */
export const createOpenIdConnectProvider = defineAction({
  name: 'CreateOpenIDConnectProvider',
  auth: 'signed',
  writes: true,
  input: params({
    Url: text({ min: 1, max: 255 }),
    ClientIDList: optional(list(clientId, { max: 1000 }), []),
    ThumbprintList: optional(list(given.thumbprint, { max: 1000 }), []),
    Tags: given.tags,
  }),
  permission: (asked, deps: IamDeps) =>
    onNewOidcProvider(readIssuer(asked.Url, deps.allowLoopbackHttp).urlPath, asked.Tags, deps),
  async handle(asked, deps) {
    const { issuer, urlPath } = readIssuer(asked.Url, deps.allowLoopbackHttp)
    requireFew(asked)
    const provider: OidcProvider = {
      urlPath,
      issuer,
      clientIds: [...new Set(asked.ClientIDList)],
      thumbprints: asked.ThumbprintList,
      tags: asked.Tags ?? {},
      createdAtMs: deps.clock(),
      demo: false,
    }
    await deps.oidcProviders.create(provider)
    return {
      OpenIDConnectProviderArn: wireProviderArn(deps.accountId, urlPath),
      ...wireTags(provider.tags),
    }
  },
})

/** @see AWS IAM API reference, GetOpenIDConnectProvider */
export const getOpenIdConnectProvider = defineAction({
  name: 'GetOpenIDConnectProvider',
  auth: 'signed',
  input: params({ OpenIDConnectProviderArn: given.arn }),
  permission: (asked, deps: IamDeps) =>
    onOidcProvider('GetOpenIDConnectProvider', urlPathOf(asked.OpenIDConnectProviderArn, deps), deps),
  async handle(asked, deps) {
    const provider = await requireProvider(asked.OpenIDConnectProviderArn, deps)
    return {
      Url: provider.urlPath,
      ClientIDList: provider.clientIds,
      ThumbprintList: provider.thumbprints,
      CreateDate: wireDate(provider.createdAtMs),
      ...wireTags(provider.tags),
    }
  },
})

/** @see AWS IAM API reference, ListOpenIDConnectProviders */
export const listOpenIdConnectProviders = defineAction({
  name: 'ListOpenIDConnectProviders',
  auth: 'signed',
  input: params({}),
  permission: () => ({ action: 'iam:ListOpenIDConnectProviders', resource: '*' }),
  async handle(_asked, deps: IamDeps) {
    const providers = await deps.oidcProviders.list()
    return {
      OpenIDConnectProviderList: providers.map(({ urlPath }) => ({
        Arn: wireProviderArn(deps.accountId, urlPath),
      })),
    }
  },
})

/**
 * Answers alike when there was none, as IAM does.
 * @see AWS IAM API reference, DeleteOpenIDConnectProvider
 */
export const deleteOpenIdConnectProvider = defineAction({
  name: 'DeleteOpenIDConnectProvider',
  auth: 'signed',
  writes: true,
  input: params({ OpenIDConnectProviderArn: given.arn }),
  permission: (asked, deps: IamDeps) =>
    onOidcProvider('DeleteOpenIDConnectProvider', urlPathOf(asked.OpenIDConnectProviderArn, deps), deps),
  async handle(asked, deps) {
    await deps.oidcProviders.delete(urlPathOf(asked.OpenIDConnectProviderArn, deps))
    return {}
  },
})

/**
 * Adding twice is adding once.
 *
 * @throws {Refusal} entity.missing | entity.limit
 * @see AWS IAM API reference, AddClientIDToOpenIDConnectProvider
 */
export const addClientIdToOpenIdConnectProvider = defineAction({
  name: 'AddClientIDToOpenIDConnectProvider',
  auth: 'signed',
  writes: true,
  input: params({ OpenIDConnectProviderArn: given.arn, ClientID: clientId }),
  permission: (asked, deps: IamDeps) =>
    onOidcProvider(
      'AddClientIDToOpenIDConnectProvider',
      urlPathOf(asked.OpenIDConnectProviderArn, deps),
      deps,
    ),
  async handle(asked, deps) {
    const { urlPath } = await requireProvider(asked.OpenIDConnectProviderArn, deps)
    await deps.oidcProviders.change(urlPath, provider => {
      const clientIds = [...new Set([...provider.clientIds, asked.ClientID])]
      requireFew({ ClientIDList: clientIds, ThumbprintList: [] })
      return { clientIds }
    })
    return {}
  },
})

/** @see AWS IAM API reference, RemoveClientIDFromOpenIDConnectProvider */
export const removeClientIdFromOpenIdConnectProvider = defineAction({
  name: 'RemoveClientIDFromOpenIDConnectProvider',
  auth: 'signed',
  writes: true,
  input: params({ OpenIDConnectProviderArn: given.arn, ClientID: clientId }),
  permission: (asked, deps: IamDeps) =>
    onOidcProvider(
      'RemoveClientIDFromOpenIDConnectProvider',
      urlPathOf(asked.OpenIDConnectProviderArn, deps),
      deps,
    ),
  async handle(asked, deps) {
    const { urlPath } = await requireProvider(asked.OpenIDConnectProviderArn, deps)
    await deps.oidcProviders.change(urlPath, ({ clientIds }) => ({
      clientIds: clientIds.filter(one => one !== asked.ClientID),
    }))
    return {}
  },
})

/** @see AWS IAM API reference, UpdateOpenIDConnectProviderThumbprint */
export const updateOpenIdConnectProviderThumbprint = defineAction({
  name: 'UpdateOpenIDConnectProviderThumbprint',
  auth: 'signed',
  writes: true,
  input: params({
    OpenIDConnectProviderArn: given.arn,
    ThumbprintList: list(given.thumbprint, { max: 1000 }),
  }),
  permission: (asked, deps: IamDeps) =>
    onOidcProvider(
      'UpdateOpenIDConnectProviderThumbprint',
      urlPathOf(asked.OpenIDConnectProviderArn, deps),
      deps,
    ),
  async handle(asked, deps) {
    const { urlPath } = await requireProvider(asked.OpenIDConnectProviderArn, deps)
    requireFew({ ClientIDList: [], ThumbprintList: asked.ThumbprintList })
    await deps.oidcProviders.change(urlPath, () => ({ thumbprints: asked.ThumbprintList }))
    return {}
  },
})

/** @see AWS IAM API reference, CreateOpenIDConnectProvider, ClientIDList and ThumbprintList */
function requireFew(asked: { ClientIDList: readonly string[]; ThumbprintList: readonly string[] }): void {
  if (asked.ClientIDList.length > 100) {
    const message = 'Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100'
    throw new Refusal('entity.limit', { said: { message } })
  }
  if (asked.ThumbprintList.length > 5) {
    const message = 'Thumbprint list must contain at most 5 entries.'
    throw new Refusal('entity.invalid', { said: { message } })
  }
}

/**
 * An issuer as it may be registered. RFC 8414, section 2: an https URL without query or fragment; `http`
 * is for a stand-in on loopback alone.
 */
function readIssuer(url: string, allowLoopbackHttp: boolean): { issuer: string; urlPath: string } {
  const parsed = URL.parse(url)
  const loopback = parsed !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(parsed.hostname)
  const scheme =
    parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && loopback && allowLoopbackHttp)
  // An empty query or fragment is one, though the parser does not tell.
  const bare = !/[?#]/.test(url) && parsed?.username === '' && parsed.password === ''
  // The text must be what the URL parser makes of it, or two spellings would be two providers.
  const canonical = parsed !== null && (parsed.href === url || parsed.href === `${url}/`)
  if (!scheme || !bare || !canonical) {
    throw new Refusal('request.invalid', {
      said: { message: 'Invalid Open ID Connect Provider URL: it must be https, without query or fragment' },
    })
  }
  return { issuer: url, urlPath: url.slice(url.indexOf('://') + 3).replace(/\/$/, '') }
}
