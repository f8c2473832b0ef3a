import type { IncomingMessage, ServerResponse } from 'node:http'
import express, {
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import type { Logger } from 'pino'
import { Refusal } from './base/refusal.ts'
import type { FactsOf } from './http/request-facts.ts'

type Endpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export type RouteDeps = {
  /** @throws {Refusal} request.foreignHost | request.insecure */
  guard(request: IncomingMessage): void
  aws: Endpoint
  token: Endpoint
  /** The public keys of our own tokens. */
  jwks: object
  /** Everything that a browser sees. */
  web: RequestHandler
  /** Throws when the store does not answer. */
  isReady(): Promise<void>
  factsOf: FactsOf
  log: Pick<Logger, 'error' | 'info'>
}

/**
 * Which door a request goes to. The AWS wire comes first and passes through nothing of the browser's:
 * no session, no view, no cookie.
 */
export function composeRoutes({ guard, aws, token, jwks, web, isReady, factsOf, log }: RouteDeps): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)

  app.get('/healthz', async (_request, response) => {
    await isReady()
    response.set('cache-control', 'no-store').type('text/plain').send('ok\n')
  })
  app.use((request, _response, next) => {
    guard(request)
    next()
  })
  app.post('/', aws)
  app.get('/', (request, response, next) => (isAwsQuery(request) ? aws(request, response) : next()))
  app.post('/token', token)
  app.get('/.well-known/jwks.json', (_request, response) => {
    response.set('cache-control', 'public, max-age=300').json(jwks)
  })
  app.use(web)
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error)
    answerFailure(error, factsOf(request).requestId, response, log)
  })
  return app
}

/** The Query protocol over GET, as presigned URLs use it; a person's browser sends no Action. */
function isAwsQuery(request: Request): boolean {
  return /[?&]Action=/.test(request.url)
}

/** What failed outside of all doors: a foreign host name, a store that does not answer, a bug. */
function answerFailure(error: unknown, requestId: string, response: Response, log: RouteDeps['log']): void {
  response.set('cache-control', 'no-store').set('x-request-id', requestId).type('text/plain')
  if (error instanceof Refusal) {
    log.info({ requestId, reason: error.reason, detail: error.detail }, 'refused')
    // RFC 9110, section 15.5.20: 421 Misdirected Request.
    const status = error.reason === 'request.foreignHost' ? 421 : 403
    const words =
      status === 421 ? 'This host name is not served here.' : 'This service is to be reached over https only.'
    response.status(status).send(`${words}\n`)
    return
  }
  log.error({ requestId, err: error }, 'unexpected failure')
  response.status(503).send(`The service is not available. Request ${requestId}\n`)
}
