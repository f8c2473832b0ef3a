import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after } from 'node:test'
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { audience, type TestIssuer } from './issuer.ts'
import { type Keys, trusting } from './rolecall.ts'
import { type StartedProcess, startProcess } from './start-process.ts'

export type RolecallProcess = StartedProcess & {
  url: string
  port: number
  accountId: string
  iam(): IAMClient
  /** The ARN that these keys stand for; the root key's when none are given. */
  whoAmI(keys?: Keys): Promise<string | undefined>
  /** Registers the issuer and makes a role that trusts it. Answers the role's ARN. */
  trust(issuer: TestIssuer, roleName: string): Promise<string>
}

/** The service as `npm start` runs it, on that data folder and a free port. Ends with the test file at the latest. */
export async function startRolecallProcess(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<RolecallProcess> {
  const started = await startProcess('server/main.ts', {
    env: { PORT: '0', ROLECALL_DATA_DIR: dataDir, ...env },
    ready: /^Rolecall is ready: http:\/\/localhost:(\d+)$/,
  })
  after(() => started.stop('SIGKILL'))
  const url = `http://127.0.0.1:${started.ready}`
  const accountId = readFileSync(join(dataDir, 'account-id'), 'utf8').trim()
  // One try: a client that tries again would hide that the first was broken off.
  const clientFor = (credentials: Keys) => ({
    endpoint: url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  })
  const iam = () => new IAMClient(clientFor(rootKeysIn(dataDir)))
  return {
    ...started,
    url,
    port: Number(started.ready),
    accountId,
    iam,
    async whoAmI(keys = rootKeysIn(dataDir)) {
      return (await new STSClient(clientFor(keys)).send(new GetCallerIdentityCommand({}))).Arn
    },
    async trust(issuer, roleName) {
      const trustPolicy = JSON.stringify(trusting(accountId, issuer))
      await iam().send(new CreateOpenIDConnectProviderCommand({ Url: issuer.url, ClientIDList: [audience] }))
      await iam().send(new CreateRoleCommand({ RoleName: roleName, AssumeRolePolicyDocument: trustPolicy }))
      return `arn:aws:iam::${accountId}:role/${roleName}`
    },
  }
}

/** The root access key as the first start left it for the operator. */
export function rootKeysIn(dataDir: string): Keys {
  const text = readFileSync(join(dataDir, 'root-access-key'), 'utf8')
  const fieldOf = (name: string) => new RegExp(`^${name} = (\\S+)$`, 'm').exec(text)?.[1] ?? ''
  return { accessKeyId: fieldOf('aws_access_key_id'), secretAccessKey: fieldOf('aws_secret_access_key') }
}

/** The body of an AssumeRoleWithWebIdentity, as the SDKs send it. */
export function assumeForm(roleArn: string, token: string): string {
  return new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: 'somebody',
    WebIdentityToken: token,
  }).toString()
}

/** The credentials in an answer on the AWS wire; undefined where it holds none. */
export function keysIn(xml: string): Required<Keys> | undefined {
  const fieldOf = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]
  const accessKeyId = fieldOf('AccessKeyId')
  const secretAccessKey = fieldOf('SecretAccessKey')
  const sessionToken = fieldOf('SessionToken')
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined)
    return undefined
  return { accessKeyId, secretAccessKey, sessionToken }
}

/** The audit log's rows, oldest first, read beside whoever writes it. */
export function auditRowsIn(dataDir: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(dataDir, 'audit.db'), { readOnly: true })
  try {
    return database.prepare('select * from audit order by sequence').all()
  } finally {
    database.close()
  }
}
