import { defineAction } from '../aws/action.ts'
import { list, optional, params, text } from '../aws/params.ts'
import { oidcProviderArn, parseArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { OidcProvider } from '../store/oidc-providers.ts'
import type { IamDeps } from './deps.ts'
import * as given from './parameters.ts'
import { onNewOidcProvider, onOidcProvider } from './permissions.ts'
import { wireDate, wireProviderArn, wireTags } from './shapes.ts'

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
    ClientIDList: optional(list(text({ min: 1, max: 255 }), { max: 1000 }), []),
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
    const provider = await deps.oidcProviders.find(urlPathOf(asked.OpenIDConnectProviderArn, deps))
    if (provider === undefined) throw noSuchProvider(asked.OpenIDConnectProviderArn)
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

function urlPathOf(text: string, { accountId }: IamDeps): string {
  const arn = parseArn(text)
  const urlPath = arn?.resource.replace(/^oidc-provider\//, '') ?? ''
  // A provider has one ARN. Another account's, or one with a region, is that of none.
  if (text !== oidcProviderArn(accountId, urlPath)) throw noSuchProvider(text)
  return urlPath
}

function noSuchProvider(arn: string): Refusal {
  return new Refusal('entity.missing', {
    said: { message: `OpenIDConnect Provider not found for arn ${arn}` },
  })
}
