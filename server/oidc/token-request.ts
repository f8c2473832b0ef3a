import { Refusal } from '../base/refusal.ts'

/** A token exchange as it was asked for, sound in form. Nothing is verified yet. */
export type TokenRequest = {
  subjectToken: string
  /** `facebook` when the token is an access token of Facebook's. */
  subjectKind: 'oidc' | 'facebook'
  roleArn: string
  /** The service that a bearer token is asked for. */
  audience?: string
  sessionName?: string
  policy?: string
  seconds: number
}

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const idToken = 'urn:ietf:params:oauth:token-type:id_token'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'

/**
 * Reads the parameters of RFC 8693, section 2.1, and ours beside them: `provider_id`,
 * `duration_seconds`, `session_name` and `policy`.
 *
 * @throws {Refusal} request.unknownAction (another grant) | request.invalid
 */
export function readTokenRequest(form: ReadonlyMap<string, string>): TokenRequest {
  if (form.get('grant_type') !== grantType) throw new Refusal('request.unknownAction')
  // Delegation is not built: to ignore an actor would give out more than was asked for.
  if (form.has('actor_token')) throw invalid('actor_token is not supported')
  const subjectToken = require(form, 'subject_token')
  if (subjectToken.length > 20_000) throw invalid('subject_token is too long')

  const audience = form.get('audience')
  if (audience !== undefined && !/^[\u0021-\u007e]{1,255}$/.test(audience))
    throw invalid('audience is not valid')
  const sessionName = form.get('session_name')
  if (sessionName !== undefined && !/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw invalid('session_name is not valid')
  const policy = form.get('policy')
  return {
    subjectToken,
    subjectKind: readSubjectKind(form),
    roleArn: require(form, 'resource'),
    seconds: readSeconds(form.get('duration_seconds')),
    ...(audience === undefined ? {} : { audience }),
    ...(sessionName === undefined ? {} : { sessionName }),
    ...(policy === undefined ? {} : { policy }),
  }
}

function readSubjectKind(form: ReadonlyMap<string, string>): 'oidc' | 'facebook' {
  const type = require(form, 'subject_token_type')
  const provider = form.get('provider_id')
  if (type === idToken && provider === undefined) return 'oidc'
  if (type === accessToken && provider === 'graph.facebook.com') return 'facebook'
  if (type === idToken) throw invalid('provider_id goes with an access token, not with an ID token')
  if (type === accessToken) throw invalid('an access token needs provider_id=graph.facebook.com')
  throw invalid('subject_token_type is not supported')
}

function readSeconds(text: string | undefined): number {
  if (text === undefined) return 3600
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds < 900 || seconds > 43_200) throw invalid('duration_seconds must be from 900 to 43200')
  return seconds
}

function require(form: ReadonlyMap<string, string>, name: string): string {
  const value = form.get(name)
  if (value === undefined || value === '') throw invalid(`${name} is missing`)
  return value
}

function invalid(message: string): Refusal {
  return new Refusal('request.invalid', { said: { message } })
}
