import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { newId } from '../../server/base/ids.ts'
import { createKeyringWrapper } from '../../server/keys/envelope.ts'
import { createKeyring, type Keyring } from '../../server/keys/keyring.ts'
import { createVault, type Vault } from '../../server/secrets/vault.ts'
import { openStore, type Store } from '../../server/store/open-store.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { startProcess } from '../support/start-process.ts'
import {
  accountId,
  type BenchKeys,
  sessionKeys,
  signedBytes,
  startBenched,
  startMoto,
} from './benched-servers.ts'
import { median } from './load.ts'
import { goal, line, raceServers, ratioOf } from './server-race.ts'

const few = 10
const many = 100_000
const sessions = 500
const rounds = 21
const warmUpRounds = 5
const load = { connections: 32, seconds: 1 }
const role = {
  id: newId('AROA'),
  name: 'bench',
  path: '/',
  trustPolicy: '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:*"}}',
  maxSessionSeconds: 3600,
  tags: {},
  createdAtMs: 1,
  demo: false,
}

/**
 * GetSecretValue by temporary credentials, authorized by a policy and recorded: with ten secrets and with 100,000, against
 * the practical limit and, where it is on the PATH, `moto_server`, which checks nothing. Where PostgreSQL is installed,
 * one node on it as well, which is compared with the embedded store.
 */
export async function benchSecrets(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-secrets-'))
  const masterKey = randomBytes(32)
  const keyring = createKeyring([masterKey])
  await fill(join(folder, 'few'), keyring, few)
  await fill(join(folder, 'many'), keyring, many)
  const hex = (purpose: Parameters<Keyring['current']>[0]) =>
    keyring.current(purpose).export().toString('hex')
  const limit = await startProcess('test/bench/secrets-limit.ts', {
    args: [
      join(folder, 'few', 'rolecall.db'),
      hex('data-key-wrap'),
      hex('session-secret-key'),
      hex('session-token-seal'),
    ],
    env: { NODE_ENV: 'production' },
    ready: /listening on (\d+)/,
  })
  const [ten, full] = [
    await startBenched(join(folder, 'few'), masterKey),
    await startBenched(join(folder, 'many'), masterKey),
  ]
  const moto = await startMoto()
  const shared = await startOnPostgres(join(folder, 'shared'), masterKey, keyring)
  try {
    if (moto !== undefined) await fillMoto(moto.port)
    await report(keyring, {
      few: ten.port,
      many: full.port,
      limit: Number(limit.ready),
      moto: moto?.port,
      shared: shared?.port,
    })
  } finally {
    await Promise.all([ten.stop(), full.stop(), limit.stop(), moto?.stop(), shared?.stop()])
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startOnPostgres(dataDir: string, masterKey: Buffer, keyring: Keyring) {
  const bin = findPostgres()
  if (bin === undefined) return undefined
  const database = await startPostgres(bin)
  const location = { url: database.url, maxStalenessMs: 60_000 }
  const store = await openStore({ location, clock: Date.now, log: { error() {} } })
  await createReader(store)
  const vault = createVault(createKeyringWrapper(keyring), accountId)
  for (let n = 0; n < few; n++) {
    const [id, name, at] = [`${nameOf(n)}-AbCdEf`, nameOf(n), n + 1]
    const version = await vault.seal(id, randomUUID(), { kind: 'string', bytes: value }, at)
    const times = { createdAtMs: at, changedAtMs: at }
    await store.secrets.create({ id, name, tags: {}, stages: { AWSCURRENT: version.id }, ...times }, version)
  }
  await store.close()
  const server = await startBenched(dataDir, masterKey, { DATABASE_URL: database.url })
  return {
    port: server.port,
    async stop() {
      await server.stop()
      await database.stop()
    },
  }
}

async function fill(dataDir: string, keyring: Keyring, count: number): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const location = { file: join(dataDir, 'rolecall.db') }
  const store = await openStore({ location, clock: Date.now, log: { error() {} } })
  await createReader(store)
  // Through the store each would wait for the disk.
  await store.close()
  await fillRows(location.file, createVault(createKeyringWrapper(keyring), accountId), count)
}

/** The role whose credentials read. */
async function createReader(store: Store): Promise<void> {
  await store.roles.create(role)
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: `arn:aws:secretsmanager:us-east-1:${accountId}:secret:bench/*`,
    },
  })
  await store.principalPolicies.putInline(role.id, 'bench', document)
}

async function fillRows(file: string, vault: Vault, count: number): Promise<void> {
  const database = new DatabaseSync(file)
  const addSecret = database.prepare(
    'insert into secrets (id, name, tags, meant_ids, stages, created_at_ms, changed_at_ms) values (?, ?, ?, ?, ?, ?, ?)',
  )
  const addVersion = database.prepare(
    'insert into secret_versions (secret_id, id, kind, wrapped_key, wrapped_under, sealed_value, created_at_ms) values (?, ?, ?, ?, ?, ?, ?)',
  )
  database.exec('begin')
  for (let n = 0; n < count; n++) {
    const id = `${nameOf(n)}-AbCdEf`
    const at = n + 1
    const version = await vault.seal(id, randomUUID(), { kind: 'string', bytes: value }, at)
    const { id: versionId, kind, wrappedKey, wrappedUnder, sealedValue } = version
    addSecret.run(id, nameOf(n), '{}', '{}', JSON.stringify({ AWSCURRENT: versionId }), at, at)
    addVersion.run(id, versionId, kind, wrappedKey, wrappedUnder, sealedValue, at)
  }
  database.exec('commit')
  database.close()
}

const value = Buffer.from(JSON.stringify({ username: 'app', password: 'x'.repeat(32), host: 'db.example' }))
const nameOf = (n: number) => `bench/secret-${n}`

async function fillMoto(port: number): Promise<void> {
  const client = new SecretsManagerClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'x' },
  })
  for (let n = 0; n < few; n++)
    await client.send(new CreateSecretCommand({ Name: nameOf(n), SecretString: value.toString() }))
}

type Ports = {
  few: number
  many: number
  limit: number
  moto: number | undefined
  shared: number | undefined
}

async function report(keyring: Keyring, { moto, shared, ...ports }: Ports): Promise<void> {
  const keys = sessionKeys(keyring, role.id, sessions)
  const ofFew = keys.map((one, n) => ask(nameOf(n % few), one))
  // Spread over all of them, more than any cache of the service holds.
  const ofMany = Array.from({ length: 50_000 }, (_, n) => ask(nameOf((n * 7_919) % many), keys[n % sessions]))
  const targets = [
    { name: 'few', port: ports.few, requests: ofFew },
    { name: 'many, ten of them', port: ports.many, requests: ofFew },
    { name: 'many', port: ports.many, requests: ofMany },
    { name: 'limit', port: ports.limit, requests: ofFew },
    ...(moto === undefined ? [] : [{ name: 'moto', port: moto, requests: ofFew }]),
    ...(shared === undefined ? [] : [{ name: 'on PostgreSQL', port: shared, requests: ofFew }]),
  ]
  const rates = await raceServers(targets, { rounds, warmUpRounds, load, mayFail: ['moto'] })
  line('GetSecretValue a second, medians of the rounds')
  for (const { name } of targets) line(`  ${name.padEnd(20)} ${median(rates.get(name) ?? []).toFixed(0)}`)
  goal('against the practical limit', ratioOf(rates, 'few', 'limit'), 0.7)
  if (moto !== undefined) goal('against moto_server', ratioOf(rates, 'few', 'moto'), 15)
  goal(`with ${many} stored against ${few}`, ratioOf(rates, 'many, ten of them', 'few'), 0.9)
  line(`with ${many} stored, asked for all over: ${ratioOf(rates, 'many', 'few').toFixed(2)}`)
  if (shared !== undefined)
    line(`on PostgreSQL against the embedded store: ${ratioOf(rates, 'on PostgreSQL', 'few').toFixed(2)}`)
}

function ask(name: string, keys: BenchKeys = { id: '', secret: '' }): Buffer {
  return signedBytes('secretsmanager', JSON.stringify({ SecretId: name }), keys, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'secretsmanager.GetSecretValue',
  })
}
