import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { newId } from '../../server/base/ids.ts'
import { createKeySecrets } from '../../server/credentials/key-secrets.ts'
import { mint } from '../../server/credentials/mint.ts'
import { createKeyring, type Keyring } from '../../server/keys/keyring.ts'
import { openStore } from '../../server/store/open-store.ts'
import { signRequest } from '../support/sign-request.ts'
import { startProcess } from '../support/start-process.ts'
import { median } from './load.ts'
import { goal, line, raceServers, ratioOf } from './server-race.ts'

const accountId = '123456789012'
const entities = 10_000
const sessions = 500
const rounds = 7
const load = { connections: 32, seconds: 1 }
const user = { id: newId('AIDA'), key: newId('AKIA'), secret: randomBytes(30).toString('base64') }
const role = {
  id: newId('AROA'),
  name: 'bench',
  path: '/',
  trustPolicy: JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${accountId}:user/bench` },
      Action: 'sts:AssumeRole',
    },
  }),
  maxSessionSeconds: 3600,
  tags: {},
  createdAtMs: 1,
  demo: false,
}

type Server = { port: number; startMs: number; stop(): Promise<void> }

/**
 * Signed calls per second: GetCallerIdentity by temporary credentials, AssumeRole and CreateUser, in an account that
 * is empty and in one of 10,000 roles and 10,000 users, against the practical limit and, where it is on the PATH,
 * `moto_server`, which checks nothing. All servers are up all the time and are loaded in turns.
 */
export async function benchSts(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-sts-'))
  const masterKey = randomBytes(32)
  const keyring = createKeyring([masterKey])
  await fill(join(folder, 'empty'), keyring, 0)
  await fill(join(folder, 'full'), keyring, entities)
  const starts = await measureStarts(folder, masterKey)
  const [empty, full] = [
    await startRolecall(join(folder, 'empty'), masterKey),
    await startRolecall(join(folder, 'full'), masterKey),
  ]
  const limit = await startProcess('test/bench/sts-limit.ts', {
    args: (['session-secret-key', 'session-token-seal'] as const).map(purpose =>
      keyring.current(purpose).export().toString('hex'),
    ),
    env: { NODE_ENV: 'production' },
    ready: /listening on (\d+)/,
  })
  const moto = await startMoto()
  try {
    await report(keyring, { empty, full, limit: Number(limit.ready), moto })
    line(
      `start-up with ${entities} roles and users: ${starts.toFixed(2)} times that of an empty account (goal: at most 3)`,
    )
    if (starts > 3) process.exitCode = 1
  } finally {
    await Promise.all([empty.stop(), full.stop(), limit.stop(), moto?.stop()])
    rmSync(folder, { recursive: true, force: true })
  }
}

async function fill(dataDir: string, keyring: Keyring, count: number): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'rolecall.db')
  const store = await openStore({ location: { file }, clock: Date.now, log: { error() {} } })
  await store.roles.create(role)
  await store.users.create({ id: user.id, name: 'bench', path: '/', tags: {}, createdAtMs: 1 })
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'iam:CreateUser', Resource: '*' },
  })
  await store.principalPolicies.putInline(user.id, 'bench', document)
  const sealedSecret = createKeySecrets(keyring).seal(user.key, user.secret)
  await store.accessKeys.create(
    { id: user.key, userId: user.id, sealedSecret, active: true, createdAtMs: 1 },
    2,
  )
  for (let n = 0; n < count; n++) {
    await store.roles.create({ ...role, id: newId('AROA'), name: `role-${n}` })
    await store.users.create({ id: newId('AIDA'), name: `user-${n}`, path: '/', tags: {}, createdAtMs: 1 })
  }
  await store.close()
}

async function startRolecall(dataDir: string, masterKey: Buffer): Promise<Server> {
  const startedMs = performance.now()
  const started = await startProcess('server/main.ts', {
    env: {
      PORT: '0',
      ROLECALL_DATA_DIR: dataDir,
      ROLECALL_ACCOUNT_ID: accountId,
      ROLECALL_MASTER_KEY: masterKey.toString('base64'),
      ROLECALL_DEMO: 'off',
      ROLECALL_LOG_LEVEL: 'warn',
    },
    ready: /Rolecall is ready: http:\/\/localhost:(\d+)/,
  })
  return {
    port: Number(started.ready),
    startMs: performance.now() - startedMs,
    stop: async () => void (await started.stop()),
  }
}

/** How many times longer the full account takes to start; the median of five turns. */
async function measureStarts(folder: string, masterKey: Buffer): Promise<number> {
  const ratios: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    const times: number[] = []
    for (const name of ['full', 'empty']) {
      const server = await startRolecall(join(folder, name), masterKey)
      times.push(server.startMs)
      await server.stop()
    }
    ratios.push((times[0] ?? 0) / (times[1] ?? 1))
  }
  return median(ratios)
}

async function report(
  keyring: Keyring,
  {
    empty,
    full,
    limit,
    moto,
  }: { empty: Server; full: Server; limit: number; moto: { port: number } | undefined },
): Promise<void> {
  const identity = identityRequests(keyring)
  const others = moto === undefined ? [] : [moto.port]
  line('signed calls per second, medians of the rounds')
  line('                         rolecall   full account   practical limit   moto_server')
  const names = ['rolecall', 'full', 'limit', ...(moto === undefined ? [] : ['moto'])]
  const run = async (title: string, requestsFor: (name: string) => Buffer[]) => {
    const ports = [empty.port, full.port, limit, ...others]
    const targets = names.map((name, n) => ({ name, port: ports[n] ?? 0, requests: requestsFor(name) }))
    const rates = await raceServers(
      targets.filter(({ requests }) => requests.length > 0),
      { rounds, load, mayFail: ['moto'] },
    )
    const cell = (name: string) => (rates.get(name) ? median(rates.get(name) ?? []).toFixed(0) : '-')
    line(
      `  ${title.padEnd(20)} ${cell('rolecall').padStart(10)} ${cell('full').padStart(14)} ${cell('limit').padStart(17)} ${cell('moto').padStart(13)}`,
    )
    return rates
  }
  const rates = await run('GetCallerIdentity', () => identity)
  // The limit knows temporary credentials alone, and keeps nothing: it is no measure of these.
  await run('AssumeRole', name => (name === 'limit' ? [] : assumeRequests()))
  await run('CreateUser', name => (name === 'limit' ? [] : createUserRequests(name)))
  goal('GetCallerIdentity against the practical limit', ratioOf(rates, 'rolecall', 'limit'), 0.75)
  goal(
    `GetCallerIdentity among ${entities} roles and users against an empty account`,
    ratioOf(rates, 'full', 'rolecall'),
    0.9,
  )
}

function identityRequests(keyring: Keyring): Buffer[] {
  const nowSeconds = Math.floor(Date.now() / 1000)
  return Array.from({ length: sessions }, (_, n) => {
    const { credentials } = mint(keyring, {
      kind: 'role',
      principalId: role.id,
      name: `session-${n}`,
      person: { issuer: 'https://issuer.example', subject: `person-${n}` },
      proof: {
        provider: `arn:aws:iam::${accountId}:oidc-provider/issuer.example`,
        audience: 'client',
        subjectKey: 'issuer.example:sub',
        audienceKey: 'issuer.example:aud',
      },
      issuedAtSeconds: nowSeconds,
      expiresAtSeconds: nowSeconds + 3600,
      ancestors: [],
      tags: {},
      transitiveTagKeys: [],
      policyArns: [],
      demo: false,
    })
    return asBytes('sts', 'Action=GetCallerIdentity&Version=2011-06-15', {
      id: credentials.accessKeyId,
      secret: credentials.secretAccessKey,
      sessionToken: credentials.sessionToken,
    })
  })
}

const mine = { id: user.key, secret: user.secret }

function assumeRequests(): Buffer[] {
  const arn = encodeURIComponent(`arn:aws:iam::${accountId}:role/bench`)
  return Array.from({ length: sessions }, (_, n) =>
    asBytes('sts', `Action=AssumeRole&Version=2011-06-15&RoleArn=${arn}&RoleSessionName=session-${n}`, mine),
  )
}

/** Enough that no name comes twice. */
function createUserRequests(name: string): Buffer[] {
  return Array.from({ length: 20_000 }, (_, n) =>
    asBytes('iam', `Action=CreateUser&Version=2010-05-08&UserName=${name}-made-${n}`, mine),
  )
}

function asBytes(
  service: string,
  body: string,
  { id, secret, sessionToken }: { id: string; secret: string; sessionToken?: string },
): Buffer {
  const { headers } = signRequest({
    accessKeyId: id,
    secret,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    at: new Date(),
    service,
    body,
    headers: { host: '127.0.0.1' },
  })
  const lines = Object.entries(headers).map(([name, values]) => `${name}: ${values?.[0]}`)
  const length = `content-length: ${Buffer.byteLength(body)}`
  return Buffer.from(['POST / HTTP/1.1', ...lines, length, '', body].join('\r\n'))
}

async function startMoto(): Promise<{ port: number; stop(): Promise<void> } | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter)
  if (!folders.some(one => existsSync(join(one, 'moto_server')))) return undefined
  const port = await freePort()
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const ended = new Promise<void>(resolve => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const isUp = await reachable(port)
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  if (isUp) return { port, stop }
  await stop()
  return undefined
}

async function reachable(port: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const isOpen = await new Promise<boolean>(resolve => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.on('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (isOpen) return true
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return false
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
