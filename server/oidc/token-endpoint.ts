import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuditLog } from '../audit/audit-log.ts'
import { refusedEvent } from '../audit/refused-event.ts'
import type { AccessTokenKind } from '../base/access-token-providers.ts'
import { isoSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal, retryHeaders } from '../base/refusal.ts'
import { eventFacts, type RequestFacts } from '../base/request-facts.ts'
import type { AssumedRole, Gate } from '../federation/gate.ts'
import { sessionNameFor } from '../federation/session-name.ts'
import { readBody } from '../http/read-body.ts'
import { readForm } from '../http/read-form.ts'
import type { FactsOf } from '../http/request-facts.ts'
import type { Guests } from '../identity/guests.ts'
import type { TokenSigner } from '../tokens/sign-access-token.ts'
import { type AccountTokens, idTokenAlone, logInForToken } from './account-tokens.ts'
import { type OAuthError, oauthErrorOf, serverError } from './faults.ts'
import { signBearer } from './sign-bearer.ts'
import { type Proof, readTokenRequest, type TokenRequest, tokenTypes } from './token-request.ts'

export type TokenEndpointDeps = {
  gate: Gate
  verifyIdToken(token: string): Promise<FederatedIdentity>
  verifyAccessToken(kind: AccessTokenKind, token: string, sourceIp: string): Promise<FederatedIdentity>
  verifyDirectoryPassword(username: string, password: string, sourceIp: string): Promise<FederatedIdentity>
  directoryName: string | undefined
  guests: Guests | undefined
  ownAccounts?: AccountTokens | undefined
  signer: TokenSigner
  audit: Pick<AuditLog, 'record' | 'note'>
  factsOf: FactsOf
  log: { error(context: object, message: string): void; info(context: object, message: string): void }
}

const bodyLimits = { maxBytes: 64 * 1024, timeoutMs: 10_000 }

/**
 * `POST /token`: a provider's token, or a password, in; a role's credentials out, and, where `audience` names a service, a
 * bearer token for it.
 *
 * @see RFC 8693 (token exchange), RFC 9068 (the bearer's profile), RFC 6749 section 5.2 (errors)
 */
export function createTokenEndpoint(deps: TokenEndpointDeps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const facts = deps.factsOf(request)
    try {
      send(response, 200, facts.requestId, await exchange(deps, request, facts))
    } catch (error) {
      fail(deps, facts, response, error)
    }
  }
}

async function exchange(
  deps: TokenEndpointDeps,
  request: IncomingMessage,
  facts: RequestFacts,
): Promise<object> {
  requireNoClientAuthentication(request)
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') throw new Refusal('request.unsupportedMedia')
  const body = await readBody(request, bodyLimits)
  requireOneTarget(body)
  const asked = readTokenRequest(readForm(body), {
    passwords: [
      ...(deps.directoryName === undefined ? [] : (['directory'] as const)),
      ...(deps.ownAccounts === undefined ? [] : (['accounts'] as const)),
    ],
    guestSeconds: deps.guests?.seconds,
  })
  if (asked.proof.kind === 'accounts' && deps.ownAccounts !== undefined) {
    const { identity, idToken } = await logInForToken(deps.ownAccounts, asked.proof, facts, deps.audit)
    const given =
      asked.roleArn === undefined ? idTokenAlone(idToken) : await assume(deps, asked, identity, facts)
    return { ...given, id_token: idToken.token }
  }
  return assume(deps, asked, await verify(deps, asked.proof, facts), facts)
}

async function assume(
  deps: TokenEndpointDeps,
  asked: TokenRequest,
  identity: FederatedIdentity,
  facts: RequestFacts,
): Promise<object> {
  const roleArn = asked.roleArn ?? identity.onlyRoles?.[0]
  if (roleArn === undefined) {
    const message = 'no rule gives a role to a group of theirs: name one in resource'
    throw new Refusal('request.invalid', { said: { message, error: 'invalid_target' } })
  }
  const assumed = await deps.gate.assumeRole(identity, roleArn, sessionOf(asked, identity), facts)
  return asked.audience === undefined
    ? withoutBearer(assumed, asked.seconds)
    : withBearer(deps, assumed, asked.audience, facts)
}

function verify(
  deps: TokenEndpointDeps,
  proof: Proof,
  { sourceIp }: RequestFacts,
): Promise<FederatedIdentity> {
  switch (proof.kind) {
    case 'directory':
      return deps.verifyDirectoryPassword(proof.username, proof.password, sourceIp)
    case 'guest':
      return welcome(deps, sourceIp)
    case 'facebook':
    case 'amazon':
      return deps.verifyAccessToken(proof.kind, proof.token, sourceIp)
    case 'oidc':
      return deps.verifyIdToken(proof.token)
    case 'accounts':
      throw new TypeError('an own account where there are none')
  }
}

async function welcome({ guests }: TokenEndpointDeps, sourceIp: string): Promise<FederatedIdentity> {
  if (guests === undefined) throw new Refusal('request.unknownAction')
  return guests.welcome(sourceIp)
}

/**
 * The subject token is the proof here. A client that shows credentials of its own believes that they are
 * checked. RFC 6749, section 5.2: it MUST be answered with 401, and with the scheme that it used.
 */
function requireNoClientAuthentication({ headers }: IncomingMessage): void {
  if (headers.authorization === undefined) return
  const scheme = /^[\w!#$%&'*+.^`|~-]{1,40}(?= |$)/.exec(headers.authorization)?.[0] ?? 'Basic'
  const message = 'clients are not authenticated here; send no Authorization header'
  throw new Refusal('request.invalid', { said: { message, error: 'invalid_client', scheme } })
}

/**
 * RFC 8693, section 2.1 lets these two come more than once, and section 2.2.2 says what to answer when that
 * is not served. Any other parameter that comes twice is malformed.
 */
function requireOneTarget(body: string): void {
  const form = new URLSearchParams(body)
  for (const name of ['resource', 'audience']) {
    if (form.getAll(name).length < 2) continue
    throw new Refusal('request.invalid', {
      said: { message: `more than one ${name} is not supported`, error: 'invalid_target' },
    })
  }
}

function sessionOf({ sessionName, seconds, policy }: TokenRequest, identity: FederatedIdentity) {
  return {
    name: sessionName ?? sessionNameFor(identity),
    seconds,
    ...(policy === undefined ? {} : { policy }),
  }
}

/** RFC 8693, section 2.2.1 wants an `access_token` whatever was issued; `N_A` says that it is no bearer. */
function withoutBearer(assumed: AssumedRole, seconds: number): object {
  return {
    access_token: assumed.credentials.sessionToken,
    issued_token_type: tokenTypes.credentials,
    token_type: 'N_A',
    expires_in: seconds,
    credentials: wireCredentials(assumed),
  }
}

async function withBearer(
  { signer, audit }: TokenEndpointDeps,
  assumed: AssumedRole,
  audience: string,
  facts: RequestFacts,
): Promise<object> {
  const { session } = assumed
  const bearer = signBearer(signer, assumed, audience)
  await audit.record({
    ...eventFacts(facts),
    event: 'IssueAccessToken',
    decision: 'allowed',
    ...session.person,
    resource: assumed.roleArn,
    accessKeyId: session.accessKeyId,
    sessionName: session.name,
    expiresAtMs: bearer.expiresAtSeconds * 1000,
    detail: { jti: bearer.jti, audience },
  })
  return {
    access_token: bearer.token,
    issued_token_type: tokenTypes.access,
    token_type: 'Bearer',
    expires_in: bearer.seconds,
    credentials: wireCredentials(assumed),
  }
}

/** The form of `credential_process`, which every AWS SDK reads. */
function wireCredentials({ credentials }: AssumedRole): object {
  return {
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: isoSeconds(credentials.expiresAtSeconds),
  }
}

function fail(deps: TokenEndpointDeps, facts: RequestFacts, response: ServerResponse, error: unknown): void {
  if (!(error instanceof Refusal)) {
    deps.log.error({ requestId: facts.requestId, err: error }, 'unexpected failure at the token endpoint')
    sendError(response, facts.requestId, serverError)
    return
  }
  const { reason, detail, about } = error
  deps.log.info({ requestId: facts.requestId, reason, detail, ...about }, 'refused')
  deps.audit.note(refusedEvent('TokenExchange', error, facts))
  if (reason === 'request.tooLarge' || reason === 'request.timedOut')
    response.setHeader('connection', 'close')
  response.setHeaders(new Map(Object.entries(retryHeaders(error))))
  sendError(response, facts.requestId, oauthErrorOf(error))
}

function sendError(
  response: ServerResponse,
  requestId: string,
  { error, status, description, scheme }: OAuthError,
): void {
  if (scheme !== undefined) response.setHeader('www-authenticate', `${scheme} realm="rolecall"`)
  send(response, status, requestId, { error, error_description: description })
}

function send(response: ServerResponse, status: number, requestId: string, body: object): void {
  const json = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(json),
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
  })
  response.end(json)
}
