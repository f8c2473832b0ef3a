import assert from 'node:assert/strict'
import * as sm from '@aws-sdk/client-secrets-manager'
import { assumeRole, keysOf, type policyOf, setPolicy } from './aws-calls.ts'
import type { TestIssuer } from './issuer.ts'
import { type Keys, type TestRolecall, trusting } from './rolecall.ts'
import { signRequest } from './sign-request.ts'

type Input = { [parameter: string]: unknown }

/** Any action by its name; what it answers. */
export function ask(client: sm.SecretsManagerClient, action: string, input: Input): Promise<Input> {
  const commands = sm as unknown as Record<string, new (input: Input) => sm.GetSecretValueCommand>
  const Command = commands[`${action}Command`]
  assert.ok(Command, `the SDK has no ${action}`)
  return client.send(new Command(input)) as unknown as Promise<Input>
}

export function secretsOf(client: sm.SecretsManagerClient) {
  return {
    /** With the value `one`, unless `more` says otherwise. */
    async create(Name: string, more: Partial<sm.CreateSecretCommandInput> = { SecretString: 'one' }) {
      const made = await client.send(new sm.CreateSecretCommand({ Name, ...more }))
      return { arn: String(made.ARN), version: String(made.VersionId) }
    },
    get: (SecretId: string, more: Partial<sm.GetSecretValueCommandInput> = {}) =>
      client.send(new sm.GetSecretValueCommand({ SecretId, ...more })),
    put: (SecretId: string, SecretString: string, more: Partial<sm.PutSecretValueCommandInput> = {}) =>
      client.send(new sm.PutSecretValueCommand({ SecretId, SecretString, ...more })),
    describe: (SecretId: string) => client.send(new sm.DescribeSecretCommand({ SecretId })),
    async stages(SecretId: string): Promise<Record<string, string[]>> {
      const { VersionIdsToStages = {} } = await client.send(new sm.DescribeSecretCommand({ SecretId }))
      return VersionIdsToStages
    },
    list: (more: sm.ListSecretsCommandInput = {}) => client.send(new sm.ListSecretsCommand(more)),
    delete: (SecretId: string, more: Partial<sm.DeleteSecretCommandInput> = {}) =>
      client.send(new sm.DeleteSecretCommand({ SecretId, ...more })),
    setPolicy: (SecretId: string, ResourcePolicy: string, more: object = {}) =>
      client.send(new sm.PutResourcePolicyCommand({ SecretId, ResourcePolicy, ...more })),
  }
}

let count = 0

/** A session of a role of its own, which has these statements for its policy. */
export async function sessionWith(
  rolecall: TestRolecall,
  issuer: TestIssuer,
  ...statements: Parameters<typeof policyOf>
): Promise<{ keys: Keys; arn: string; role: string }> {
  const name = `caller-${count++}`
  const role = await rolecall.createRole(name, trusting(rolecall.accountId, issuer))
  if (statements.length > 0) await setPolicy(rolecall, name, ...statements)
  const answer = await assumeRole(rolecall, role, issuer.sign())
  return { keys: keysOf(answer), arn: answer.AssumedRoleUser?.Arn ?? '', role }
}

/** A signed request whose body is to the letter: no client writes a number for a text. */
export async function postSecrets(
  { port, rootKeys }: Pick<TestRolecall, 'port' | 'rootKeys'>,
  action: string,
  body: string,
  { accessKeyId, secretAccessKey, sessionToken }: Keys = rootKeys,
) {
  const { headers } = signRequest({
    accessKeyId,
    secret: secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    at: new Date(),
    service: 'secretsmanager',
    body,
    headers: {
      host: `127.0.0.1:${port}`,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `secretsmanager.${action}`,
    },
  })
  const { host: _host, ...rest } = headers
  const sent = Object.entries(rest).map(([name, values = []]) => [name, values.join(',')])
  const answer = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    body,
    headers: Object.fromEntries(sent),
  })
  const text = await answer.text()
  const json = JSON.parse(text)
  return { status: answer.status, code: String(json.__type), text, json }
}
