import {
  type AccessTokenKind,
  accessTokenProviderNames,
  findAccessTokenKind,
  looksLikeJwt,
} from '../base/access-token-providers.ts'
import { Refusal } from '../base/refusal.ts'
import { findRoleArn } from '../federation/session-request.ts'
import type { RequestFault } from './faults.ts'

/** A token exchange as it was asked for, sound in form. Nothing is verified yet. */
export type TokenRequest = {
  proof: Proof
  /** Always there but with a password: a directory's rules for groups may give the role, and an own account's ID token needs none. */
  roleArn?: string
  /** The service that a bearer token is asked for. */
  audience?: string
  sessionName?: string
  policy?: string
  seconds: number
}

/**
 * An ID token, an access token of Facebook's or Amazon's, a user name and a password (a directory's, or an own account's), or none,
 * of a guest.
 */
export type Proof =
  | { kind: 'oidc' | AccessTokenKind; token: string }
  | { kind: 'directory'; username: string; password: string }
  | { kind: 'accounts'; username: string; password: string; otp?: string }
  | { kind: 'guest' }

/** Whose passwords are taken. */
export type PasswordProvider = 'directory' | 'accounts'

type Form = ReadonlyMap<string, string>

/** @see RFC 8693, section 3 */
export const tokenTypes = {
  id: 'urn:ietf:params:oauth:token-type:id_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  access: 'urn:ietf:params:oauth:token-type:access_token',
  /** Named after what it is: no token type that is registered means a set of AWS credentials. */
  credentials: 'urn:rolecall:params:oauth:token-type:aws-credentials',
}

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** An extension grant of our own. @see RFC 6749, section 4.5 */
export const guestGrant = 'urn:rolecall:params:oauth:grant-type:guest'
const longestRoleArn = 2048

export type Served = {
  /** Whose passwords are taken. */
  passwords: readonly PasswordProvider[]
  /** How long a guest's credentials last at most, where there are guests. */
  guestSeconds: number | undefined
}

/**
 * Reads the parameters of RFC 8693, section 2.1, or, where somebody's passwords are taken, those of RFC 6749, section
 * 4.3.2, for applications that ask for them themselves; and ours beside them: `provider_id`, `otp`,
 * `duration_seconds`, `session_name` and `policy`.
 *
 * @throws {Refusal} request.unknownAction (another grant) | request.invalid | token.malformed
 */
export function readTokenRequest(sent: Form, { passwords, guestSeconds }: Served): TokenRequest {
  const form = withoutEmpty(sent)
  const grant = require(form, 'grant_type')
  const byPassword = passwords.length > 0 && grant === 'password'
  if (guestSeconds !== undefined && grant === guestGrant) return readGuest(form, guestSeconds)
  if (grant !== tokenExchange && !byPassword) throw new Refusal('request.unknownAction')
  requireNothingUnserved(form)
  const audience = readAudience(form)
  const sessionName = form.get('session_name')
  if (sessionName !== undefined && !/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw invalid('session_name is not valid')
  const policy = form.get('policy')
  // A bearer can't carry what narrows: it would be worth more than the credentials beside it.
  if (policy !== undefined && audience !== undefined) throw invalid('policy and audience don’t go together')
  return {
    proof: byPassword ? readPassword(form, passwords) : readSubject(form),
    ...(byPassword && !form.has('resource') ? {} : { roleArn: readResource(form) }),
    seconds: readSeconds(form.get('duration_seconds')),
    ...(audience === undefined ? {} : { audience }),
    ...(sessionName === undefined ? {} : { sessionName }),
    ...(policy === undefined ? {} : { policy }),
  }
}

/**
 * RFC 6749, section 3.2: a parameter without a value MUST be treated as if it were left out. Not so a policy:
 * it was meant to narrow, and would narrow nothing.
 */
function withoutEmpty(form: Form): Form {
  if (form.get('policy') === '') throw invalid('policy has no value')
  return new Map([...form].filter(([, value]) => value !== ''))
}

/** To ignore any of these would give out something else than what was asked for. */
function requireNothingUnserved(form: Form): void {
  for (const name of ['client_secret', 'client_assertion', 'client_assertion_type']) {
    if (form.has(name)) throw invalid(`${name}: clients are not authenticated here`, 'invalid_client')
  }
  // Delegation is not built. RFC 8693, section 2.1: the type MUST NOT come without its token.
  if (form.has('actor_token')) throw invalid('actor_token is not supported')
  if (form.has('actor_token_type')) throw invalid('actor_token_type goes with an actor_token')
  if (form.has('scope')) throw invalid('scope is not supported: roles say what may be done', 'invalid_scope')
}

/** What a guest is given is the operator's choice alone, but for a shorter time. */
function readGuest(form: Form, guestSeconds: number): TokenRequest {
  const allowed = ['grant_type', 'duration_seconds']
  const other = [...form.keys()].find(name => !allowed.includes(name))
  if (other !== undefined) throw invalid(`${other} is not for guests`)
  const asked = form.get('duration_seconds')
  return { proof: { kind: 'guest' }, seconds: asked === undefined ? guestSeconds : readSeconds(asked) }
}

function readPassword(form: Form, passwords: readonly PasswordProvider[]): Proof {
  if (form.has('subject_token')) throw invalid('subject_token goes with a token exchange')
  const asked = form.get('provider_id')
  if (asked === undefined && passwords.length > 1)
    throw invalid(`provider_id is missing: ${passwords.join(' or ')}`)
  const kind = asked === undefined ? passwords[0] : passwords.find(one => one === asked)
  if (kind === undefined) throw new Refusal('token.providerUnknown')
  const shown = { username: require(form, 'username'), password: require(form, 'password') }
  const otp = form.get('otp')
  if (kind === 'accounts') return { kind, ...shown, ...(otp === undefined ? {} : { otp }) }
  if (otp !== undefined) throw invalid('otp goes with an own account')
  return { kind, ...shown }
}

function readSubject(form: Form): Proof {
  for (const name of ['username', 'password', 'otp']) {
    if (form.has(name)) throw invalid(`${name} goes with the grant type password`)
  }
  const subjectToken = require(form, 'subject_token')
  if (subjectToken.length > 20_000) throw invalid('subject_token is too long')
  const subjectKind = readSubjectKind(form)
  if (subjectKind !== 'oidc' && looksLikeJwt(subjectToken)) {
    throw new Refusal('token.malformed', { detail: 'a JWT as an access token' })
  }
  return { kind: subjectKind, token: subjectToken }
}

function readSubjectKind(form: Form): 'oidc' | AccessTokenKind {
  const type = require(form, 'subject_token_type')
  const provider = form.get('provider_id')
  // An ID token is a JWT, and some clients know no nearer name for it.
  const isIdToken = type === tokenTypes.id || type === tokenTypes.jwt
  if (isIdToken && provider === undefined) return 'oidc'
  const kind = findAccessTokenKind(provider)
  if (type === tokenTypes.access && kind !== undefined) return kind
  if (isIdToken) throw invalid('provider_id goes with an access token, not with an ID token')
  if (type === tokenTypes.access)
    throw invalid(`an access token needs provider_id: ${accessTokenProviderNames.join(' or ')}`)
  throw invalid('subject_token_type is not supported')
}

function readResource(form: Form): string {
  const resource = require(form, 'resource')
  if (resource.length > longestRoleArn || findRoleArn(resource) === undefined)
    throw invalid('resource is not the ARN of a role', 'invalid_target')
  return resource
}

/** What a bearer is for, where one is asked for. Credentials alone are for no one service. */
function readAudience(form: Form): string | undefined {
  const audience = form.get('audience')
  if (audience !== undefined && !/^[\u0021-\u007e]{1,255}$/.test(audience))
    throw invalid('audience is not valid', 'invalid_target')
  const type = form.get('requested_token_type')
  if (type === undefined) return audience
  if (type === tokenTypes.access) {
    if (audience === undefined) throw invalid('an access token needs an audience')
    return audience
  }
  if (type !== tokenTypes.credentials) throw invalid('requested_token_type is not supported')
  if (audience !== undefined) throw invalid('audience goes with an access token, not with credentials alone')
  return undefined
}

function readSeconds(text: string | undefined): number {
  if (text === undefined) return 3600
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds < 900 || seconds > 43_200) throw invalid('duration_seconds must be from 900 to 43200')
  return seconds
}

function require(form: Form, name: string): string {
  const value = form.get(name)
  if (value === undefined) throw invalid(`${name} is missing`)
  return value
}

function invalid(message: string, error: RequestFault = 'invalid_request'): Refusal {
  return new Refusal('request.invalid', { said: { message, error } })
}
