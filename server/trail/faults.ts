import { type AllFaults, browserFaults, commonFaults } from '../aws/faults.ts'
import { federationFaults } from '../aws/federation-faults.ts'
import { jsonFaults } from '../aws/json-faults.ts'

/**
 * Every refusal in CloudTrail's words.
 * @see AWS CloudTrail API reference, "Common Errors" and LookupEvents, Errors
 */
export const trailFaults = {
  ...commonFaults,
  ...browserFaults,
  ...federationFaults,
  ...jsonFaults,
  'request.invalid': [
    'InvalidLookupAttributesException',
    400,
    ({ message }) => message ?? 'The request is not valid',
  ],
  'request.throttled': ['ThrottlingException', 400, 'Rate exceeded'],
  'trail.timeRange': ['InvalidTimeRangeException', 400, 'The start time must not be after the end time'],
  'trail.nextToken': ['InvalidNextTokenException', 400, 'The token is invalid'],
  'entity.missing': ['ResourceNotFoundException', 400, 'There is no such entity'],
  'entity.exists': ['ConflictException', 400, 'It already exists'],
  'entity.inUse': ['ConflictException', 400, 'It is in use'],
  'entity.changed': ['ConflictException', 400, 'It was changed at the same time'],
  'entity.limit': ['ConflictException', 400, 'A limit is reached'],
  'entity.invalid': ['InvalidParameterException', 400, 'It is not valid'],
} satisfies AllFaults
