import type { ReasonOf, Said } from '../base/refusal.ts'

/** What a refusal becomes on the wire. The message may use what the refusal allows to be said. */
export type Fault = readonly [code: string, status: number, message: string | ((said: Said) => string)]

/** A table that is complete for its groups of reasons: `satisfies FaultsFor<'token' | 'trust'>`. */
export type FaultsFor<Group extends string> = Readonly<Record<ReasonOf<Group>, Fault>>

/** Every reason: what a service must hand in, so that no refusal is without an answer. */
export type AllFaults = FaultsFor<
  | 'request'
  | 'signature'
  | 'session'
  | 'token'
  | 'issuer'
  | 'trust'
  | 'access'
  | 'duration'
  | 'policy'
  | 'tags'
  | 'message'
  | 'mfa'
  | 'report'
  | 'password'
  | 'outbound'
  | 'trail'
  | 'entity'
  | 'pool'
  | 'secret'
  | 'audit'
  | 'store'
  | 'signIn'
>

const invalidToken = 'The security token included in the request is invalid.'

/** As AWS words it, with the whole story for who may decode it. */
export function deniedMessage({ principal, action, resource, why, sealed }: Said): string {
  const denied =
    `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ${why}`.trimEnd()
  return sealed === undefined ? denied : `${denied}. Encoded authorization failure message: ${sealed}`
}

/**
 * What all services of the Query protocol answer alike.
 * @see AWS STS API reference, "Common Error Types"
 */
export const commonFaults = {
  'request.malformed': ['MalformedQueryString', 400, 'The request could not be read'],
  'request.invalid': ['ValidationError', 400, ({ message }) => message ?? 'The request is not valid'],
  'request.tooLarge': ['RequestEntityTooLarge', 413, 'The request is too large'],
  'request.timedOut': ['RequestTimeout', 408, 'The request took too long to arrive'],
  'request.missingAction': ['MissingAction', 400, 'The request must contain the parameter Action'],
  'request.unknownAction': ['InvalidAction', 400, ({ message }) => message ?? 'There is no such operation'],
  'request.unknownVersion': ['InvalidAction', 400, ({ message }) => message ?? 'There is no such version'],
  'request.unsupportedMedia': ['UnsupportedMediaType', 415, 'The content type is not supported'],
  'request.foreignHost': ['AccessDenied', 403, 'This host name is not served here'],
  'request.insecure': ['AccessDenied', 403, 'Requests must come over TLS'],
  'request.crossOrigin': ['AccessDenied', 403, 'Requests from other sites are not served'],
  'request.throttled': ['Throttling', 400, 'Rate exceeded'],

  'signature.missing': ['MissingAuthenticationToken', 403, 'Request is missing Authentication Token'],
  'signature.incomplete': [
    'IncompleteSignature',
    400,
    ({ what }) => `The request signature is incomplete or malformed: ${what}`,
  ],
  'signature.mismatch': [
    'SignatureDoesNotMatch',
    403,
    ({ what }) =>
      what ??
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  ],
  'signature.expired': [
    'SignatureDoesNotMatch',
    403,
    ({ timestamp }) => `Signature expired: ${timestamp} is more than 5 minutes away from the time here`,
  ],
  'signature.keyUnknown': ['InvalidClientTokenId', 403, invalidToken],
  'session.invalid': ['InvalidClientTokenId', 403, invalidToken],
  'session.expired': ['ExpiredToken', 403, 'The security token included in the request is expired'],
  'session.ended': ['InvalidClientTokenId', 403, invalidToken],

  'access.denied': ['AccessDenied', 403, deniedMessage],
  'audit.unavailable': ['ServiceUnavailable', 503, 'The request could not be recorded; try again'],
  'store.unavailable': ['ServiceUnavailable', 503, 'The store does not answer; try again'],
} satisfies FaultsFor<'request' | 'signature' | 'session' | 'access' | 'audit' | 'store'>

/** Nobody but the trail's readers meets these. */
export const trailFaults = {
  'trail.timeRange': ['ValidationError', 400, 'The start time must not be after the end time'],
  'trail.nextToken': ['ValidationError', 400, 'The token is invalid'],
} satisfies FaultsFor<'trail'>

/** A browser's refusals never reach this wire; the table must be complete all the same. */
export const browserFaults = {
  'signIn.cancelled': ['AccessDenied', 403, 'The sign-in was cancelled'],
  'signIn.another': ['AccessDenied', 403, 'Somebody else signed in'],
  'signIn.stateUnknown': ['AccessDenied', 403, 'The sign-in is not known'],
  'signIn.failed': ['AccessDenied', 403, 'The sign-in failed'],
  'signIn.required': ['AccessDenied', 403, 'A sign-in is required'],
} satisfies FaultsFor<'signIn'>
