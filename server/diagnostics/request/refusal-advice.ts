import type { Reason } from '../../base/refusal.ts'
import { type Advice, secretAdvice } from './secret-advice.ts'

export type { Advice } from './secret-advice.ts'

const askAgain = 'Nothing here; the client may try again.'
const answerSays = 'The answer that the client got says what; the client has to be corrected.'

const advice = (means: string, change: string): Advice => ({ means, change })

/** Every refusal, in words for operators. Callers get other ones, which say less. */
export const refusalAdvice = {
  'request.malformed': advice(
    'The request could not be read.',
    'Look at the client: it does not speak HTTP or its forms as it should.',
  ),
  'request.invalid': advice('A parameter of the request is missing or not valid.', answerSays),
  'request.tooLarge': advice('The request has more bytes than are read here.', 'Have the client send less.'),
  'request.timedOut': advice(
    'The request did not arrive in time.',
    'Look at the network between the client and here.',
  ),
  'request.missingAction': advice(
    'The request names no action.',
    'Correct the client, or the address it calls.',
  ),
  'request.unknownAction': advice(
    'There is no such action here.',
    'See docs/compatibility.md for the actions there are.',
  ),
  'request.unknownVersion': advice(
    'There is no such version of the API.',
    'Have the client send the Version that the AWS SDKs send.',
  ),
  'request.unsupportedMedia': advice(
    'The body came as a media type that is not taken.',
    'Have the client send application/x-www-form-urlencoded, or JSON 1.1 with a target.',
  ),
  'request.foreignHost': advice(
    'The Host header names another host than ours.',
    'Set ROLECALL_PUBLIC_URL to the address that clients use, or have the proxy hand on the Host header.',
  ),
  'request.insecure': advice(
    'The request did not come over https.',
    'Have the proxy send X-Forwarded-Proto, and name its address in ROLECALL_TRUSTED_PROXIES.',
  ),
  'request.crossOrigin': advice(
    'A page of another site sent the form.',
    'Nothing, where that site is not yours. Else set ROLECALL_PUBLIC_URL to the address that browsers show.',
  ),
  'request.throttled': advice(
    'There were too many tries from this network, or by this person.',
    'Wait a minute. Behind a proxy, name it in ROLECALL_TRUSTED_PROXIES: else all clients count as one.',
  ),

  'signature.missing': advice(
    'The action needs a signed request, and this one is not signed.',
    'Give the client credentials.',
  ),
  'signature.incomplete': advice(
    'The signature lacks a part that it must have.',
    'Sign with an AWS SDK, and see that no proxy drops headers.',
  ),
  'signature.mismatch': advice(
    'The signature is not by the key that it names, or not over what arrived here.',
    'Compare the secret key; see that no proxy changes path, query, Host or signed headers.',
  ),
  'signature.expired': advice(
    'The signature is more than a few minutes old, or of the future.',
    'Set the client’s clock right, by NTP.',
  ),
  'signature.keyUnknown': advice(
    'There is no active access key of that id.',
    'Make the client a new access key, or activate the one it has.',
  ),
  'session.invalid': advice(
    'The session token is none of ours, or was changed.',
    'Have the client get new credentials. After a change of the master key set ROLECALL_MASTER_KEY_PREVIOUS.',
  ),
  'session.expired': advice(
    'The temporary credentials have expired.',
    'Have the client get new ones; a longer MaxSessionDuration of the role makes them last longer.',
  ),
  'session.ended': advice(
    'The session was ended, or what it came from is gone.',
    'Have the client get new credentials, if it should still have any.',
  ),

  'token.malformed': advice(
    'The proof is not of the form that it must have.',
    'See that it is sent whole and unchanged, and is an ID token, not an access token.',
  ),
  'token.issuerUnknown': advice(
    'No provider that is trusted here is the issuer of the proof.',
    'Register the issuer exactly as the token’s iss says, letter by letter; a slash at the end counts.',
  ),
  'token.audienceWrong': advice(
    'The proof was made for another application.',
    'Add its client id to the provider (AddClientIDToOpenIDConnectProvider), if that application may act here. In SAML compare audience and recipient with /saml/metadata.',
  ),
  'token.signatureWrong': advice(
    'The signature is not by the key of its issuer that it names.',
    'If the provider is honest: OpenID providers must give a new key a new kid; for SAML update the metadata.',
  ),
  'token.keyUnknown': advice(
    'The issuer publishes no key that fits the token’s kid and algorithm.',
    'See which keys there are: npm run rolecall -- provider test NAME.',
  ),
  'token.expired': advice(
    'The proof has expired.',
    'Have the client get a fresh one each time; where it is fresh, compare the clocks.',
  ),
  'token.notYetValid': advice(
    'The proof is of the future.',
    'Compare the clocks: the provider’s is ahead, or ours behind.',
  ),
  'token.claimMissing': advice(
    'The proof lacks a claim that it must have.',
    'Have the provider send it: iss, sub, aud, iat and exp must be there.',
  ),
  'token.rejected': advice(
    'The provider did not stand by the proof, or it is not for this sign-in.',
    'The detail says which; a new sign-in helps where it was withdrawn or is another’s.',
  ),
  'token.replayed': advice(
    'The SAML response was shown before; each counts once.',
    'Have the client get a new response for each call.',
  ),
  'token.providerUnknown': advice(
    'The ProviderId names a provider that is not set up.',
    'Leave ProviderId out for ID tokens; for Facebook set FACEBOOK_APP_ID and FACEBOOK_APP_SECRET, for Amazon AMAZON_CLIENT_ID and AMAZON_CLIENT_SECRET.',
  ),
  'issuer.unreachable': advice(
    'The provider could not be asked.',
    'Walk it through: npm run rolecall -- provider test NAME.',
  ),

  'trust.denied': advice(
    'Whoever this is, the role’s trust policy does not admit them; or there is no such role.',
    'Change the role’s trust policy where the detail says what is in the way, or the ARN that the client asks for.',
  ),
  'access.denied': advice(
    'The caller’s policies do not allow it.',
    'Attach a policy that does. The client can decode the message in its answer (DecodeAuthorizationMessage).',
  ),
  'duration.overRoleMaximum': advice(
    'The session was to last longer than the role allows.',
    'Ask for less, or raise the role’s MaxSessionDuration.',
  ),
  'duration.overChainMaximum': advice(
    'A role that was got by another role’s credentials lasts an hour at most.',
    'Ask for 3600 seconds or less.',
  ),
  'policy.malformed': advice('A policy document is not valid.', answerSays),
  'policy.packedTooLarge': advice(
    'Session policies and tags do not fit into a session token.',
    'Have the client pass smaller policies, or fewer tags.',
  ),
  'tags.invalid': advice(
    'The session tags are not valid.',
    'Correct what the provider sends, or the client asks for: at most 50 tags of AWS’s form.',
  ),
  'message.undecodable': advice(
    'The encoded message is none of ours, or not of this account.',
    'Have it decoded where it came from, whole.',
  ),
  'report.missing': advice(
    'No credential report was made yet.',
    'Have the client call GenerateCredentialReport first.',
  ),
  'password.refused': advice(
    'The directory’s log-in was refused.',
    'The detail says why: a wrong password, an account that is disabled, locked or expired, or a name that is nobody’s.',
  ),
  'password.wrong': advice('The old password is not right.', 'Set the user a new one (UpdateLoginProfile).'),
  'password.violation': advice(
    'The new password breaks the account’s password policy.',
    'See GetAccountPasswordPolicy.',
  ),
  'password.userType': advice(
    'Only users have passwords; this caller is none.',
    'Have a user call it with their own access key.',
  ),
  'outbound.disabled': advice(
    'Identity tokens for outside are not enabled.',
    'Enable them (EnableOutboundWebIdentityFederation).',
  ),
  'outbound.alreadyEnabled': advice('They are enabled already.', 'Nothing.'),
  'outbound.notEnabled': advice('They are not enabled.', 'Nothing.'),
  'outbound.outlivesSession': advice(
    'The identity token would live longer than the session it is got with.',
    'Ask for a shorter time, or begin a new session.',
  ),
  'mfa.invalid': advice(
    'The second factor was not right, was used before, or is not this user’s.',
    'Have the user wait for the next code, and compare the device’s clock.',
  ),
  'mfa.codes': advice(
    'The two codes are not consecutive ones of this device.',
    'Have the user enter two codes that follow one another, and compare the device’s clock.',
  ),
  'trail.timeRange': advice('The time range ends before it begins.', answerSays),
  'trail.nextToken': advice('The page token is none of ours.', answerSays),

  'entity.missing': advice('There is no such entity.', 'Compare the name with what there is; case counts.'),
  'entity.exists': advice(
    'There is one of that name already.',
    'Choose another name; they are compared without case.',
  ),
  'entity.inUse': advice('It is still in use.', 'Detach or delete what depends on it first.'),
  'entity.changed': advice('Somebody else changed it at the same time.', askAgain),
  'entity.limit': advice('A limit is reached.', answerSays),
  'entity.invalid': advice('What was to be made is not valid.', answerSays),

  'pool.notAuthorized': advice(
    'The identity pool does not let this identity, or nobody without a login, have that.',
    'Compare the pool’s settings, its rules for roles and the logins that were sent; the detail has more where there is any.',
  ),
  'pool.misconfigured': advice(
    'The identity pool has no role for this kind of identity, or its rules give one that does not exist.',
    'Set its roles: aws cognito-identity set-identity-pool-roles.',
  ),
  'pool.userRegistered': advice(
    'The developer’s user has an identity in this pool already, and it is another one.',
    'Merge the two: aws cognito-identity merge-developer-identities.',
  ),

  'audit.unavailable': advice(
    'The audit log could not be written, and nothing leaves unrecorded.',
    'Look at the disk of the data folder or at the database, and at the service’s log.',
  ),
  'store.unavailable': advice('The database did not answer.', 'Look at DATABASE_URL, and the way to it.'),

  ...secretAdvice,

  'signIn.cancelled': advice('The person said no at the provider.', 'Nothing.'),
  'signIn.another': advice('They unlink one way, and came back by another.', 'UnlinkWayIn can take it off.'),
  'signIn.stateUnknown': advice(
    'The sign-in took more than ten minutes, was used twice, or was begun in another browser.',
    'Have the person begin again, with cookies allowed, at the very address of ROLECALL_PUBLIC_URL.',
  ),
  'signIn.failed': advice(
    'The provider did not finish the sign-in.',
    'The detail has what it answered. Walk it through: npm run rolecall -- provider test NAME.',
  ),
  'signIn.required': advice(
    'The page is for people who have signed in.',
    'Have the person sign in again: a session lasts an hour.',
  ),
} satisfies Record<Reason, Advice>
