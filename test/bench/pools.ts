import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { newId } from '../../server/base/ids.ts'
import { mostHashesAtOnce } from '../../server/credentials/password-hash.ts'
import { openStore } from '../../server/store/open-store.ts'
import { startProcess } from '../support/start-process.ts'
import { median } from './load.ts'
import { benchLogInFlood } from './log-in-flood.ts'
import { accountsEnv, addAccounts, rightLogIn } from './own-accounts.ts'
import { goal, line, raceServers, ratioOf, type Target } from './server-race.ts'

const accountId = '123456789012'
const million = 1_000_000
/** Of those, who is asked for. */
const sample = 20_000
const rounds = 9
const load = { connections: 32, seconds: 0.5 }
/** Less than anybody's limits let in at once, and more than are hashed at once. */
const logInLoad = { connections: 8, seconds: 1.5 }
const people = 64
const poolId = `us-east-1:${randomUUID()}`
const guestRole = `arn:aws:iam::${accountId}:role/guest`

/**
 * Guests of an identity pool a second, with audit on and one process: credentials and new identities against the
 * practical limit, and credentials where 1,000,000 identities are stored against where there are ten; log-ins at own
 * accounts against that limit, and what a flood of them leaves of AssumeRoleWithWebIdentity. All servers are up all the
 * time and are loaded in turns.
 */
export async function benchPools(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-pools-'))
  try {
    const ten = await fill(join(folder, 'ten'), 10)
    const startedMs = performance.now()
    const many = await fill(join(folder, 'million'), million)
    const seconds = (performance.now() - startedMs) / 1000
    line(`${million} identities stored in ${seconds.toFixed(0)} s`)
    await measure(folder, ten, many)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  await benchLogInFlood()
}

async function measure(folder: string, ten: readonly string[], many: readonly string[]): Promise<void> {
  const passwordHash = await addAccounts(join(folder, 'ten'), people)
  const few = await startRolecall(join(folder, 'ten'))
  const full = await startRolecall(join(folder, 'million'))
  const limit = await startProcess('test/bench/pools-limit.ts', {
    args: [folder, poolId, guestRole, String(mostHashesAtOnce), String(people), passwordHash, ...ten],
    env: { NODE_ENV: 'production' },
    ready: /listening on (\d+)/,
  })
  const ports = { rolecall: few.ready, million: full.ready, limit: limit.ready }
  try {
    line('guests per second, medians of the rounds')
    line('                               rolecall   1,000,000 stored   practical limit')
    const run = async (title: string, requests: Record<keyof typeof ports, Target['requests']>) => {
      const names = ['rolecall', 'million', 'limit'] as const
      const targets = names.map(name => ({ name, port: Number(ports[name]), requests: requests[name] }))
      const rates = await raceServers(targets, { rounds, load })
      const cell = (name: string) => median(rates.get(name) ?? []).toFixed(0)
      line(
        `  ${title.padEnd(26)} ${cell('rolecall').padStart(10)} ${cell('million').padStart(18)} ${cell('limit').padStart(17)}`,
      )
      return rates
    }
    const credentials = await run('GetCredentialsForIdentity', {
      rolecall: () => credentialRequests(renewTen(join(folder, 'ten', 'rolecall.db'))),
      million: credentialRequests(many),
      limit: credentialRequests(ten),
    })
    const fresh = idRequests()
    const ids = await run('GetId', { rolecall: fresh, million: fresh, limit: fresh })
    const logIns = await raceLogIns(few.ready, limit.ready)
    line(
      `GetCredentialsForIdentity against the practical limit: ${ratioOf(credentials, 'rolecall', 'limit').toFixed(2)}`,
    )
    line(`GetId against the practical limit: ${ratioOf(ids, 'rolecall', 'limit').toFixed(2)}`)
    line(
      `log-ins at own accounts against the practical limit: ${ratioOf(logIns, 'rolecall', 'limit').toFixed(2)}`,
    )
    goal(
      `GetCredentialsForIdentity among ${million} identities against ten`,
      ratioOf(credentials, 'million', 'rolecall'),
      0.9,
    )
  } finally {
    await Promise.all([few.stop(), full.stop(), limit.stop()])
  }
}

/** Right passwords, so that no count of wrong ones answers in the place of the work. */
async function raceLogIns(rolecall: string, limit: string) {
  const requests = Array.from({ length: people }, (_, n) => rightLogIn(n))
  const targets = [
    { name: 'rolecall', port: Number(rolecall), requests },
    { name: 'limit', port: Number(limit), requests },
  ]
  const rates = await raceServers(targets, { rounds, load: logInLoad })
  const [ours = 0, theirs = 0] = targets.map(({ name }) => median(rates.get(name) ?? []))
  const cells = [ours.toFixed(0).padStart(10), '-'.padStart(18), theirs.toFixed(0).padStart(17)]
  line(`  ${'log-ins'.padEnd(26)} ${cells.join(' ')}`)
  return rates
}

function startRolecall(dataDir: string) {
  return startProcess('server/main.ts', {
    env: {
      PORT: '0',
      ROLECALL_DATA_DIR: dataDir,
      ROLECALL_ACCOUNT_ID: accountId,
      ROLECALL_DEMO: 'off',
      ROLECALL_LOG_LEVEL: 'warn',
      ...accountsEnv,
    },
    ready: /Rolecall is ready: http:\/\/localhost:(\d+)/,
  })
}

/** A pool, a role for its guests, and so many of them. Answers the ids that are asked for, from all over. */
async function fill(dataDir: string, count: number): Promise<string[]> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'rolecall.db')
  const store = await openStore({ location: { file }, clock: Date.now, log: { error() {} } })
  const id = newId('AROA')
  await store.roles.create({
    id,
    name: 'guest',
    path: '/',
    trustPolicy,
    maxSessionSeconds: 3600,
    tags: {},
    createdAtMs: 1,
    demo: false,
  })
  const settings = {
    allowGuests: true,
    loginProviders: {},
    oidcProviderArns: [],
    userPools: [],
    samlProviderArns: [],
  }
  const roles = { unauthenticated: guestRole, mappings: {} }
  await store.identityPools.create({
    id: poolId,
    name: 'bench',
    settings,
    roles,
    tagMaps: {},
    tags: {},
    createdAtMs: 1,
  })
  await store.close()
  return addGuests(file, count)
}

/** Ten others: one person is given 1,000 credentials at once and then 20 a second, which ten soon have. */
function renewTen(file: string): string[] {
  const database = new DatabaseSync(file)
  database.exec('pragma busy_timeout = 5000; delete from pool_identities')
  database.close()
  return addGuests(file, 10)
}

/** By the file itself: the store's own way, durable one by one, would take hours. */
function addGuests(file: string, count: number): string[] {
  const database = new DatabaseSync(file)
  const insert = database.prepare('insert into pool_identities values (?, ?, 1, null, 1, 1)')
  const asked: string[] = []
  database.exec('pragma synchronous = off; begin')
  for (let n = 0; n < count; n++) {
    const id = `us-east-1:${randomUUID()}`
    insert.run(id, poolId)
    if (n % Math.ceil(count / sample) === 0) asked.push(id)
  }
  database.exec('commit')
  database.close()
  return asked
}

const trustPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Federated: 'cognito-identity.amazonaws.com' },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: { 'cognito-identity.amazonaws.com:aud': poolId },
      'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'unauthenticated' },
    },
  },
})

function credentialRequests(ids: readonly string[]): Buffer[] {
  return ids.map(id => asBytes('GetCredentialsForIdentity', { IdentityId: id }))
}

/** From many addresses: one may not make so many. */
function idRequests(): Buffer[] {
  return Array.from({ length: sample }, () =>
    asBytes('GetId', { IdentityPoolId: poolId }, [10, ...randomBytes(3)].join('.')),
  )
}

/** As `@aws-sdk/client-cognito-identity` sends it. */
function asBytes(action: 'GetCredentialsForIdentity' | 'GetId', asked: object, from = '10.0.0.1'): Buffer {
  const body = JSON.stringify(asked)
  const lines = [
    'POST / HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/x-amz-json-1.1',
    `X-Amz-Target: AWSCognitoIdentityService.${action}`,
    `X-Forwarded-For: ${from}`,
    'User-Agent: aws-sdk-js/3',
    `Content-Length: ${body.length}`,
  ]
  return Buffer.from([...lines, '', body].join('\r\n'))
}
