import type { Reason, Said } from '../base/refusal.ts'

/** What a person reads, and the status beneath it. */
export type WebFault = readonly [status: number, sentence: string | ((said: Said) => string)]

const notVerified = 'What the provider sent could not be verified. Please sign in again.'
const notHere: WebFault = [400, 'That can’t be done on this page.']

/** Every refusal in words for people. They name no cause that would help a stranger; the log does. */
export const webFaults = {
  'request.malformed': [400, 'The form could not be read. Please try again.'],
  'request.invalid': [400, ({ message }) => message ?? 'The form is not complete. Please try again.'],
  'request.tooLarge': [413, 'The form is too large.'],
  'request.timedOut': [408, 'The form took too long to arrive. Please try again.'],
  'request.missingAction': notHere,
  'request.unknownAction': notHere,
  'request.unknownVersion': notHere,
  'request.unsupportedMedia': [415, 'The form came in a way that is not understood here.'],
  'request.foreignHost': [421, 'This host name is not served here.'],
  'request.insecure': [403, 'This service is to be reached over https only.'],
  'request.crossOrigin': [
    403,
    'The request came from another site and was refused. Please use the buttons on this site.',
  ],
  'request.throttled': [
    429,
    ({ retryAfterSeconds }) => `Too many tries. Please wait ${wait(retryAfterSeconds)}.`,
  ],

  'signature.missing': notHere,
  'signature.incomplete': notHere,
  'signature.mismatch': notHere,
  'signature.expired': notHere,
  'signature.keyUnknown': notHere,
  'session.invalid': notHere,
  'session.expired': notHere,
  'session.ended': notHere,

  'token.malformed': [403, notVerified],
  'token.issuerUnknown': [403, notVerified],
  'token.audienceWrong': [403, notVerified],
  'token.signatureWrong': [403, notVerified],
  'token.keyUnknown': [403, notVerified],
  'token.expired': [403, notVerified],
  'token.notYetValid': [403, notVerified],
  'token.claimMissing': [403, notVerified],
  'token.rejected': [403, notVerified],
  'token.replayed': [403, notVerified],
  'token.providerUnknown': [403, notVerified],
  'issuer.unreachable': [503, 'The provider could not be reached. Please try again in a moment.'],

  'trust.denied': [403, 'You may not have that role.'],
  'access.denied': [403, 'You may not do that.'],
  'duration.overRoleMaximum': [400, 'The role does not allow so long a time.'],
  'duration.overChainMaximum': [400, 'A role got by another role does not allow so long a time.'],
  'policy.malformed': [400, 'The policy is not valid.'],
  'policy.packedTooLarge': [400, 'What the provider says of you does not fit into a session.'],
  'trail.timeRange': [400, 'The time range is not valid.'],
  'trail.nextToken': [400, 'The page is not valid.'],
  'outbound.disabled': [403, 'Identity tokens are not enabled here.'],
  'outbound.alreadyEnabled': [409, 'Identity tokens are enabled already.'],
  'outbound.notEnabled': [404, 'Identity tokens are not enabled here.'],
  'outbound.outlivesSession': [403, 'The token would outlive the session.'],
  'password.refused': [403, 'That user name and password were refused.'],
  'password.wrong': [403, 'That password is not right.'],
  'password.violation': [400, 'That password is not allowed here.'],
  'password.userType': [400, 'Only users have passwords.'],
  'report.missing': [404, 'There is no report.'],
  'mfa.invalid': [403, 'The code is not valid.'],
  'mfa.codes': [403, 'The code is not valid.'],
  'message.undecodable': [400, 'The message can’t be decoded.'],
  'tags.invalid': [
    403,
    'The session tags that the provider sent are not valid. Please tell your administrator.',
  ],

  'entity.missing': [404, 'There is no such thing here.'],
  'entity.exists': [409, 'It is there already.'],
  'entity.changed': [409, 'It was changed at the same time.'],
  'entity.inUse': [409, 'It is in use.'],
  'entity.limit': [409, 'A limit is reached.'],
  'entity.invalid': [400, 'It is not valid.'],

  'audit.unavailable': [
    503,
    'Nothing can be handed out at the moment, because it could not be recorded. Please try again.',
  ],
  'store.unavailable': [503, 'The service is not available at the moment. Please try again.'],

  'pool.notAuthorized': [403, 'The identity pool does not admit this.'],
  'pool.misconfigured': [403, 'The identity pool gives no role.'],
  'pool.userRegistered': [403, 'The user has another identity.'],
  'secret.state': [400, 'The secret is in another state.'],
  'secret.notDecryptable': [500, 'The secret can’t be opened.'],
  'secret.notEncryptable': [500, 'The secret can’t be sealed.'],
  'secret.keyServiceDown': [503, 'The key service does not answer at the moment. Please try again.'],
  'secret.nextToken': [400, 'The token is invalid.'],
  'secret.publicPolicy': [400, 'The policy is for everybody.'],
  'secret.rotatorUnknown': [400, 'There is no such rotator.'],
  'signIn.cancelled': [403, 'The sign-in was cancelled. Nothing has happened.'],
  'signIn.another': [403, 'That was not the way in that was asked for. Nothing has changed.'],
  'signIn.stateUnknown': [403, 'That sign-in is over or was begun elsewhere. Please begin again.'],
  'signIn.failed': [403, 'The sign-in did not work. Please try again.'],
  'signIn.required': [401, 'Please sign in first.'],
} satisfies Record<Reason, WebFault>

function wait(seconds = '1'): string {
  const minutes = Math.ceil(Number(seconds) / 60)
  return minutes > 1 ? `${minutes} minutes` : 'a minute'
}

export function sentenceOf(reason: Reason, said: Said): string {
  const [, sentence]: WebFault = webFaults[reason]
  return typeof sentence === 'string' ? sentence : sentence(said)
}
