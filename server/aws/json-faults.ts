import { deniedMessage, type FaultsFor } from './faults.ts'

const invalidToken = 'The security token included in the request is invalid.'

/**
 * What services of the JSON protocol answer alike: it has names of its own for what concerns signatures.
 * @see AWS "Common Errors" of any service that speaks JSON 1.1
 */
export const jsonFaults = {
  'request.malformed': ['SerializationException', 400, 'The request could not be read'],
  'request.unknownAction': [
    'UnknownOperationException',
    400,
    ({ message }) => message ?? 'Unknown operation',
  ],
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
  'signature.keyUnknown': ['UnrecognizedClientException', 400, invalidToken],
  'session.invalid': ['UnrecognizedClientException', 400, invalidToken],
  'session.ended': ['UnrecognizedClientException', 400, invalidToken],
  'session.expired': ['ExpiredTokenException', 400, 'The security token included in the request is expired'],
  'access.denied': ['AccessDeniedException', 400, deniedMessage],
} satisfies Partial<FaultsFor<'request' | 'signature' | 'session' | 'access'>>
