import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '../../server/base/ids.ts'
import { createKeySecrets } from '../../server/credentials/key-secrets.ts'
import { createKeyring, type Keyring } from '../../server/keys/keyring.ts'
import { openStore } from '../../server/store/open-store.ts'
import { startProcess } from '../support/start-process.ts'
import {
  accountId,
  type BenchedServer as Server,
  sessionKeys,
  signedBytes,
  startBenched,
  startMoto,
} from './benched-servers.ts'
import { median } from './load.ts'
import { goal, line, raceServers, ratioOf } from './server-race.ts'

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
    await startBenched(join(folder, 'empty'), masterKey),
    await startBenched(join(folder, 'full'), masterKey),
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

/** How many times longer the full account takes to start; the median of five turns. */
async function measureStarts(folder: string, masterKey: Buffer): Promise<number> {
  const ratios: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    const times: number[] = []
    for (const name of ['full', 'empty']) {
      const server = await startBenched(join(folder, name), masterKey)
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
  return sessionKeys(keyring, role.id, sessions).map(keys =>
    signedBytes('sts', 'Action=GetCallerIdentity&Version=2011-06-15', keys),
  )
}

const mine = { id: user.key, secret: user.secret }

function assumeRequests(): Buffer[] {
  const arn = encodeURIComponent(`arn:aws:iam::${accountId}:role/bench`)
  return Array.from({ length: sessions }, (_, n) =>
    signedBytes(
      'sts',
      `Action=AssumeRole&Version=2011-06-15&RoleArn=${arn}&RoleSessionName=session-${n}`,
      mine,
    ),
  )
}

/** Enough that no name comes twice. */
function createUserRequests(name: string): Buffer[] {
  return Array.from({ length: 20_000 }, (_, n) =>
    signedBytes('iam', `Action=CreateUser&Version=2010-05-08&UserName=${name}-made-${n}`, mine),
  )
}
