import { defineAction } from '../aws/action.ts'
import { optional, params, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { sessionNameFor } from '../federation/session-name.ts'
import type { StsDeps } from './deps.ts'
import * as given from './session-parameters.ts'

const input = params({
  LDAPUsername: text({ min: 1, max: 256 }),
  LDAPPassword: text({ min: 1, max: 1024, secret: true }),
  RoleArn: optional(given.roleArn),
  Policy: given.policy,
  DurationSeconds: given.roleSeconds,
})

/**
 * Trades a directory's user name and password for a role's temporary credentials, as MinIO's clients ask for them; AWS
 * has no such action. Unsigned: the password is the proof. Without `RoleArn` the role is the first that the rules for
 * groups give.
 *
 * @throws {Refusal} password.refused | issuer.unreachable | request.throttled | trust.denied (also when there is no such
 *   role, or no rule gives one) | duration.overRoleMaximum | policy.malformed | policy.packedTooLarge | audit.unavailable
 * @see MinIO documentation, AssumeRoleWithLDAPIdentity
 */
export const assumeRoleWithLdapIdentity = defineAction({
  name: 'AssumeRoleWithLDAPIdentity',
  auth: 'none',
  input,
  async handle(asked, deps: StsDeps, { facts }) {
    const { LDAPUsername, LDAPPassword, DurationSeconds } = asked
    const identity = await deps.verifyDirectoryPassword(LDAPUsername, LDAPPassword, facts.sourceIp)
    const roleArn = asked.RoleArn ?? identity.onlyRoles?.[0]
    if (roleArn === undefined) {
      throw new Refusal('trust.denied', {
        detail: 'no RoleArn, and no rule gives a role to a group of theirs',
        said: { action: 'sts:AssumeRoleWithLDAPIdentity' },
      }).concerning({ issuer: identity.issuer, subject: identity.subject })
    }
    const assumed = await deps.gate.assumeRole(
      identity,
      roleArn,
      {
        name: sessionNameFor(identity),
        seconds: DurationSeconds,
        ...given.askedPolicies({ ...asked, PolicyArns: undefined }),
      },
      facts,
    )
    return {
      Credentials: given.wireCredentials(assumed.credentials),
      AssumedRoleUser: { AssumedRoleId: assumed.assumedRoleId, Arn: assumed.arn },
      PackedPolicySize: assumed.packedPolicyPercent,
    }
  },
})
