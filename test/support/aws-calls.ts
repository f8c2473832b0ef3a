import assert from 'node:assert/strict'
import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  type AssumeRoleWithWebIdentityCommandOutput,
} from '@aws-sdk/client-sts'
import type { Keys, TestRolecall } from './rolecall.ts'

/** A refusal as it stood on the wire, whatever the SDK calls it. */
export type WireFault = { code: string; status: number; message: string; type: string }

type Statement = { [element: string]: unknown }

/** The refusal that a call of the real SDK ends in. One that succeeds fails the test. */
export async function faultOf(call: Promise<unknown>): Promise<WireFault> {
  const error: unknown = await call.then(
    () => assert.fail('it was answered'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Error && '$metadata' in error, String(error))
  // The JSON protocol has no member for the code: the SDK names the error by it.
  const {
    Code = error.name,
    Type,
    $metadata,
  } = error as Error & Record<'Code' | 'Type' | '$metadata', unknown>
  return {
    code: String(Code),
    status: Number(Object($metadata).httpStatusCode),
    message: error.message,
    type: String(Type),
  }
}

/** AssumeRoleWithWebIdentity by the real SDK, as session `ada` unless `more` says otherwise. */
export function assumeRole(
  rolecall: TestRolecall,
  roleArn: string,
  token: string,
  more: Partial<AssumeRoleWithWebIdentityCommandInput> = {},
): Promise<AssumeRoleWithWebIdentityCommandOutput> {
  const asked = { RoleArn: roleArn, RoleSessionName: 'ada', WebIdentityToken: token, ...more }
  return rolecall.sts().send(new AssumeRoleWithWebIdentityCommand(asked))
}

export function keysOf({ Credentials }: Pick<AssumeRoleWithWebIdentityCommandOutput, 'Credentials'>): Keys {
  assert.ok(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken)
  return {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  }
}

/** A document of one or more statements, as text. */
export function policyOf(...statements: Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

export function allow(action: string | string[], resource: string | string[] = '*'): Statement {
  return { Effect: 'Allow', Action: action, Resource: resource }
}

/** Writes the role's one inline policy anew. */
export async function setPolicy(
  rolecall: TestRolecall,
  roleName: string,
  ...statements: Statement[]
): Promise<void> {
  const PolicyDocument = policyOf(...statements)
  await rolecall
    .iam()
    .send(new PutRolePolicyCommand({ RoleName: roleName, PolicyName: 'work', PolicyDocument }))
}
