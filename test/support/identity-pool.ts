import {
  CreateIdentityPoolCommand,
  type CreateIdentityPoolCommandInput,
  GetCredentialsForIdentityCommand,
  type GetCredentialsForIdentityCommandOutput,
  GetIdCommand,
  SetIdentityPoolRolesCommand,
  type SetIdentityPoolRolesCommandInput,
} from '@aws-sdk/client-cognito-identity'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { TestIssuer } from './issuer.ts'
import type { Keys, TestRolecall } from './rolecall.ts'

type Logins = Record<string, string>

/** An identity pool as an app sees it, without any keys of its own. */
export type TestPool = {
  id: string
  arn: string
  getId(logins?: Logins): Promise<string>
  /** The identity that it became, and its credentials. */
  credentials(id: string, logins?: Logins, customRoleArn?: string): Promise<{ id: string; keys: Keys }>
  setRoles(more: Partial<SetIdentityPoolRolesCommandInput>): Promise<void>
  /** As AWS's console writes it. */
  trust(amr: 'authenticated' | 'unauthenticated' | string, actions?: string[]): object
}

let count = 0

/** A pool that takes guests and these issuers, with a role for either kind: `guest-N` and `user-N`. */
export async function makePool(
  rolecall: TestRolecall,
  issuers: readonly TestIssuer[] = [],
  more: Partial<CreateIdentityPoolCommandInput> = {},
): Promise<TestPool & { guestRole: string; userRole: string }> {
  const { accountId } = rolecall
  const client = rolecall.cognito()
  const n = count++
  const made = await client.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: `pool ${n}`,
      AllowUnauthenticatedIdentities: true,
      OpenIdConnectProviderARNs: issuers.map(
        issuer => `arn:aws:iam::${accountId}:oidc-provider/${keyOf(issuer)}`,
      ),
      ...more,
    }),
  )
  const id = made.IdentityPoolId ?? ''
  const pool: TestPool = {
    id,
    arn: `arn:aws:cognito-identity:us-east-1:${accountId}:identitypool/${id}`,
    async getId(logins) {
      const { IdentityId } = await client.send(new GetIdCommand({ IdentityPoolId: id, Logins: logins }))
      return IdentityId ?? ''
    },
    async credentials(identityId, logins, customRoleArn) {
      const asked = { IdentityId: identityId, Logins: logins, CustomRoleArn: customRoleArn }
      const answer = await client.send(new GetCredentialsForIdentityCommand(asked))
      return { id: answer.IdentityId ?? '', keys: keysFrom(answer) }
    },
    async setRoles(roles) {
      const Roles = { authenticated: userRole, unauthenticated: guestRole }
      await client.send(new SetIdentityPoolRolesCommand({ IdentityPoolId: id, Roles, ...roles }))
    },
    trust: (amr, actions = []) => ({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: 'cognito-identity.amazonaws.com' },
          Action: ['sts:AssumeRoleWithWebIdentity', ...actions],
          Condition: {
            StringEquals: { 'cognito-identity.amazonaws.com:aud': id },
            'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': amr },
          },
        },
      ],
    }),
  }
  const guestRole = await rolecall.createRole(`guest-${n}`, pool.trust('unauthenticated'))
  const userRole = await rolecall.createRole(`user-${n}`, pool.trust('authenticated', ['sts:TagSession']))
  await pool.setRoles({})
  return { ...pool, guestRole, userRole }
}

/** What an issuer is called in a `Logins` map. */
export function keyOf({ url }: { url: string }): string {
  return url.replace(/^https?:\/\//, '')
}

/** A login of this subject. */
export function loginOf(issuer: TestIssuer, sub: string, claims: Record<string, unknown> = {}): Logins {
  return { [keyOf(issuer)]: issuer.sign({ sub, ...claims }) }
}

/** Which role somebody has taken, by its name. */
export async function roleOf(rolecall: TestRolecall, keys: Keys): Promise<string> {
  const { Arn = '' } = await rolecall.sts(keys).send(new GetCallerIdentityCommand({}))
  return Arn.split('/')[1] ?? ''
}

function keysFrom({ Credentials: given }: GetCredentialsForIdentityCommandOutput): Keys {
  return {
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretKey ?? '',
    sessionToken: given?.SessionToken ?? '',
  }
}
