import type { FaultsFor } from './faults.ts'

const noSuchProvider = 'No OpenIDConnect provider found in your account for '
const notJwt =
  'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
const noKey =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"

/**
 * What the gate and the verifiers of tokens refuse. Written in the Security Token Service's words; no other
 * service meets them, but every service's table must be whole.
 * @see AWS STS API reference, AssumeRoleWithWebIdentity, Errors
 */
export const federationFaults = {
  'token.malformed': ['InvalidIdentityToken', 400, ({ message }) => message ?? notJwt],
  'token.issuerUnknown': [
    'InvalidIdentityToken',
    400,
    ({ message, issuer }) => message ?? noSuchProvider + issuer,
  ],
  'token.audienceWrong': [
    'InvalidIdentityToken',
    400,
    ({ message }) => message ?? 'Incorrect token audience',
  ],
  'token.signatureWrong': [
    'InvalidIdentityToken',
    400,
    ({ message }) => message ?? 'The token could not be verified',
  ],
  'token.keyUnknown': ['InvalidIdentityToken', 400, noKey],
  'token.expired': ['ExpiredTokenException', 400, ({ message }) => message ?? 'Token expired'],
  'token.notYetValid': [
    'InvalidIdentityToken',
    400,
    ({ message }) => message ?? 'The token is not valid yet',
  ],
  'token.claimMissing': [
    'InvalidIdentityToken',
    400,
    ({ message, claim }) => message ?? `Missing a required claim: ${claim}`,
  ],
  'token.rejected': ['IDPRejectedClaim', 403, 'The identity provider rejected the token'],
  'token.replayed': ['InvalidIdentityToken', 400, 'The SAML response was used before'],
  'token.providerUnknown': ['InvalidIdentityToken', 400, 'The ProviderId is not one that takes this token'],
  'issuer.unreachable': [
    'IDPCommunicationError',
    400,
    'The identity provider could not be reached; try again',
  ],

  'trust.denied': ['AccessDenied', 403, ({ action }) => `Not authorized to perform ${action}`],
  'duration.overRoleMaximum': [
    'ValidationError',
    400,
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  ],
  'duration.overChainMaximum': [
    'ValidationError',
    400,
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
  ],
  'policy.malformed': ['MalformedPolicyDocument', 400, ({ message }) => message ?? 'The policy is not valid'],
  'policy.packedTooLarge': [
    'PackedPolicyTooLarge',
    400,
    ({ percent }) => `Packed size of policies and tags consumes ${percent}% of the allotted space.`,
  ],
  'tags.invalid': [
    'InvalidParameterValue',
    400,
    ({ message }) => message ?? 'The session tags are not valid',
  ],
  'message.undecodable': [
    'InvalidAuthorizationMessageException',
    400,
    'Message is not an authorization message of this account',
  ],
  'outbound.disabled': [
    'OutboundWebIdentityFederationDisabledException',
    403,
    'Outbound web identity federation is not enabled for this account.',
  ],
  'outbound.outlivesSession': [
    'SessionDurationEscalationException',
    403,
    'The requested token duration would extend beyond the expiration of the calling session.',
  ],
  'outbound.alreadyEnabled': [
    'FeatureEnabledException',
    409,
    'Outbound web identity federation is already enabled for this account.',
  ],
  'outbound.notEnabled': [
    'FeatureDisabledException',
    404,
    'Outbound web identity federation is not enabled for this account.',
  ],
  // The same for a name that nobody has: which accounts there are is nobody's to try out.
  'password.refused': ['AccessDenied', 403, 'The user name or the password was refused'],
  'password.wrong': ['AccessDenied', 403, 'The old password was incorrect.'],
  'password.violation': [
    'PasswordPolicyViolation',
    400,
    ({ message }) => message ?? 'The password does not comply with the policy.',
  ],
  'password.userType': ['InvalidUserType', 400, 'Only IAM Users can change their own password'],
  'report.missing': ['ReportNotPresent', 410, 'No report is there. Please call GenerateCredentialReport.'],
  'mfa.invalid': [
    'AccessDenied',
    403,
    'MultiFactorAuthentication failed with invalid MFA one time pass code.',
  ],
  'pool.notAuthorized': ['AccessDenied', 403, 'The identity pool does not admit this'],
  'pool.misconfigured': ['AccessDenied', 403, 'The identity pool gives no role'],
  'pool.userRegistered': ['AccessDenied', 403, 'The user has another identity'],
  'secret.state': ['InvalidRequest', 400, 'The secret is in another state'],
  'secret.notDecryptable': ['DecryptionFailure', 400, 'The secret can’t be opened'],
  'secret.notEncryptable': ['EncryptionFailure', 400, 'The secret can’t be sealed'],
  'secret.keyServiceDown': ['ServiceUnavailable', 503, 'The key service does not answer; try again'],
  'secret.nextToken': ['InvalidNextTokenException', 400, 'The token is invalid'],
  'secret.publicPolicy': ['InvalidRequest', 400, 'The policy is for everybody'],
  'secret.rotatorUnknown': ['InvalidRequest', 400, 'There is no such rotator'],
  'mfa.codes': ['InvalidAuthenticationCode', 403, 'Authentication code for device is not valid.'],
} satisfies FaultsFor<
  | 'token'
  | 'issuer'
  | 'trust'
  | 'duration'
  | 'policy'
  | 'tags'
  | 'message'
  | 'mfa'
  | 'report'
  | 'password'
  | 'outbound'
  | 'pool'
  | 'secret'
>
