import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after } from 'node:test'
import * as trailCommands from '@aws-sdk/client-cloudtrail'
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail'
import * as cognitoCommands from '@aws-sdk/client-cognito-identity'
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity'
import * as iamCommands from '@aws-sdk/client-iam'
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import * as secretsCommands from '@aws-sdk/client-secrets-manager'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as stsCommands from '@aws-sdk/client-sts'
import { STSClient } from '@aws-sdk/client-sts'
import { type Logger, pino } from 'pino'
import { type Options, openRolecall, type Rolecall } from '../../server/app.ts'
import { type Config, listeningOn, readConfig } from '../../server/config.ts'
import type { StandIns } from '../../server/identity/proof-verifiers.ts'
import { checkShapes } from './check-shapes.ts'
import { audience, startIssuer, type TestIssuer } from './issuer.ts'
import { temporaryFolder } from './temporary-folder.ts'

export type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

export type TestRolecall = {
  /** The public URL, without a slash at its end. */
  url: string
  port: number
  accountId: string
  dataDir: string
  rolecall: Rolecall
  rootKeys: Keys
  /** All that was logged. */
  logged(): string
  /** Moves the service's clock. */
  advanceMs(ms: number): void
  /** Where that stands. */
  nowMs(): number
  /** The real SDK's clients, signing with these keys; with the root key when none are given. */
  sts(keys?: Keys): STSClient
  iam(keys?: Keys): IAMClient
  cloudTrail(keys?: Keys): CloudTrailClient
  cognito(keys?: Keys): CognitoIdentityClient
  secrets(keys?: Keys): SecretsManagerClient
  roleArn(name: string): string
  /** A role with this trust policy, made over the wire. Answers its ARN. */
  createRole(name: string, trustPolicy: object, more?: { MaxSessionDuration?: number }): Promise<string>
  /** An issuer on loopback, registered with `audience`, until the test file ends. */
  registerIssuer(algorithm?: Parameters<typeof startIssuer>[0]): Promise<TestIssuer>
}

/** What is started before the service opens, once its public URL is known. */
type BeforeOpen = (config: Config, log: Logger) => Promise<StandIns | undefined>

/**
 * The whole service in this process, over HTTP on a free port, on a data folder of its own. Ends with the
 * test file. Without `beforeOpen` there is no demo.
 */
export async function startRolecall(
  env: Record<string, string> = {},
  beforeOpen?: BeforeOpen,
  more: Pick<Options, 'auditBounds' | 'rotators'> = {},
): Promise<TestRolecall> {
  const dataDir = join(temporaryFolder(), 'data')
  let handle: RequestListener = (_request, response) => response.writeHead(503).end()
  const server = createServer((request, response) => handle(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const port = (server.address() as AddressInfo).port
  const settings = {
    PORT: '0',
    ROLECALL_DATA_DIR: dataDir,
    ROLECALL_DEMO: beforeOpen === undefined ? 'off' : 'on',
  }
  const config = listeningOn(readConfig({ ...settings, ...env }), port)

  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write: line => void lines.push(line) })
  let offsetMs = 0
  const standIns = await beforeOpen?.(config, log)
  const clock = () => Date.now() + offsetMs
  const rolecall = await openRolecall(config, { log, clock, standIns, ...more })
  handle = rolecall.app
  after(() => rolecall.close())

  const { accountId, rootAccessKey } = rolecall
  const rootKeys = { accessKeyId: rootAccessKey.id, secretAccessKey: rootAccessKey.secret }
  const clientFor = (credentials: Keys) => ({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials,
  })
  const one: TestRolecall = {
    url: config.publicUrl,
    port,
    accountId,
    dataDir,
    rolecall,
    rootKeys,
    logged: () => lines.join(''),
    advanceMs: ms => {
      offsetMs += ms
    },
    nowMs: clock,
    sts: (keys = rootKeys) => checkShapes(new STSClient(clientFor(keys)), stsCommands),
    iam: (keys = rootKeys) => checkShapes(new IAMClient(clientFor(keys)), iamCommands),
    cloudTrail: (keys = rootKeys) => checkShapes(new CloudTrailClient(clientFor(keys)), trailCommands),
    cognito: (keys = rootKeys) => checkShapes(new CognitoIdentityClient(clientFor(keys)), cognitoCommands),
    secrets: (keys = rootKeys) => checkShapes(new SecretsManagerClient(clientFor(keys)), secretsCommands),
    roleArn: name => `arn:aws:iam::${accountId}:role/${name}`,
    async createRole(name, trustPolicy, more = {}) {
      const document = JSON.stringify(trustPolicy)
      await one
        .iam()
        .send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: document, ...more }))
      return one.roleArn(name)
    },
    async registerIssuer(options) {
      const issuer = await startIssuer(options)
      after(() => issuer.close())
      await one
        .iam()
        .send(new CreateOpenIDConnectProviderCommand({ Url: issuer.url, ClientIDList: [audience] }))
      return issuer
    },
  }
  return one
}

/** A trust policy that admits whoever this issuer vouches for, under the conditions that are given. */
export function trusting(accountId: string, issuer: { url: string }, condition?: object): object {
  const provider = `arn:aws:iam::${accountId}:oidc-provider/${issuer.url.replace(/^https?:\/\//, '')}`
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
        ...(condition === undefined ? {} : { Condition: condition }),
      },
    ],
  }
}
