import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

export const appId = 'amzn1.application.0123456789abcdef'
export const clientId = 'amzn1.application-oa2-client.0123456789abcdef'
export const clientSecret = 'amazon-client-secret'
export const ada = { user_id: 'amzn1.account.ADA', name: 'Ada Lovelace', email: 'ada@example.com' }
export const eve = { user_id: 'amzn1.account.EVE', name: 'Eve', email: 'ada@example.com' }

/** A trust policy for people whom Amazon vouches for. */
export const trustingAmazon = (StringEquals: Record<string, string>) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: 'www.amazon.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals },
    },
  ],
})

/** `never` to keep the caller waiting; text is sent as it is, anything else as JSON. */
export type AmazonAnswer = { status?: number; body: unknown } | 'never'
type Place = 'token' | 'tokeninfo' | 'profile'
type Person = Record<string, unknown>
type Seen = { path: string; query: Record<string, string>; authorization: string | undefined }

export type TestAmazon = {
  url: string
  /** What a service is told, to be its client. */
  env: Record<string, string>
  seen: Seen[]
  /** Who is signed in there, and gives in to whatever is asked. Undefined for somebody who cancels. */
  visitor: Person | undefined
  /** An access token; tokeninfo says `changes` of it, beside what is good. */
  tokenOf(person?: Person, changes?: Record<string, unknown>): string
  /** Has one place answer otherwise, until `recover` is called. */
  misbehave(place: Place, answer: AmazonAnswer): void
  recover(): void
}

type Code = { person: Person; challenge: string; redirectUri: string }

/** Login with Amazon's authorization page and its three endpoints, as far as sign-ins go. Ends with the test file. */
export async function startAmazon(): Promise<TestAmazon> {
  const codes = new Map<string, Code>()
  const tokens = new Map<string, { person: Person; info: object }>()
  const wrongs = new Map<Place, AmazonAnswer>()
  const seen: Seen[] = []

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const back = new URL(query.get('redirect_uri') ?? '')
    const isGood =
      query.get('client_id') === clientId &&
      query.get('response_type') === 'code' &&
      query.get('scope') === 'profile' &&
      query.get('code_challenge_method') === 'S256'
    if (!isGood) return void response.writeHead(400).end('unknown client or request')
    back.searchParams.set('state', query.get('state') ?? '')
    if (amazon.visitor === undefined) back.searchParams.set('error', 'access_denied')
    else {
      const code = randomBytes(8).toString('hex')
      codes.set(code, {
        person: amazon.visitor,
        challenge: query.get('code_challenge') ?? '',
        redirectUri: query.get('redirect_uri') ?? '',
      })
      back.searchParams.set('code', code)
      back.searchParams.set('scope', 'profile')
    }
    response.writeHead(302, { location: back.href }).end()
  }

  function redeem(form: URLSearchParams): AmazonAnswer {
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret)
      return { status: 401, body: { error: 'invalid_client' } }
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (code?.challenge !== challenge || code.redirectUri !== form.get('redirect_uri'))
      return { status: 400, body: { error: 'invalid_grant' } }
    const token = amazon.tokenOf(code.person)
    return {
      body: { access_token: token, token_type: 'bearer', expires_in: 3600, refresh_token: 'Atzr|x' },
    }
  }

  function lookUp(place: 'tokeninfo' | 'profile', token: string | undefined): AmazonAnswer {
    const known = tokens.get(token ?? '')
    if (known === undefined) return { status: 400, body: { error: 'invalid_token' } }
    return { body: place === 'profile' ? known.person : known.info }
  }

  const server = createServer((request, response) => {
    void answer(request, response)
  }).listen(0, '127.0.0.1')

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://amazon')
    const { authorization } = request.headers
    seen.push({ path: pathname, query: Object.fromEntries(searchParams), authorization })
    let body = ''
    for await (const part of request.setEncoding('utf8')) body += part
    if (pathname === '/ap/oa') return authorize(searchParams, response)
    const answers = new Map<string, readonly [Place, () => AmazonAnswer]>([
      ['POST /auth/o2/token', ['token', () => redeem(new URLSearchParams(body))]],
      [
        'GET /auth/o2/tokeninfo',
        ['tokeninfo', () => lookUp('tokeninfo', searchParams.get('access_token') ?? '')],
      ],
      [
        'GET /user/profile',
        ['profile', () => lookUp('profile', /^bearer (.+)$/i.exec(authorization ?? '')?.[1])],
      ],
    ])
    const [place, good] = answers.get(`${request.method} ${pathname}`) ?? []
    if (place === undefined || good === undefined) return void response.writeHead(404).end('{}')
    const given = wrongs.get(place) ?? good()
    if (given === 'never') return
    const text = typeof given.body === 'string' ? given.body : JSON.stringify(given.body)
    response.writeHead(given.status ?? 200, { 'content-type': 'application/json' }).end(text)
  }

  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const amazon: TestAmazon = {
    url,
    env: {
      AMAZON_CLIENT_ID: clientId,
      AMAZON_CLIENT_SECRET: clientSecret,
      AMAZON_AUTHORIZATION_URL: `${url}/ap/oa`,
      AMAZON_API_URL: url,
    },
    seen,
    visitor: ada,
    tokenOf(person = ada, changes = {}) {
      const token = `Atza|${randomBytes(40).toString('base64url')}`
      const info = {
        aud: clientId,
        user_id: person.user_id,
        iss: 'https://www.amazon.com',
        exp: 3597,
        app_id: appId,
        iat: 1_700_000_000,
      }
      tokens.set(token, { person, info: { ...info, ...changes } })
      return token
    },
    misbehave: (place, wrong) => void wrongs.set(place, wrong),
    recover: () => wrongs.clear(),
  }
  return amazon
}
