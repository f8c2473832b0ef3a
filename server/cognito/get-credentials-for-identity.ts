import { defineAction } from '../aws/action.ts'
import { optional, params } from '../aws/params.ts'
import { chooseRole } from './choose-role.ts'
import type { CognitoDeps } from './deps.ts'
import { letIn } from './let-in.ts'
import * as given from './parameters.ts'
import { federatedIdentityOf } from './pool-identity.ts'

/** As AWS has them. */
const session = { name: 'CognitoIdentityCredentials', seconds: 3_600 }

/**
 * What no guest does, whatever the role allows: govern the account. Guests are anybody, and a role that was made for
 * people who sign in may be given to them by mistake.
 *
 * @see Amazon Cognito Developer Guide, "IAM roles", access policies of unauthenticated identities
 */
export const guestPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    NotAction: ['iam:*', 'sts:*', 'cognito-identity:*', 'secretsmanager:*', 'cloudtrail:*', 'rolecall:*'],
    Resource: '*',
  },
})

/**
 * Credentials of the role that the pool gives for an identity: the enhanced flow. The gate asks the role's trust policy.
 *
 * @throws {Refusal} pool.misconfigured | trust.denied | audit.unavailable, and as `letIn` does
 * @see Amazon Cognito Federated Identities API reference, GetCredentialsForIdentity
 */
export const getCredentialsForIdentity = defineAction({
  name: 'GetCredentialsForIdentity',
  auth: 'none',
  input: params({
    IdentityId: given.identityId,
    Logins: optional(given.logins),
    CustomRoleArn: optional(given.roleArn),
  }),
  async handle(asked, deps: CognitoDeps, { facts }) {
    const { pool, person, logins, authenticated } = await letIn(asked, deps, facts)
    const roleArn = chooseRole(logins, pool, asked.CustomRoleArn, authenticated)
    const wished = authenticated ? session : { ...session, policy: guestPolicy }
    const { credentials } = await deps.gate.assumeRole(
      federatedIdentityOf(person, deps.issuer),
      roleArn,
      wished,
      facts,
    )
    return {
      IdentityId: person.identityId,
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: credentials.expiresAtSeconds,
      },
    }
  },
})
