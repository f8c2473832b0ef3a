import { type AllFaults, browserFaults, commonFaults, trailFaults } from '../aws/faults.ts'
import { federationFaults } from '../aws/federation-faults.ts'
import { jsonFaults } from '../aws/json-faults.ts'

const misconfigured = [
  'InvalidIdentityPoolConfigurationException',
  400,
  'Invalid identity pool configuration. Check assigned IAM roles for this pool.',
] as const
const notAuthorized = (message: string) => ['NotAuthorizedException', 400, message] as const
const invalidLogin = (why: string) => notAuthorized(`Invalid login token. ${why}`)

/**
 * Every refusal in Amazon Cognito's words.
 * @see Amazon Cognito Federated Identities API reference, "Common Errors" and each action's
 */
export const cognitoFaults = {
  ...commonFaults,
  ...browserFaults,
  ...trailFaults,
  ...federationFaults,
  ...jsonFaults,
  'request.invalid': ['ValidationException', 400, ({ message }) => message ?? 'The request is not valid'],
  'request.throttled': ['TooManyRequestsException', 429, 'Rate exceeded'],

  'token.malformed': invalidLogin('Not a valid OpenId Connect identity token.'),
  'token.issuerUnknown': notAuthorized('Token is not from a supported provider of this identity pool.'),
  'token.audienceWrong': notAuthorized('Token is not from a supported provider of this identity pool.'),
  'token.signatureWrong': invalidLogin("Couldn't verify signed token."),
  'token.keyUnknown': invalidLogin("Couldn't verify signed token."),
  'token.expired': invalidLogin('Token expired.'),
  'token.notYetValid': invalidLogin('Token is not valid yet.'),
  'token.claimMissing': [
    'NotAuthorizedException',
    400,
    ({ claim, message }) => `Invalid login token. ${message ?? `Missing a required claim: ${claim}`}`,
  ],
  'token.rejected': [
    'NotAuthorizedException',
    400,
    ({ message }) => message ?? 'Invalid login token. The provider rejected it.',
  ],
  'token.replayed': invalidLogin('It was used before.'),
  'token.providerUnknown': notAuthorized('Token is not from a supported provider of this identity pool.'),
  'issuer.unreachable': ['ExternalServiceException', 400, 'The identity provider could not be reached'],
  'trust.denied': misconfigured,
  'duration.overRoleMaximum': misconfigured,
  'policy.packedTooLarge': misconfigured,
  'tags.invalid': ['InvalidParameterException', 400, ({ message }) => message ?? 'The tags are not valid'],

  'pool.notAuthorized': [
    'NotAuthorizedException',
    400,
    ({ message }) => message ?? 'Access to the identity is forbidden.',
  ],
  'pool.misconfigured': misconfigured,
  'pool.userRegistered': [
    'DeveloperUserAlreadyRegisteredException',
    400,
    'The developer user identifier is registered with another identity.',
  ],
  'entity.missing': [
    'ResourceNotFoundException',
    400,
    ({ message }) => message ?? 'The resource was not found.',
  ],
  'entity.exists': [
    'ResourceConflictException',
    400,
    ({ message }) => message ?? 'The login is already linked to another account.',
  ],
  'entity.changed': [
    'ConcurrentModificationException',
    400,
    'The resource was changed at the same time; try again.',
  ],
  'entity.inUse': ['ResourceConflictException', 400, 'The resource is in use.'],
  'entity.limit': ['LimitExceededException', 400, ({ message }) => message ?? 'A limit is reached.'],
  'entity.invalid': [
    'InvalidParameterException',
    400,
    ({ message }) => message ?? 'A parameter is not valid.',
  ],
} satisfies AllFaults
