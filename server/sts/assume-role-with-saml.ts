import { defineAction } from '../aws/action.ts'
import { params, text } from '../aws/params.ts'
import { samlProviderName } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { StsDeps } from './deps.ts'
import * as given from './session-parameters.ts'

const input = params({
  RoleArn: given.roleArn,
  PrincipalArn: text({ min: 20, max: 2048 }),
  SAMLAssertion: text({ min: 4, max: 100_000, secret: true }),
  PolicyArns: given.policyArns,
  Policy: given.policy,
  DurationSeconds: given.roleSeconds,
})

/**
 * Trades a SAML response for one of the roles that it names. Unsigned: the response is the proof, and counts once. The
 * session has the name that the provider gives it, and ends with the person's session there if that is sooner.
 *
 * @throws {Refusal} token.* | tags.invalid | trust.denied (also when there is no such role, or the response is not for
 *   it) | duration.overRoleMaximum | policy.malformed | policy.packedTooLarge | audit.unavailable
 * @see AWS STS API reference, AssumeRoleWithSAML
 */
export const assumeRoleWithSaml = defineAction({
  name: 'AssumeRoleWithSAML',
  auth: 'none',
  input,
  async handle(asked, deps: StsDeps, { facts }) {
    if (samlProviderName(asked.PrincipalArn, deps.accountId) === undefined) {
      throw new Refusal('request.invalid', { said: { message: `${asked.PrincipalArn} is invalid` } })
    }
    const verified = await deps.verifySamlResponse(asked.SAMLAssertion, asked.PrincipalArn, facts.sourceIp)
    // Meant for browsers: here DurationSeconds says it, as on AWS.
    const { sessionSeconds: _, ...identity } = verified
    const assumed = await deps.gate.assumeRole(
      identity,
      asked.RoleArn,
      { name: identity.sessionName ?? '', seconds: asked.DurationSeconds, ...given.askedPolicies(asked) },
      facts,
    )
    const said = (key: string) => identity.context[key]?.[0]
    return {
      Credentials: given.wireCredentials(assumed.credentials),
      AssumedRoleUser: { AssumedRoleId: assumed.assumedRoleId, Arn: assumed.arn },
      PackedPolicySize: assumed.packedPolicyPercent,
      Subject: identity.subject,
      SubjectType: said('saml:sub_type'),
      Issuer: said('saml:iss'),
      Audience: identity.audience,
      NameQualifier: said('saml:namequalifier'),
      SourceIdentity: identity.sourceIdentity,
    }
  },
})
