import { defineAction, type Result } from '../aws/action.ts'
import { integer, list, optional, params, structure, text } from '../aws/params.ts'
import { isoSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { AssumedRole } from '../federation/gate.ts'
import type { StsDeps } from './deps.ts'

const input = params({
  RoleArn: text({ min: 20, max: 2048 }),
  RoleSessionName: text({
    min: 2,
    max: 64,
    pattern: /^[\w+=,.@-]*$/,
    patternText: '[\\w+=,.@-]*',
  }),
  WebIdentityToken: text({ min: 4, max: 20_000, secret: true }),
  ProviderId: optional(text({ min: 4, max: 2048 })),
  Policy: optional(
    text({
      min: 1,
      max: 2048,
      pattern: /^[\u0009\u000a\u000d\u0020-\u00ff]+$/,
      patternText: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
    }),
  ),
  PolicyArns: optional(list(structure({ arn: text({ min: 20, max: 2048 }) }), { max: 10 })),
  DurationSeconds: optional(integer({ min: 900, max: 43_200 }), 3600),
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
        ...(asked.Policy === undefined ? {} : { policy: asked.Policy }),
        ...(asked.PolicyArns === undefined ? {} : { policyArns: asked.PolicyArns.map(({ arn }) => arn) }),
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
  const looksLikeJwt = token.split('.').length === 3
  if (providerId !== 'graph.facebook.com' || looksLikeJwt) throw new Refusal('token.providerUnknown')
  return deps.verifyFacebookToken(token, sourceIp)
}

function wireAnswer(assumed: AssumedRole, identity: FederatedIdentity): Result {
  const { credentials } = assumed
  return {
    SubjectFromWebIdentityToken: identity.subject,
    Audience: identity.audience,
    AssumedRoleUser: { AssumedRoleId: assumed.assumedRoleId, Arn: assumed.arn },
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: isoSeconds(credentials.expiresAtSeconds),
    },
    Provider: identity.issuer,
    PackedPolicySize: assumed.packedPolicyPercent,
    SourceIdentity: identity.sourceIdentity,
  }
}
