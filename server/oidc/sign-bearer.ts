import type { Session } from '../base/session.ts'
import type { AssumedRole } from '../federation/gate.ts'
import type { AccessTokenClaims, SignedToken, TokenSigner } from '../tokens/sign-access-token.ts'

export type Bearer = SignedToken & { seconds: number }

const longestSeconds = 900

/**
 * A bearer token for one service: who it is, and which role they hold. It is over when the credentials are,
 * or in 15 minutes. The caller lets it go only when its audit row is durable.
 */
export function signBearer(
  signer: TokenSigner,
  { session, arn, roleArn, credentials }: AssumedRole,
  audience: string,
): Bearer {
  const { person, proof } = session
  // INVARIANT: whoever comes by this door showed a provider's token.
  if (person === undefined || proof === undefined) throw new TypeError('a bearer token for nobody')
  const claims = {
    // The person, not the session's name: anybody may choose any name for their session.
    sub: subjectOf(person),
    // RFC 9068, section 2.2: the client that asked. The one at the provider is the only one there is.
    client_id: proof.audience,
    access_key_id: credentials.accessKeyId,
    role_arn: roleArn,
    assumed_role_arn: arn,
  }
  const seconds = Math.min(longestSeconds, session.expiresAtSeconds - session.issuedAtSeconds)
  return signWithin(signer, claims, audience, seconds, session.expiresAtSeconds)
}

/**
 * Since the credentials were made the clock has gone on, by as long as the audit log took, and goes on still.
 * A token that would outlive them is signed again, for so much less.
 */
function signWithin(
  signer: TokenSigner,
  claims: AccessTokenClaims,
  audience: string,
  seconds: number,
  endsAtSeconds: number,
): Bearer {
  const signed = signer.sign(claims, { audience, seconds })
  const late = signed.expiresAtSeconds - endsAtSeconds
  if (late > 0) return signWithin(signer, claims, audience, seconds - late, endsAtSeconds)
  return { ...signed, seconds }
}

/**
 * Issuer and subject in one. Subjects may hold a bar (Auth0's do), and so may an issuer's path; escaped
 * there, the first bar always parts the two, and no two people are one.
 */
export function subjectOf({ issuer, subject }: NonNullable<Session['person']>): string {
  return `${issuer.replace(/[%|]/g, encodeURIComponent)}|${subject}`
}
