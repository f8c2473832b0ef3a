import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import express, {
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import type { Logger } from 'pino'
import { Refusal } from './base/refusal.ts'
import type { createCors } from './http/cors.ts'
import type { FactsOf } from './http/request-facts.ts'

type Endpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export type RouteDeps = {
  /** @throws {Refusal} request.malformed | request.foreignHost | request.insecure */
  guard(request: IncomingMessage): void
  aws: Endpoint
  token: Endpoint
  /** For those two alone. */
  cors: ReturnType<typeof createCors>
  /** Who our own tokens are from, and their public keys. */
  issuer: string
  /** Who vouches for own accounts, where there are any. */
  accountsIssuer?: string | undefined
  jwks(): Promise<object>
  /** Issuers of ours beside it, below our own address. */
  otherIssuers: readonly string[]
  /** What SAML identity providers are told of us. */
  samlMetadata(): Promise<string>
  /** Everything that a browser sees. */
  web: RequestHandler
  /** Throws when the store does not answer. */
  isReady(): Promise<void>
  /** False once what is known of ended sessions is too old to go by. */
  isCurrent(): boolean
  factsOf: FactsOf
  log: Pick<Logger, 'error' | 'info'>
}

/**
 * Which door a request goes to. The AWS wire comes first and passes through nothing of the browser's: no session,
 * no view, no cookie, not even Express.
 */
export function composeRoutes(deps: RouteDeps): RequestListener {
  const { guard, factsOf, log } = deps
  const doors = composeDoors(deps)
  // The guard stands before Express, which answers a target that it can't read by itself.
  return (request, response) => {
    try {
      if (!isHealthCheck(request)) guard(request)
    } catch (error) {
      return answerFailure(error, factsOf(request).requestId, response, log)
    }
    if (isCalledFromElsewhere(request) && deps.cors(request, response)) return
    if (!isAwsCall(request)) {
      return isAwsClient(request)
        ? answerElsewhere(factsOf(request).requestId, response)
        : doors(request, response)
    }
    deps.aws(request, response).catch(error => {
      if (response.headersSent) response.destroy()
      else answerFailure(error, factsOf(request).requestId, response, log)
    })
  }
}

function composeDoors({
  token,
  issuer,
  otherIssuers,
  accountsIssuer,
  jwks,
  samlMetadata,
  web,
  isReady,
  isCurrent,
  factsOf,
  log,
}: RouteDeps): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)

  app.get('/healthz', async (_request, response) => {
    await isReady()
    response.set('cache-control', 'no-store').type('text/plain').send('ok\n')
  })
  app.get('/readyz', async (_request, response) => {
    const problem = await isReady().then(
      () => undefined,
      error => (error instanceof Refusal ? error.reason : 'unexpected failure'),
    )
    response.set('cache-control', 'no-store').type('text/plain')
    response.status(problem === undefined ? 200 : 503).send(readiness(problem, isCurrent()))
  })
  app.post('/token', token)
  app.all('/token', (_request, response) => {
    response.set('allow', 'POST').set('cache-control', 'no-store').status(405).end()
  })
  // Both public, for pages as well that verify our tokens.
  const published = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }
  app.get('/.well-known/jwks.json', async (_request, response) => {
    response.set(published).json(await jwks())
  })
  app.get('/.well-known/openid-configuration', (_request, response) => {
    response.set(published).json(discovery(issuer, issuer, ['RS256', 'ES384']))
  })
  for (const other of otherIssuers) {
    app.get(`${new URL(other).pathname}/.well-known/openid-configuration`, (_request, response) => {
      const { token_endpoint: _, ...others } = discovery(other, issuer, ['RS256'])
      response.set(published).json(others)
    })
  }
  if (accountsIssuer !== undefined) {
    app.get(`${new URL(accountsIssuer).pathname}/.well-known/openid-configuration`, (_request, response) => {
      const claims = ['auth_time', 'amr', 'email', 'email_verified', 'name']
      response.set(published).json(discovery(accountsIssuer, issuer, ['RS256'], claims))
    })
  }
  app.get('/saml/metadata', async (_request, response) => {
    const metadata = await samlMetadata()
    response.set({ ...published, 'content-type': 'application/samlmetadata+xml' }).send(metadata)
  })
  app.use(web)
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error)
    answerFailure(error, factsOf(request).requestId, response, log)
  })
  return app
}

/**
 * What whoever verifies our tokens must know.
 *
 * @param origin where our doors are
 * @see OpenID Connect Discovery 1.0, section 3
 */
function discovery(issuer: string, origin: string, algorithms: string[], claims: string[] = []) {
  return {
    issuer,
    jwks_uri: `${origin}/.well-known/jwks.json`,
    token_endpoint: `${origin}/token`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
    claims_supported: ['iss', 'sub', 'aud', 'iat', 'exp', 'jti', ...claims],
  }
}

/** Sessions may have been ended elsewhere that this node has not heard of. */
function readiness(problem: string | undefined, isCurrent: boolean): string {
  if (problem === undefined) return 'ready\n'
  const consequence = isCurrent ? 'no credentials are handed out' : 'temporary credentials are refused'
  return `not ready: ${problem}; ${consequence} until it is back\n`
}

/** Asked by address, from the machine itself or by whoever balances the load. */
function isHealthCheck({ url = '' }: IncomingMessage): boolean {
  return /^\/(?:healthz|readyz)(\?|$)/.test(url)
}

/**
 * The Query protocol, by POST or, as presigned URLs use it, by GET; a person's browser sends no Action. Express
 * would take a HEAD for a GET, but nobody could read what it hands out.
 */
function isAwsCall({ method, url = '' }: IncomingMessage): boolean {
  if (url !== '/' && !url.startsWith('/?')) return false
  return method === 'POST' || (method === 'GET' && /[?&]Action=/.test(url))
}

/** Signed, or sent by an SDK: a page would be no answer. The token endpoint has words of its own for that. */
function isAwsClient({ headers, url = '' }: IncomingMessage): boolean {
  if (/^\/token(?:\?|$)/.test(url)) return false
  return headers['amz-sdk-invocation-id'] !== undefined || /^AWS4-/.test(headers.authorization ?? '')
}

/** A service that is not here, such as S3, or an endpoint with a path. Clients of every protocol find code and message. */
function answerElsewhere(requestId: string, response: ServerResponse): void {
  const message =
    'There is no such operation here. Calls are taken at the path / alone, for STS, IAM, CloudTrail, Cognito Identity and Secrets Manager.'
  response.writeHead(404, {
    'content-type': 'text/xml',
    'cache-control': 'no-store',
    'x-amzn-requestid': requestId,
    'x-content-type-options': 'nosniff',
  })
  response.end(
    `<ErrorResponse><Error><Code>UnknownOperationException</Code><Message>${message}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  )
}

/** The AWS wire and the token endpoint: what they answer goes by what is sent, never by a cookie. */
function isCalledFromElsewhere({ method, url = '' }: IncomingMessage): boolean {
  return (method === 'POST' || method === 'OPTIONS') && /^\/(?:token)?(?:\?|$)/.test(url)
}

/** What may be refused before any door, in words for whoever runs the client. */
const outsideFaults: { readonly [reason: string]: readonly [status: number, words: string] } = {
  'request.malformed': [400, 'The request could not be read.'],
  // RFC 9110, section 15.5.20: 421 Misdirected Request.
  'request.foreignHost': [421, 'This host name is not served here.'],
  'request.insecure': [403, 'This service is to be reached over https only.'],
}

/** What failed outside of all doors: a foreign host name, a store that does not answer, a bug. */
function answerFailure(
  error: unknown,
  requestId: string,
  response: ServerResponse,
  log: RouteDeps['log'],
): void {
  const fault = error instanceof Refusal ? outsideFaults[error.reason] : undefined
  if (error instanceof Refusal) log.info({ requestId, reason: error.reason, detail: error.detail }, 'refused')
  else log.error({ requestId, err: error }, 'unexpected failure')
  const [status, words] = fault ?? [503, `The service is not available. Request ${requestId}`]
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
  })
  response.end(`${words}\n`)
}
