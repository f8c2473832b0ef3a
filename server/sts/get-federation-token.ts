import { defineAction } from '../aws/action.ts'
import { params, text } from '../aws/params.ts'
import { federatedUserArn } from '../base/arn.ts'
import type { StsDeps } from './deps.ts'
import * as given from './session-parameters.ts'

/**
 * What a user passes on to somebody whom the user knows: no more than both the user's policies and those that are
 * passed along allow, and nothing without any.
 *
 * @throws {Refusal} access.denied | tags.invalid | policy.*
 * @see AWS STS API reference, GetFederationToken
 */
export const getFederationToken = defineAction({
  name: 'GetFederationToken',
  auth: 'signed',
  input: params({
    Name: text({ min: 2, max: 32, pattern: /^[\w+=,.@-]*$/, patternText: '[\\w+=,.@-]*' }),
    DurationSeconds: given.userSeconds,
    Policy: given.policy,
    PolicyArns: given.policyArns,
    Tags: given.tags,
  }),
  async handle(asked, { gate, accountId }: StsDeps, { caller, facts }) {
    const { credentials, packedPolicyPercent } = await gate.federate(
      caller,
      {
        name: asked.Name,
        seconds: asked.DurationSeconds,
        ...given.askedPolicies(asked),
        ...(asked.Tags === undefined ? {} : { tags: asked.Tags }),
      },
      facts,
    )
    return {
      Credentials: given.wireCredentials(credentials),
      FederatedUser: {
        FederatedUserId: `${accountId}:${asked.Name}`,
        Arn: federatedUserArn(accountId, asked.Name),
      },
      PackedPolicySize: packedPolicyPercent,
    }
  },
})
