import { defineAction } from '../aws/action.ts'
import { optional, params, text } from '../aws/params.ts'
import type { StsDeps } from './deps.ts'
import * as given from './session-parameters.ts'

/**
 * Trades the caller's credentials for a role's. The role's trust policy and the caller's own policies are asked by
 * the gate, together.
 *
 * @throws {Refusal} access.denied (also when there is no such role) | duration.* | tags.invalid | policy.* |
 *   mfa.invalid
 * @see AWS STS API reference, AssumeRole
 */
export const assumeRole = defineAction({
  name: 'AssumeRole',
  auth: 'signed',
  input: params({
    RoleArn: given.roleArn,
    RoleSessionName: given.sessionName,
    DurationSeconds: given.roleSeconds,
    Policy: given.policy,
    PolicyArns: given.policyArns,
    Tags: given.tags,
    TransitiveTagKeys: given.transitiveTagKeys,
    ExternalId: optional(
      text({ min: 2, max: 1224, pattern: /^[\w+=,.@:/-]*$/, patternText: '[\\w+=,.@:\\/-]*' }),
    ),
    SourceIdentity: optional(given.sessionName),
    SerialNumber: optional(given.serialNumber),
    TokenCode: optional(given.tokenCode),
    ProvidedContexts: given.notSupported,
  }),
  async handle(asked, { gate }: StsDeps, { caller, facts }) {
    const assumed = await gate.assumeRoleAs(
      caller,
      asked.RoleArn,
      {
        name: asked.RoleSessionName,
        seconds: asked.DurationSeconds,
        ...given.askedPolicies(asked),
        ...given.askedFactor(asked),
        ...(asked.Tags === undefined ? {} : { tags: asked.Tags }),
        ...(asked.TransitiveTagKeys === undefined ? {} : { transitiveTagKeys: asked.TransitiveTagKeys }),
        ...(asked.ExternalId === undefined ? {} : { externalId: asked.ExternalId }),
        ...(asked.SourceIdentity === undefined ? {} : { sourceIdentity: asked.SourceIdentity }),
      },
      facts,
    )
    return {
      AssumedRoleUser: { AssumedRoleId: assumed.assumedRoleId, Arn: assumed.arn },
      Credentials: given.wireCredentials(assumed.credentials),
      PackedPolicySize: assumed.packedPolicyPercent,
      SourceIdentity: assumed.session.sourceIdentity,
    }
  },
})
