import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { Refusal } from '../../base/refusal.ts'
import { readBody } from '../../http/read-body.ts'
import { readForm } from '../../http/read-form.ts'
import type { DemoLog } from '../demo-log.ts'
import { createGuard } from '../guard.ts'
import { peoplePage, problemPage, sendPage, sendStyle, sendText, welcomePage } from '../pages.ts'
import { findPerson } from '../people.ts'
import { debugToken, exchangeCode, type GraphApp, type GraphCall, me } from './graph-api.ts'
import { faultBody, GraphFault } from './graph-fault.ts'
import { createGraphTokens } from './graph-tokens.ts'
import { chosenPerson, dialogAnswer, readDialogRequest } from './login-dialog.ts'

export const facebookAppId = '1000000000000001'
export const graphVersion = 'v23.0'

/** Not ours: whose tokens a service must not take for its own. */
const anotherAppId = '1000000000000002'
const samplePath = '/sample-access-token/'

export type FacebookStandInOptions = {
  port: number
  appSecret: string
  redirectUris: readonly string[]
  clock: Clock
  log: DemoLog
}

type Exchange = {
  app: GraphApp
  redirectUris: readonly string[]
  request: IncomingMessage
  response: ServerResponse
  path: string
  query: ReadonlyMap<string, string>
}

/** Answers Facebook's part: the login dialog, what of the Graph API a sign-in needs, sample tokens. */
export function createFacebookStandIn(options: FacebookStandInOptions): RequestListener {
  const { port, appSecret, redirectUris, clock, log } = options
  const guard = createGuard(port)
  const app = { appId: facebookAppId, appSecret, tokens: createGraphTokens(clock) }

  return (request, response) => {
    if (!guard(request, response)) return
    const [path = '/', search = ''] = (request.url ?? '/').split(/\?(.*)/s)
    const read = async () => answer({ app, redirectUris, request, response, path, query: readForm(search) })
    read().catch(problem => {
      if (response.headersSent) return void response.destroy()
      if (problem instanceof GraphFault) return sendJson(response, 400, faultBody(problem.fault))
      if (problem instanceof Refusal) return sendJson(response, 400, faultBody('unreadable'))
      log.warn({ err: problem }, 'the stand-in for Facebook failed')
      sendText(response, 500, 'The stand-in failed. Its log says why.\n')
    })
  }
}

async function answer(exchange: Exchange): Promise<void> {
  const { app, request, response, path } = exchange
  // Graph takes calls with a version and without.
  switch (path.replace(/^\/v\d+\.\d+(?=\/)/, '')) {
    case '/':
      return sendPage(response, 200, welcomePage('Facebook', samplePath, 'an access token'))
    case '/stand-in.css':
      return sendStyle(response)
    case '/dialog/oauth':
      return answerDialog(exchange)
    case '/oauth/access_token':
      return sendJson(response, 200, exchangeCode(app, await callOf(exchange)))
    case '/me':
      requireGet(request)
      return sendJson(response, 200, me(app, await callOf(exchange)))
    case '/debug_token':
      requireGet(request)
      return sendJson(response, 200, debugToken(app, await callOf(exchange)))
    default:
      if (path.startsWith(samplePath)) return answerSample(exchange)
      throw new GraphFault('unknownPath')
  }
}

async function answerDialog({ app, redirectUris, request, response, query }: Exchange): Promise<void> {
  const asked = readDialogRequest(query, { appId: app.appId, redirectUris })
  if ('sentence' in asked) {
    return sendPage(response, 400, problemPage('Facebook', asked.title, asked.sentence))
  }
  if (request.method !== 'POST') {
    const { host, origin } = new URL(asked.redirectUri)
    return sendPage(response, 200, peoplePage('Facebook', host, request.url ?? '/'), [origin])
  }
  const person = chosenPerson(await formOf(request))
  const grant = person && { appId: app.appId, facebookId: person.facebookId, scopes: asked.scopes }
  const code = grant && app.tokens.issueCode(grant, asked)
  response.writeHead(303, { Location: dialogAnswer(asked, code), 'Content-Length': 0 }).end()
}

/**
 * A token for the command line. `?kind=expired` and `?kind=foreign` (given to another app) are there to
 * see them refused.
 */
async function answerSample({ app, response, path, query }: Exchange): Promise<void> {
  const person = findPerson(path.slice(samplePath.length))
  const kind = query.get('kind') ?? 'good'
  if (person === undefined || !['good', 'expired', 'foreign'].includes(kind)) {
    return sendText(response, 404, 'There is no such sample person, or no such kind of token.\n')
  }
  const appId = kind === 'foreign' ? anotherAppId : app.appId
  const grant = { appId, facebookId: person.facebookId, scopes: ['public_profile', 'email'] }
  const { accessToken } = app.tokens.issueToken(grant, kind === 'expired' ? 0 : undefined)
  sendText(response, 200, accessToken)
}

async function callOf({ request, query }: Exchange): Promise<GraphCall> {
  const parameters = request.method === 'POST' ? await formOf(request) : query
  return { parameters, headers: request.headers }
}

async function formOf(request: IncomingMessage): Promise<Map<string, string>> {
  return readForm(await readBody(request, { maxBytes: 16 * 1024, timeoutMs: 5_000 }))
}

function requireGet({ method }: IncomingMessage): void {
  if (method === 'POST') throw new GraphFault('unknownPath')
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  const type = 'application/json; charset=utf-8'
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text)
}
