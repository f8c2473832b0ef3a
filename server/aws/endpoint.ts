import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../base/caller.ts'
import { Refusal, retryHeaders, type Said } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Authenticator } from '../credentials/authenticate.ts'
import { readBody } from '../http/read-body.ts'
import { readForm } from '../http/read-form.ts'
import type { FactsOf } from '../http/request-facts.ts'
import type { Result } from './action.ts'
import type { Fault } from './faults.ts'
import { readJson, readQuery, type Services, splitTarget, targetOf, withPlainBlanks } from './read-call.ts'
import { logWarnings, noteRefusal, type RunDeps, runSigned } from './run-signed.ts'
import { type AwsService, type Wire, wireOf } from './wire.ts'

export type EndpointDeps = Services & RunDeps & { authenticator: Authenticator; factsOf: FactsOf }

/** Larger than the largest policy document once it is percent-encoded. */
const bodyLimits = { maxBytes: 512 * 1024, timeoutMs: 10_000 }
const internalFailure: Fault = ['InternalFailure', 500, 'The request failed because of an error on our side']

type Call = {
  facts: RequestFacts
  service: AwsService
  actionName: string
  caller?: Caller
  warnings: string[]
}

/** What more there is to warn of is in the log. */
const mostWarnings = 10
const longestWarning = 500

/**
 * The one way in for AWS's clients. Owns, for every action alike: reading, authentication,
 * authorization, the audit of changes and refusals, and the rendering of faults.
 */
export function createAwsEndpoint(deps: EndpointDeps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call: Call = {
      facts: deps.factsOf(request),
      service: deps.services[0],
      actionName: 'UnknownAction',
      warnings: [],
    }
    try {
      const result = await answer(deps, call, request)
      if (call.warnings.length > 0) warn(deps, call, response)
      const wire = wireOf(call.service)
      const { requestId } = call.facts
      send(response, 200, requestId, wire, wire.result(call.actionName, result, requestId))
    } catch (error) {
      fail(deps, call, response, error)
    }
  }
}

async function answer(deps: EndpointDeps, call: Call, request: IncomingMessage): Promise<Result> {
  const { path, query } = splitTarget(request.url ?? '/')
  const queryForm = readForm(query)
  const target = targetOf(request)
  // From here on a refusal is in the words of the protocol that was spoken.
  if (target !== undefined) call.service = deps.jsonServices[0]
  const body = request.method === 'POST' ? await readBody(request, bodyLimits) : ''
  const { service, action, form } =
    target === undefined
      ? readQuery(deps, body, queryForm, request)
      : readJson(deps, target, body, queryForm, request)
  call.service = service
  call.actionName = action.name
  if (action.auth === 'none') return action.read(form).run(call.facts)

  const wire = {
    method: request.method ?? 'GET',
    path,
    query: withPlainBlanks(query),
    headers: valuesOf(request),
    body,
  }
  const caller = await deps.authenticator.authenticate(wire, queryForm, service.name)
  call.caller = caller
  const { facts, warnings } = call
  return runSigned(deps, action, form, { facts, caller, warn: text => void warnings.push(text) })
}

/** They go into a header, which `--debug` shows, and the log. */
function warn(deps: EndpointDeps, { facts, actionName, warnings }: Call, response: ServerResponse): void {
  logWarnings(deps, actionName, warnings, facts)
  response.setHeader('x-rolecall-warning', warnings.slice(0, mostWarnings).map(inAscii))
}

/** Warnings quote what they are about, and a header has neither line breaks nor other people's letters. */
function inAscii(text: string): string {
  const code = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.slice(0, longestWarning).replace(/[^\x20-\x7e]/g, code)
}

function fail(deps: EndpointDeps, call: Call, response: ServerResponse, error: unknown): void {
  const { facts, service, actionName, caller } = call
  if (!(error instanceof Refusal)) {
    deps.log.error({ requestId: facts.requestId, action: actionName, err: error }, 'unexpected failure')
    sendFault(response, facts.requestId, wireOf(service), internalFailure, {})
    return
  }
  const { reason } = error
  noteRefusal(deps, actionName, error, facts, caller)
  // What was not read to its end can't be followed by another request on the same connection.
  if (reason === 'request.tooLarge' || reason === 'request.timedOut')
    response.setHeader('connection', 'close')
  response.setHeaders(new Map(Object.entries(retryHeaders(error))))
  sendFault(response, facts.requestId, wireOf(service), service.faults[reason], error.said)
}

function sendFault(response: ServerResponse, requestId: string, wire: Wire, fault: Fault, said: Said): void {
  for (const [name, value] of Object.entries(wire.faultHeaders(fault))) response.setHeader(name, value)
  send(response, fault[1], requestId, wire, wire.fault(fault, said, requestId))
}

function send(
  response: ServerResponse,
  status: number,
  requestId: string,
  { contentType }: Wire,
  text: string,
): void {
  const length = Buffer.byteLength(text)
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': length,
    'cache-control': 'no-store',
    'x-amzn-requestid': requestId,
    'x-content-type-options': 'nosniff',
  })
  // Text of ASCII alone has one byte a character in both, and as such goes out faster.
  response.end(text, length === text.length ? 'latin1' : 'utf8')
}

/** Each header with all its values: Node joins what came twice, and a joined value was never signed. */
function valuesOf(request: IncomingMessage): Record<string, readonly string[] | undefined> {
  return request.headersDistinct
}
