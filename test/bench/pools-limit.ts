import { createCipheriv, createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import express from 'express'

/**
 * What guests cost at the least in this runtime, as one would write it without policies, limits or logins: parse the
 * JSON, look the identity and its role up, derive a secret, seal the session, and answer when its row is durable, which
 * the rows of one turn of the event loop become together. GetId answers when its identity is stored, the same way.
 */
const [folder = '', poolId = '', roleArn = '', ...ids] = process.argv.slice(2)
const key = createSecretKey(randomBytes(32))
const roles = new Map([[poolId, roleArn]])
const app = express()

const database = new DatabaseSync(join(folder, 'limit.db'))
database.exec(`
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table identities (id text primary key, pool_id text not null, created_at_ms integer not null);
  create table audit (sequence integer primary key, at_ms integer, event text, request_id text, source_ip text,
    subject text, resource text, access_key_id text, expires_at_ms integer);
`)
const findIdentity = database.prepare('select pool_id from identities where id = ?')
const addIdentity = database.prepare('insert into identities values (?, ?, ?)')
const addRow = database.prepare('insert into audit values (null, ?, ?, ?, ?, ?, ?, ?, ?)')
for (const id of ids) addIdentity.run(id, poolId, Date.now())

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

function seal(session: object): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = [nonce, cipher.update(JSON.stringify(session)), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64url')
}

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`)
})
