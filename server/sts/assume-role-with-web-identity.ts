import { defineAction, type Result } from '../aws/action.ts'
import { optional, params, text } from '../aws/params.ts'
import { findAccessTokenKind, looksLikeJwt } from '../base/access-token-providers.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { AssumedRole } from '../federation/gate.ts'
import type { StsDeps } from './deps.ts'
import * as given from './session-parameters.ts'

const input = params({
  RoleArn: given.roleArn,
  RoleSessionName: given.sessionName,
  WebIdentityToken: text({ min: 4, max: 20_000, secret: true }),
  ProviderId: optional(text({ min: 4, max: 2048 })),
  Policy: given.policy,
  PolicyArns: given.policyArns,
  DurationSeconds: given.roleSeconds,
})

/**
 * Trades a provider's token for one role's temporary credentials. Unsigned: the token is the proof.
 *
 * The token is verified before the role is looked up, so that strangers can't probe for roles.
 *
 * @throws {Refusal} token.* | issuer.unreachable | tags.invalid | trust.denied (also when there is no such
 *   role) | duration.overRoleMaximum | policy.malformed | policy.packedTooLarge | audit.unavailable
 * @see AWS STS API reference, AssumeRoleWithWebIdentity
 */
export const assumeRoleWithWebIdentity = defineAction({
  name: 'AssumeRoleWithWebIdentity',
  auth: 'none',
  input,
  async handle(asked, deps: StsDeps, { facts }) {
    const identity = await verify(asked.WebIdentityToken, asked.ProviderId, facts.sourceIp, deps)
    const assumed = await deps.gate.assumeRole(
      identity,
      asked.RoleArn,
      {
        name: asked.RoleSessionName,
        seconds: asked.DurationSeconds,
        ...given.askedPolicies(asked),
      },
      facts,
    )
    return wireAnswer(assumed, identity)
  },
})

/** ProviderId is for OAuth 2.0 access tokens alone; an ID token says itself who issued it. */
function verify(
  token: string,
  providerId: string | undefined,
  sourceIp: string,
  deps: StsDeps,
): Promise<FederatedIdentity> {
  if (providerId === undefined) return deps.verifyIdToken(token)
  const kind = findAccessTokenKind(providerId)
  if (kind === undefined || looksLikeJwt(token)) throw new Refusal('token.providerUnknown')
  return deps.verifyAccessToken(kind, token, sourceIp)
}

function wireAnswer(assumed: AssumedRole, identity: FederatedIdentity): Result {
  const { credentials } = assumed
  return {
    SubjectFromWebIdentityToken: identity.subject,
    Audience: identity.audience,
    AssumedRoleUser: { AssumedRoleId: assumed.assumedRoleId, Arn: assumed.arn },
    Credentials: given.wireCredentials(credentials),
    Provider: identity.issuer,
    PackedPolicySize: assumed.packedPolicyPercent,
    SourceIdentity: identity.sourceIdentity,
  }
}
