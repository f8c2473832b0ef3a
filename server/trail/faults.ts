import { type AllFaults, browserFaults, commonFaults } from '../aws/faults.ts'
import { federationFaults } from '../aws/federation-faults.ts'

/**
 * Every refusal in CloudTrail's words. The JSON protocol has its own names for what concerns signatures.
 * @see AWS CloudTrail API reference, "Common Errors" and LookupEvents, Errors
 */
export const trailFaults = {
  ...commonFaults,
  ...browserFaults,
  ...federationFaults,
  'request.malformed': ['SerializationException', 400, 'The request could not be read'],
  'request.unknownAction': [
    'UnknownOperationException',
    400,
    ({ message }) => message ?? 'Unknown operation',
  ],
  'request.invalid': [
    'InvalidLookupAttributesException',
    400,
    ({ message }) => message ?? 'The request is not valid',
  ],
  'request.throttled': ['ThrottlingException', 400, 'Rate exceeded'],
  'signature.missing': ['MissingAuthenticationTokenException', 400, 'Missing Authentication Token'],
  'signature.incomplete': [
    'IncompleteSignatureException',
    400,
    ({ what }) => `The request signature is incomplete or malformed: ${what}`,
  ],
  'signature.mismatch': [
    'InvalidSignatureException',
    400,
    ({ what }) => what ?? 'The request signature we calculated does not match the signature you provided.',
  ],
  'signature.expired': [
    'InvalidSignatureException',
    400,
    ({ timestamp }) => `Signature expired: ${timestamp} is more than 5 minutes away from the time here`,
  ],
  'signature.keyUnknown': ['UnrecognizedClientException', 400, invalidToken()],
  'session.invalid': ['UnrecognizedClientException', 400, invalidToken()],
  'session.ended': ['UnrecognizedClientException', 400, invalidToken()],
  'session.expired': ['ExpiredTokenException', 400, 'The security token included in the request is expired'],
  'access.denied': [
    'AccessDeniedException',
    400,
    ({ principal, action, resource, why }) =>
      `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ${why}`.trimEnd(),
  ],
  'trail.timeRange': ['InvalidTimeRangeException', 400, 'The start time must not be after the end time'],
  'trail.nextToken': ['InvalidNextTokenException', 400, 'The token is invalid'],
  'entity.missing': ['ResourceNotFoundException', 400, 'There is no such entity'],
  'entity.exists': ['ConflictException', 400, 'It already exists'],
  'entity.inUse': ['ConflictException', 400, 'It is in use'],
  'entity.changed': ['ConflictException', 400, 'It was changed at the same time'],
  'entity.limit': ['ConflictException', 400, 'A limit is reached'],
  'entity.invalid': ['InvalidParameterException', 400, 'It is not valid'],
} satisfies AllFaults

function invalidToken(): string {
  return 'The security token included in the request is invalid.'
}
