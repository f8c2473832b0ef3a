import {
  argon2,
  createCipheriv,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  timingSafeEqual,
} from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import express from 'express'
import { addressOf } from './own-accounts.ts'

/**
 * What guests and log-ins cost at the least in this runtime, as one would write it without policies, limits or logins of
 * pools: parse the JSON, look the identity and its role up, derive a secret, seal the session, and answer when its row is durable, which
 * the rows of one turn of the event loop become together. GetId answers when its identity is stored, the same way. A log-in looks the address up, verifies its Argon2id hash, so many at once as we do, signs an ID
 * token and answers when the row is durable.
 */
const [folder = '', poolId = '', roleArn = '', atOnce = '', people = '', passwordHash = '', ...ids] =
  process.argv.slice(2)
const key = createSecretKey(randomBytes(32))
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const derive = promisify(argon2)
const roles = new Map([[poolId, roleArn]])
const app = express()

const database = new DatabaseSync(join(folder, 'limit.db'))
database.exec(`
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table identities (id text primary key, pool_id text not null, created_at_ms integer not null);
  create table accounts (email text primary key, subject text not null, password_hash text not null);
  create table audit (sequence integer primary key, at_ms integer, event text, request_id text, source_ip text,
    subject text, resource text, access_key_id text, expires_at_ms integer);
`)
const findIdentity = database.prepare('select pool_id from identities where id = ?')
const addIdentity = database.prepare('insert into identities values (?, ?, ?)')
const findAccount = database.prepare('select subject, password_hash from accounts where email = ?')
const addAccount = database.prepare('insert into accounts values (?, ?, ?)')
const addRow = database.prepare('insert into audit values (null, ?, ?, ?, ?, ?, ?, ?, ?)')
for (const id of ids) addIdentity.run(id, poolId, Date.now())
for (let n = 0; n < Number(people); n++) addAccount.run(addressOf(n), randomUUID(), passwordHash)

let waiting: { write(): void; done(): void }[] = []

function durable(write: () => void): Promise<void> {
  return new Promise(done => {
    if (waiting.push({ write, done }) === 1) setImmediate(commit)
  })
}

function commit(): void {
  const group = waiting
  waiting = []
  database.exec('begin')
  for (const { write } of group) write()
  database.exec('commit')
  for (const { done } of group) done()
}

app.post('/', express.json({ type: () => true }), async (request, response) => {
  const { IdentityId: identityId } = request.body
  if (identityId === undefined) {
    const id = `us-east-1:${randomUUID()}`
    await durable(() => addIdentity.run(id, request.body.IdentityPoolId, Date.now()))
    return void response.json({ IdentityId: id })
  }
  const role = roles.get(String(findIdentity.get(identityId)?.pool_id))
  if (role === undefined) return void response.status(400).end()
  const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
  const expiresAtMs = Date.now() + 3_600_000
  const secret = createHmac('sha256', key).update(accessKeyId).digest().subarray(0, 30).toString('base64')
  const token = seal({ accessKeyId, identityId, poolId, role, expiresAtMs })
  await durable(() =>
    addRow.run(
      Date.now(),
      'GetCredentialsForIdentity',
      randomUUID(),
      request.socket.remoteAddress ?? '',
      identityId,
      role,
      accessKeyId,
      expiresAtMs,
    ),
  )
  const Expiration = Math.floor(expiresAtMs / 1000)
  const Credentials = { AccessKeyId: accessKeyId, SecretKey: secret, SessionToken: token, Expiration }
  response.json({ IdentityId: identityId, Credentials })
})

app.post('/token', express.urlencoded(), async (request, response) => {
  const { username, password } = request.body
  const account = findAccount.get(username)
  if (account === undefined || !(await isPassword(password, String(account.password_hash))))
    return void response.status(400).end()
  const subject = String(account.subject)
  const token = signToken({ sub: subject, email: username, aud: 'bench', jti: randomUUID() })
  const from = request.socket.remoteAddress ?? ''
  const expiresAtMs = Date.now() + 3_600_000
  await durable(() =>
    addRow.run(Date.now(), 'IssueIdToken', randomUUID(), from, subject, null, null, expiresAtMs),
  )
  response.json({ access_token: token, id_token: token, token_type: 'N_A', expires_in: 3600 })
})

let running = 0
const queue: (() => void)[] = []

async function isPassword(password: string, stored: string): Promise<boolean> {
  if (running >= Number(atOnce)) await new Promise<void>(resolve => queue.push(resolve))
  else running++
  const [, , , , salt = '', hash = ''] = stored.split('$')
  const expected = Buffer.from(hash, 'base64')
  const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: expected.length }
  const found = await derive('argon2id', { message: password, nonce: Buffer.from(salt, 'base64'), ...cost })
  const next = queue.shift()
  if (next === undefined) running--
  else next()
  return timingSafeEqual(found, expected)
}

function signToken(claims: object): string {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const times = { iat: nowSeconds, exp: nowSeconds + 3600 }
  const parts = [
    { alg: 'RS256', typ: 'JWT' },
    { iss: 'https://limit.example', ...claims, ...times },
  ]
  const signed = parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`
}

function seal(session: object): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = [nonce, cipher.update(JSON.stringify(session)), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64url')
}

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`)
})
