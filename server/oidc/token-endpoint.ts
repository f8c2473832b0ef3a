import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuditLog } from '../audit/audit-log.ts'
import { isoSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { AssumedRole, Gate } from '../federation/gate.ts'
import { sessionNameFor } from '../federation/session-name.ts'
import { readBody } from '../http/read-body.ts'
import { readForm } from '../http/read-form.ts'
import type { FactsOf } from '../http/request-facts.ts'
import type { TokenSigner } from '../tokens/sign-access-token.ts'
import { type OAuthFault, oauthFaults } from './faults.ts'
import { readTokenRequest, type TokenRequest } from './token-request.ts'

export type TokenEndpointDeps = {
  gate: Gate
  verifyIdToken(token: string): Promise<FederatedIdentity>
  verifyFacebookToken(token: string): Promise<FederatedIdentity>
  signer: TokenSigner
  audit: Pick<AuditLog, 'record' | 'note'>
  factsOf: FactsOf
  log: { error(context: object, message: string): void; info(context: object, message: string): void }
}

const bodyLimits = { maxBytes: 64 * 1024, timeoutMs: 10_000 }
const longestBearerSeconds = 900
/** Named after what it is: no token type that RFC 8693 registers means a set of AWS credentials. */
const credentialsType = 'urn:rolecall:params:oauth:token-type:aws-credentials'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const internalFailure: OAuthFault = [
  'server_error',
  500,
  'The request failed because of an error on our side',
]

/**
 * `POST /token`: a provider's token in; a role's credentials out, and, where `audience` names a service, a
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
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') throw new Refusal('request.unsupportedMedia')
  const asked = readTokenRequest(readForm(await readBody(request, bodyLimits)))
  const verify = asked.subjectKind === 'facebook' ? deps.verifyFacebookToken : deps.verifyIdToken
  const identity = await verify(asked.subjectToken)
  const assumed = await deps.gate.assumeRole(identity, asked.roleArn, sessionOf(asked, identity), facts)
  const credentials = wireCredentials(assumed)
  return asked.audience === undefined
    ? withoutBearer(assumed, credentials, asked.seconds)
    : withBearer(deps, assumed, credentials, asked, facts)
}

function sessionOf({ sessionName, seconds, policy }: TokenRequest, identity: FederatedIdentity) {
  return {
    name: sessionName ?? sessionNameFor(identity),
    seconds,
    ...(policy === undefined ? {} : { policy }),
  }
}

/** RFC 8693, section 2.2.1 wants an `access_token` whatever was issued; `N_A` says that it is no bearer. */
function withoutBearer({ credentials }: AssumedRole, wire: object, seconds: number): object {
  return {
    access_token: credentials.sessionToken,
    issued_token_type: credentialsType,
    token_type: 'N_A',
    expires_in: seconds,
    credentials: wire,
  }
}

async function withBearer(
  { signer, audit }: TokenEndpointDeps,
  { session, arn, credentials }: AssumedRole,
  wire: object,
  { audience = '', roleArn, seconds }: TokenRequest,
  facts: RequestFacts,
): Promise<object> {
  const bearerSeconds = Math.min(longestBearerSeconds, seconds)
  const bearer = signer.sign(
    {
      // The person, not the session's name: anybody may choose any name for their session.
      sub: `${session.issuer}|${session.subject}`,
      client_id: credentials.accessKeyId,
      role_arn: roleArn,
      assumed_role_arn: arn,
    },
    { audience, seconds: bearerSeconds },
  )
  await audit.record({
    ...eventFacts(facts),
    event: 'IssueAccessToken',
    decision: 'allowed',
    issuer: session.issuer,
    subject: session.subject,
    resource: roleArn,
    accessKeyId: credentials.accessKeyId,
    sessionName: session.name,
    expiresAtMs: facts.atMs + bearerSeconds * 1000,
    detail: { jti: bearer.jti, audience },
  })
  return {
    access_token: bearer.token,
    issued_token_type: accessTokenType,
    token_type: 'Bearer',
    expires_in: bearerSeconds,
    credentials: wire,
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
    sendFault(response, facts.requestId, internalFailure, {})
    return
  }
  const { reason, detail, about, said } = error
  deps.log.info({ requestId: facts.requestId, reason, detail, ...about }, 'refused')
  deps.audit.note({
    ...eventFacts(facts),
    event: 'TokenExchange',
    decision: 'denied',
    reason,
    ...about,
    ...(detail === undefined ? {} : { detail: { detail } }),
  })
  if (reason === 'request.tooLarge' || reason === 'request.timedOut')
    response.setHeader('connection', 'close')
  sendFault(response, facts.requestId, oauthFaults[reason], said)
}

function eventFacts({ atMs, requestId, sourceIp, userAgent }: RequestFacts) {
  return { atMs, requestId, sourceIp, ...(userAgent === undefined ? {} : { userAgent }) }
}

function sendFault(
  response: ServerResponse,
  requestId: string,
  [error, status, words]: OAuthFault,
  said: Refusal['said'],
): void {
  const description = typeof words === 'string' ? words : words(said)
  // RFC 6749, section 5.2: %x20-21 / %x23-5B / %x5D-7E, so neither quotes nor backslashes.
  send(response, status, requestId, {
    error,
    error_description: description.replace(/["\\]/g, "'").replace(/[^\u0020-\u007e]/g, '?'),
  })
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
