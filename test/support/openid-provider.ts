import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { Provider } from 'oidc-provider'
import { createBoundedAdapter } from '../../server/demo/google/bounded-adapter.ts'
import { makeKey, signToken } from './issuer.ts'

export const secret = 'a-client-secret-that-nobody-else-knows'

type Json = Record<string, unknown>

export type TestProvider = {
  url: string
  /** The `sub` of whoever signs in next; undefined for somebody who cancels. */
  person: string | undefined
  /** Claims of everybody beside their `sub`. */
  claims: Json
  /** Paths that were asked for so far. */
  paths: string[]
  /** Answers from now on; before that the redirect URIs are not known. */
  serve(redirectUris: readonly string[], client?: Json): void
}

/** `oidc-provider`, certified by the OpenID Foundation, on loopback until the test file ends. */
export async function startOpenidProvider(clientId = 'rolecall'): Promise<TestProvider> {
  const { url, answerWith } = await listen()
  const key = makeKey('RS256')
  const jwk = { ...key.privateKey.export({ format: 'jwk' }), kid: key.kid, alg: 'RS256', use: 'sig' }
  const one: TestProvider = {
    url,
    person: 'ada',
    claims: {},
    paths: [],
    serve(redirectUris, client = {}) {
      const provider = new Provider(url, {
        adapter: createBoundedAdapter(),
        ttl: {
          AccessToken: 600,
          AuthorizationCode: 60,
          Grant: 600,
          IdToken: 600,
          Interaction: 600,
          Session: 600,
        },
        clients: [
          { client_id: clientId, client_secret: secret, redirect_uris: [...redirectUris], ...client },
        ],
        jwks: { keys: [jwk as object] },
        scopes: ['openid', 'profile', 'email'],
        claims: { openid: ['sub', ...Object.keys(one.claims)], profile: ['name'] },
        conformIdTokenClaims: false,
        cookies: { keys: ['test'] },
        features: { devInteractions: { enabled: false } },
        interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
        findAccount: (_ctx, sub) => ({
          accountId: sub,
          claims: () => ({ sub, name: `Name of ${sub}`, ...one.claims }),
        }),
        loadExistingGrant: async ({ oidc }) => {
          const { client: asking, session } = oidc
          if (asking === undefined || session?.accountId === undefined) return undefined
          const grant = new oidc.provider.Grant({ clientId: asking.clientId, accountId: session.accountId })
          grant.addOIDCScope('openid profile email')
          await grant.save()
          return grant
        },
      })
      const answer = provider.callback()
      answerWith(async (request, response) => {
        one.paths.push(new URL(request.url ?? '/', url).pathname)
        if (!request.url?.startsWith('/interaction/')) return answer(request, response)
        await provider.interactionFinished(
          request,
          response,
          one.person === undefined
            ? { error: 'access_denied', error_description: 'no, thanks' }
            : { login: { accountId: one.person, remember: false }, consent: {} },
        )
      })
    },
  }
  return one
}

export type RogueProvider = {
  url: string
  metadata: Json
  /** Instead of the metadata: what the discovery address does. */
  discovery: RequestListener | undefined
  /** What the token endpoint does. */
  token: (request: IncomingMessage, response: ServerResponse, form: URLSearchParams) => void
  key: ReturnType<typeof makeKey>
  hits: Record<string, number>
  /** A good ID token but for what is given. */
  sign(claims?: Json, header?: Json): string
  /** Has the token endpoint answer with this ID token. */
  answerWith(idToken: unknown, more?: Json): void
}

/** A provider that does what it is told, however wrong. */
export async function startRogueProvider(clientId = 'rolecall'): Promise<RogueProvider> {
  const { url, answerWith } = await listen()
  const rogue: RogueProvider = {
    url,
    metadata: {
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      jwks_uri: `${url}/jwks`,
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    discovery: undefined,
    token: (_request, response) => response.writeHead(500).end(),
    key: makeKey('RS256'),
    hits: {},
    sign(claims = {}, header = {}) {
      const iat = Math.floor(Date.now() / 1000)
      const usual = { iss: url, sub: 'mallory', aud: clientId, iat, exp: iat + 600 }
      return signToken({ ...usual, ...claims }, rogue.key, header)
    },
    answerWith(idToken, more = {}) {
      rogue.token = (_request, response) =>
        sendJson(response, {
          access_token: 'an-access-token',
          token_type: 'Bearer',
          id_token: idToken,
          ...more,
        })
    },
  }
  answerWith(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', url)
    rogue.hits[pathname] = (rogue.hits[pathname] ?? 0) + 1
    if (pathname.endsWith('/token')) {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      return rogue.token(request, response, new URLSearchParams(Buffer.concat(chunks).toString()))
    }
    if (pathname === '/jwks' || pathname === '/auth/keys') {
      const jwk = { ...rogue.key.publicKey.export({ format: 'jwk' }), kid: rogue.key.kid, alg: 'RS256' }
      return sendJson(response, { keys: [jwk] })
    }
    if (rogue.discovery !== undefined) return rogue.discovery(request, response)
    sendJson(response, rogue.metadata)
  })
  return rogue
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** On loopback; what it answers with can be set later. */
export async function listen() {
  let handle: RequestListener = (_request, response) => response.writeHead(503).end()
  const server = createServer((request, response) => handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    answerWith(handler: RequestListener) {
      handle = handler
    },
  }
}
