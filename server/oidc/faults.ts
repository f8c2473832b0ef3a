import type { Reason, Refusal, Said } from '../base/refusal.ts'

/** RFC 6749, section 5.2: an error code of its closed list, and words for people. */
type OAuthFault = readonly [error: string, status: number, description: string | ((said: Said) => string)]

/**
 * What a request that is not valid may be called: RFC 6749, section 5.2, and RFC 8693, section 2.2.2; where a second
 * factor is missing, OpenID Connect Core 1.0, section 3.1.2.6, the one registered name for it that is not about an
 * access token.
 */
export type RequestFault =
  | 'invalid_request'
  | 'invalid_target'
  | 'invalid_scope'
  | 'invalid_client'
  | 'interaction_required'

/** An error as it goes over the wire. */
export type OAuthError = {
  error: string
  status: number
  description: string
  /** The HTTP scheme by which a client tried to authenticate itself, where it did. */
  scheme?: string
}

export const serverError: OAuthError = {
  error: 'server_error',
  status: 500,
  description: 'The request failed because of an error on our side',
}

/** A refusal in this door's words. */
export function oauthErrorOf({ reason, said }: Refusal): OAuthError {
  const [error, status, words] = oauthFaults[reason]
  const description = characters(typeof words === 'string' ? words : words(said))
  if (reason !== 'request.invalid') return { error, status, description }
  const { error: called = error, scheme } = said
  return scheme === undefined
    ? { error: called, status, description }
    : { error: called, status: 401, description, scheme }
}

/** RFC 6749, section 5.2: %x20-21 / %x23-5B / %x5D-7E, so neither quotes nor backslashes. */
function characters(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\u0020-\u007e]/g, '?')
}

/**
 * Every refusal as an OAuth error. A subject token that is not acceptable is `invalid_request`, and a role
 * that is not given is `invalid_target`: RFC 8693, section 2.2.2.
 */
export const oauthFaults = {
  'request.malformed': ['invalid_request', 400, 'The request could not be read'],
  'request.invalid': ['invalid_request', 400, ({ message }) => message ?? 'The request is not valid'],
  'request.tooLarge': ['invalid_request', 413, 'The request is too large'],
  'request.timedOut': ['invalid_request', 408, 'The request took too long to arrive'],
  'request.missingAction': ['unsupported_grant_type', 400, 'Only token exchange (RFC 8693) is served here'],
  'request.unknownAction': ['unsupported_grant_type', 400, 'Only token exchange (RFC 8693) is served here'],
  'request.unknownVersion': ['invalid_request', 400, 'There is no such version'],
  'request.unsupportedMedia': [
    'invalid_request',
    415,
    'The parameters must come as application/x-www-form-urlencoded',
  ],
  'request.foreignHost': ['invalid_request', 403, 'This host name is not served here'],
  'request.insecure': ['invalid_request', 403, 'Requests must come over TLS'],
  'request.crossOrigin': ['invalid_request', 403, 'Requests from other sites are not served'],
  'request.throttled': ['slow_down', 429, 'Too many requests'],

  'signature.missing': ['invalid_client', 401, 'The request is not signed'],
  'signature.incomplete': ['invalid_client', 401, 'The signature is incomplete'],
  'signature.mismatch': ['invalid_client', 401, 'The signature does not match'],
  'signature.expired': ['invalid_client', 401, 'The signature has expired'],
  'signature.keyUnknown': ['invalid_client', 401, 'The access key is not known'],
  'session.invalid': ['invalid_client', 401, 'The session token is not valid'],
  'session.expired': ['invalid_client', 401, 'The session has expired'],
  'session.ended': ['invalid_client', 401, 'The session token is not valid'],

  'token.malformed': ['invalid_request', 400, 'subject_token is not of its subject_token_type'],
  'token.issuerUnknown': ['invalid_request', 400, 'The issuer of subject_token is not trusted here'],
  'token.audienceWrong': ['invalid_request', 400, 'The audience of subject_token is not registered here'],
  'token.signatureWrong': ['invalid_request', 400, 'subject_token could not be verified'],
  'token.keyUnknown': ['invalid_request', 400, 'The issuer has no key that verifies subject_token'],
  'token.expired': ['invalid_request', 400, 'subject_token has expired'],
  'token.notYetValid': ['invalid_request', 400, 'subject_token is not valid yet'],
  'token.claimMissing': ['invalid_request', 400, ({ claim }) => `subject_token lacks the claim ${claim}`],
  'token.rejected': ['invalid_request', 400, 'The identity provider rejected subject_token'],
  'token.replayed': ['invalid_request', 400, 'subject_token was used before'],
  'token.providerUnknown': ['invalid_request', 400, 'That provider_id is not served here'],
  'issuer.unreachable': [
    'temporarily_unavailable',
    503,
    'The identity provider could not be reached; try again',
  ],

  'trust.denied': ['invalid_target', 400, 'This identity may not have that role'],
  'access.denied': ['unauthorized_client', 400, 'Not authorized'],
  'duration.overRoleMaximum': ['invalid_request', 400, 'duration_seconds is more than the role allows'],
  'duration.overChainMaximum': ['invalid_request', 400, 'duration_seconds is more than a chain allows'],
  'policy.malformed': ['invalid_request', 400, ({ message }) => `policy: ${message}`],
  'policy.packedTooLarge': ['invalid_request', 400, 'The policies and tags do not fit into a session'],
  'trail.timeRange': ['invalid_request', 400, 'the time range is not valid'],
  'trail.nextToken': ['invalid_request', 400, 'the token is not valid'],
  'outbound.disabled': ['invalid_request', 400, 'identity tokens are not enabled'],
  'outbound.alreadyEnabled': ['invalid_request', 400, 'identity tokens are enabled already'],
  'outbound.notEnabled': ['invalid_request', 400, 'identity tokens are not enabled'],
  'outbound.outlivesSession': ['invalid_request', 400, 'the token would outlive the session'],
  'password.refused': ['invalid_grant', 400, 'the user name or the password was refused'],
  'password.wrong': ['access_denied', 400, 'wrong password'],
  'password.violation': ['invalid_request', 400, 'that password is not allowed'],
  'password.userType': ['access_denied', 400, 'only users have passwords'],
  'report.missing': ['invalid_request', 400, 'there is no report'],
  'mfa.invalid': ['access_denied', 403, 'the second factor is not valid'],
  'mfa.codes': ['access_denied', 403, 'the second factor is not valid'],
  'message.undecodable': ['invalid_request', 400, 'the message can’t be decoded'],
  'tags.invalid': ['invalid_request', 400, ({ message }) => message ?? 'The session tags are not valid'],

  'entity.missing': ['invalid_request', 400, 'There is no such entity'],
  'entity.exists': ['invalid_request', 400, 'It already exists'],
  'entity.changed': ['invalid_request', 400, 'It was changed at the same time'],
  'entity.inUse': ['invalid_request', 400, 'It is in use'],
  'entity.limit': ['invalid_request', 400, 'A limit is reached'],
  'entity.invalid': ['invalid_request', 400, 'It is not valid'],

  'pool.notAuthorized': ['access_denied', 403, 'The identity pool does not admit this'],
  'pool.misconfigured': ['access_denied', 403, 'The identity pool gives no role'],
  'pool.userRegistered': ['access_denied', 403, 'The user has another identity'],
  'secret.state': ['invalid_request', 400, 'The secret is in another state'],
  'secret.notDecryptable': ['server_error', 500, 'The secret could not be opened'],
  'secret.notEncryptable': ['server_error', 500, 'The secret could not be sealed'],
  'secret.keyServiceDown': ['temporarily_unavailable', 503, 'The key service does not answer; try again'],
  'secret.nextToken': ['invalid_request', 400, 'The token is invalid'],
  'secret.publicPolicy': ['invalid_request', 400, 'The policy is for everybody'],
  'secret.rotatorUnknown': ['invalid_request', 400, 'There is no such rotator'],

  'audit.unavailable': ['temporarily_unavailable', 503, 'The request could not be recorded; try again'],
  'store.unavailable': ['temporarily_unavailable', 503, 'The store does not answer; try again'],

  'signIn.cancelled': ['access_denied', 403, 'The sign-in was cancelled'],
  'signIn.another': ['access_denied', 403, 'Somebody else signed in'],
  'signIn.stateUnknown': ['access_denied', 403, 'The sign-in is not known'],
  'signIn.failed': ['access_denied', 403, 'The sign-in failed'],
  'signIn.required': ['access_denied', 403, 'A sign-in is required'],
} satisfies Record<Reason, OAuthFault>
