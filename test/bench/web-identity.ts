import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { startProcess } from '../support/start-process.ts'
import { type LoadResult, median, runLoad } from './load.ts'

const tokens = 10_000
const rounds = 9
const load = { connections: 64, seconds: 2 }
const accountId = '123456789012'
const rootAccessKey = { id: 'AKIABENCHBENCHBENCHB', secret: 'bench'.repeat(8) }

/**
 * AssumeRoleWithWebIdentity per second with audit on, one process, distinct tokens, against the practical
 * limit of the same job in the same runtime. Both servers are up all the time and are loaded in turns.
 */
export async function benchWebIdentity(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-'))
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const issuer = await startIssuer(publicKey)
  const limit = await startProcess('test/bench/practical-limit.ts', {
    args: [publicKey.export({ format: 'pem', type: 'spki' }).toString()],
    env: { NODE_ENV: 'production' },
    ready: /listening on (\d+)/,
  })
  const rolecall = await startRolecall(folder, issuer.url)
  try {
    const requests = await makeRequests(privateKey, issuer.url)
    const results = await runRounds(Number(rolecall.ready), Number(limit.ready), requests)
    report(results, auditedIn(join(folder, 'audit.db')))
  } finally {
    await Promise.all([rolecall.stop(), limit.stop()])
    issuer.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startIssuer(publicKey: KeyObject): Promise<{ url: string; close(): void }> {
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'RS256' }
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  }
}

async function startRolecall(dataDir: string, issuer: string) {
  const rolecall = await startProcess('server/main.ts', {
    env: {
      PORT: '0',
      ROLECALL_DATA_DIR: dataDir,
      ROLECALL_ACCOUNT_ID: accountId,
      ROLECALL_ROOT_ACCESS_KEY_ID: rootAccessKey.id,
      ROLECALL_ROOT_SECRET_ACCESS_KEY: rootAccessKey.secret,
      GOOGLE_CLIENT_ID: 'bench-client',
      GOOGLE_CLIENT_SECRET: 'bench-secret',
      GOOGLE_ISSUER: issuer,
      GOOGLE_JWKS_URL: `${issuer}/jwks`,
      ROLECALL_LOG_LEVEL: 'warn',
    },
    ready: /Rolecall is ready: http:\/\/localhost:(\d+)/,
  })
  const iam = new IAMClient({
    endpoint: `http://127.0.0.1:${rolecall.ready}`,
    region: 'us-east-1',
    credentials: { accessKeyId: rootAccessKey.id, secretAccessKey: rootAccessKey.secret },
  })
  await iam.send(new CreateRoleCommand({ RoleName: 'bench', AssumeRolePolicyDocument: trustPolicy(issuer) }))
  return rolecall
}

function trustPolicy(issuer: string): string {
  const urlPath = issuer.replace('http://', '')
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${accountId}:oidc-provider/${urlPath}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { [`${urlPath}:aud`]: 'bench-client' },
          StringLike: { [`${urlPath}:sub`]: 'person-*' },
        },
      },
    ],
  })
}

/** Whole HTTP requests, each with a token of its own. */
async function makeRequests(privateKey: KeyObject, issuer: string): Promise<Buffer[]> {
  const signAsync = promisify(sign)
  const now = Math.floor(Date.now() / 1000)
  const head = encode({ alg: 'RS256', kid: 'bench', typ: 'JWT' })
  const requests: Buffer[] = []
  for (let first = 0; first < tokens; first += 100) {
    const group = Array.from({ length: 100 }, async (_, n) => {
      const person = `person-${first + n}`
      const claims = {
        iss: issuer,
        aud: 'bench-client',
        azp: 'bench-client',
        sub: person,
        iat: now,
        exp: now + 3600,
      }
      const more = {
        email: `${person}@example.com`,
        email_verified: true,
        name: 'Bench Person',
        at_hash: person,
      }
      const signed = `${head}.${encode({ ...claims, ...more })}`
      const signature = await signAsync('RSA-SHA256', Buffer.from(signed), privateKey)
      return asRequest(`${signed}.${signature.toString('base64url')}`, person)
    })
    requests.push(...(await Promise.all(group)))
  }
  return requests
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

/** As `@aws-sdk/client-sts` sends it. */
function asRequest(token: string, person: string): Buffer {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: `arn:aws:iam::${accountId}:role/bench`,
    RoleSessionName: person,
    WebIdentityToken: token,
  }).toString()
  return Buffer.from(
    `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\nUser-Agent: aws-sdk-js/3\r\n\r\n${form}`,
  )
}

type Round = { ours: LoadResult; limit: LoadResult }

async function runRounds(ours: number, limit: number, requests: readonly Buffer[]): Promise<Round[]> {
  let at = 0
  const next = () => requests[at++ % requests.length] ?? Buffer.alloc(0)
  const measure = (port: number) => runLoad({ port, ...load }, next)
  // Once each for the compiler's sake; not counted.
  await measure(limit)
  await measure(ours)
  const results: Round[] = []
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, so that neither always has the warmer machine.
    if (round % 2 === 0) results.push({ ours: await measure(ours), limit: await measure(limit) })
    else {
      const first = await measure(limit)
      results.push({ ours: await measure(ours), limit: first })
    }
  }
  return results
}

function auditedIn(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  const row = database
    .prepare("select count(*) as n from audit where event = 'AssumeRoleWithWebIdentity'")
    .get()
  database.close()
  return Number(row?.n)
}

function report(results: readonly Round[], audited: number): void {
  const line = (text: string) => process.stdout.write(`${text}\n`)
  const failures = results.reduce((sum, { ours, limit }) => sum + ours.failures + limit.failures, 0)
  const ours = results.reduce((sum, round) => sum + round.ours.requests, 0)
  line('AssumeRoleWithWebIdentity, one process, audit on, against the practical limit')
  line('  round   rolecall/s      limit/s   ratio')
  results.forEach((round, n) => {
    const cells = [
      round.ours.perSecond.toFixed(0).padStart(12),
      round.limit.perSecond.toFixed(0).padStart(12),
    ]
    line(`  ${String(n + 1).padStart(5)}${cells.join(' ')}   ${ratio(round).toFixed(2)}`)
  })
  line(`  median ratio ${median(results.map(ratio)).toFixed(2)} (goal: at least 0.90)`)
  line(
    `  ${tokens} distinct tokens, ${failures} failed requests, ${audited} audit rows for ${ours} counted requests`,
  )
  if (failures > 0 || audited < ours) process.exitCode = 1
}

function ratio({ ours, limit }: Round): number {
  return ours.perSecond / limit.perSecond
}
