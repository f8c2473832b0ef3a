import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam'
import { Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { openRolecall } from '../server/app.ts'
import { openSqliteSink } from '../server/audit/sqlite-sink.ts'
import { readConfig } from '../server/config.ts'
import { createSqliteDialect } from '../server/store/sqlite-dialect.ts'
import { startDemoRolecall } from './support/demo-rolecall.ts'
import { startRolecall, type TestRolecall, trusting } from './support/rolecall.ts'
import { assumeForm, auditRowsIn, keysIn } from './support/rolecall-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const formType = 'application/x-www-form-urlencoded'

/** Keeps every other writer out of a database of the service, until it is let go. */
function hold(dataDir: string, file = 'audit.db'): () => void {
  const holder = new DatabaseSync(join(dataDir, file))
  holder.exec('BEGIN IMMEDIATE')
  return () => holder.isOpen && holder.close()
}

async function withIssuer(one: TestRolecall) {
  const issuer = await one.registerIssuer()
  const role = await one.createRole('worker', trusting(one.accountId, issuer))
  const form = () => assumeForm(role, issuer.sign())
  const assume = () => fetch(one.url, { method: 'POST', body: form(), headers: { 'content-type': formType } })
  // Once, so that the issuer's keys are at hand: from here on nothing but the log can make anybody wait.
  assert.equal((await assume()).status, 200)
  return { form, assume }
}

/** A whole request at once, on a connection of its own. */
function send(port: number, body: string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `POST / HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: ${formType}\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  )
  return socket
}

async function healthOf({ url }: TestRolecall): Promise<number> {
  return (await fetch(`${url}/healthz`)).status
}

const patient = { auditBounds: { lockTimeoutMs: 60_000 } }

test('while a commit is held not one byte of credentials leaves, others are served, and the row is there first', async t => {
  const one = await startRolecall({}, undefined, patient)
  const { form } = await withIssuer(one)
  const release = hold(one.dataDir)
  t.after(release)
  const socket = send(one.port, form())
  t.after(() => socket.destroy())
  let bytes = 0
  socket.on('data', chunk => {
    bytes += chunk.length
  })
  // Each takes a turn of the event loop that the request before them could have been answered in.
  for (let n = 0; n < 50; n++) assert.equal((await fetch(`${one.url}/.well-known/jwks.json`)).status, 200)
  assert.equal(bytes, 0)

  release()
  const [answer] = await once(socket, 'data')
  const keys = keysIn(String(answer))
  assert.ok(keys)
  assert.ok(auditRowsIn(one.dataDir).some(row => row.access_key_id === keys.accessKeyId))
})

test('while a commit is held no change is made', async t => {
  const one = await startRolecall({}, undefined, patient)
  const trustPolicy = JSON.stringify(trusting(one.accountId, { url: 'https://issuer.example' }))
  const release = hold(one.dataDir)
  t.after(release)
  const created = one
    .iam()
    .send(new CreateRoleCommand({ RoleName: 'late', AssumeRolePolicyDocument: trustPolicy }))
  const find = () => one.iam().send(new GetRoleCommand({ RoleName: 'late' }))
  for (let n = 0; n < 10; n++) await assert.rejects(find(), { name: 'NoSuchEntityException' })
  release()
  await created
  assert.equal((await find()).Role?.RoleName, 'late')
  assert.ok(auditRowsIn(one.dataDir).some(row => row.event === 'CreateRole' && row.decision === 'allowed'))
})

test('when the queue of the log is full, 503 comes at once instead of credentials', async t => {
  const mostWaiting = 2
  const one = await startRolecall({}, undefined, { auditBounds: { ...patient.auditBounds, mostWaiting } })
  const { assume } = await withIssuer(one)
  const before = auditRowsIn(one.dataDir).length
  const release = hold(one.dataDir)
  t.after(release)
  // At most one group is being committed, and one more waits for its turn.
  const atLeastRefused = 10 - 2 * mostWaiting
  const refused = Promise.withResolvers<void>()
  let refusals = 0
  const answers = Promise.all(
    Array.from({ length: 10 }, async () => {
      const answer = await assume()
      if (answer.status === 503 && ++refusals === atLeastRefused) refused.resolve()
      return { status: answer.status, text: await answer.text() }
    }),
  )
  await Promise.race([refused.promise, answers])
  release()
  const settled = await answers
  for (const { status, text } of settled) {
    assert.ok(status === 200 || status === 503)
    assert.equal(keysIn(text) === undefined, status === 503)
  }
  const handedOut = settled.filter(({ status }) => status === 200).length
  assert.ok(handedOut > 0 && handedOut <= 2 * mostWaiting)
  const issued = auditRowsIn(one.dataDir)
    .slice(before)
    .filter(row => row.access_key_id !== null)
  assert.equal(issued.length, handedOut)
})

test('when the log can’t be written, every door answers 503 and none hands anything out', async t => {
  const one = await startDemoRolecall()
  const { google } = one.providers
  const token = await (await fetch(`${google?.issuer}/sample-id-token/ada`)).text()
  const { browser } = await one.signIn('google')
  const exchange = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token.trim(),
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    resource: one.exampleRole,
  }
  const post = (path: string, form: Record<string, string>) =>
    fetch(`${one.url}${path}`, { method: 'POST', body: new URLSearchParams(form) })
  const doors = {
    'the AWS wire': () =>
      post('/', Object.fromEntries(new URLSearchParams(assumeForm(one.exampleRole, token.trim())))),
    'POST /token': () => post('/token', exchange),
    'POST /token for a bearer': () => post('/token', { ...exchange, audience: 'https://api.example' }),
    'the page': () => browser.post(`${one.url}/credentials`, { role: one.exampleRole, duration: '3600' }),
  }
  const knock = async () => {
    const seen: Record<string, [status: number, credentials: boolean]> = {}
    for (const [door, open] of Object.entries(doors)) {
      const answer = await open()
      seen[door] = [answer.status, /ASIA[A-Z2-7]{16}/.test(await answer.text())]
    }
    return seen
  }
  const everywhere = (...seen: [number, boolean]) =>
    Object.fromEntries(Object.keys(doors).map(door => [door, seen]))

  assert.deepEqual(await knock(), everywhere(200, true))
  const before = auditRowsIn(one.dataDir).filter(row => row.decision === 'allowed').length
  const meddler = new DatabaseSync(join(one.dataDir, 'audit.db'))
  t.after(() => meddler.close())
  const fault = (condition: string) =>
    `create trigger fault before insert on audit ${condition} begin select raise(abort, 'disk full'); end`
  meddler.exec(fault(''))
  assert.deepEqual(await knock(), everywhere(503, false))
  meddler.exec('drop trigger fault')
  assert.equal(auditRowsIn(one.dataDir).filter(row => row.decision === 'allowed').length, before)
  assert.deepEqual(await knock(), everywhere(200, true))

  // The bearer token has a row of its own, and waits for it though that of the credentials is there.
  meddler.exec(fault("when new.event = 'IssueAccessToken'"))
  assert.deepEqual(await knock(), { ...everywhere(200, true), 'POST /token for a bearer': [503, false] })
})

test('GET /healthz is 503 while the store fails, and 200 again after it', async t => {
  const one = await startRolecall()
  assert.equal(await healthOf(one), 200)
  const meddler = new DatabaseSync(join(one.dataDir, 'rolecall.db'))
  t.after(() => meddler.close())
  meddler.exec('alter table settings rename to elsewhere')
  const answer = await fetch(`${one.url}/healthz`)
  assert.equal(answer.status, 503)
  assert.doesNotMatch(await answer.text(), /settings|SQLITE| {2}at /)
  meddler.exec('alter table elsewhere rename to settings')
  assert.equal(await healthOf(one), 200)
})

test('what can’t hand out credentials is not healthy: /healthz asks the audit log too', async t => {
  const one = await startRolecall()
  assert.equal(await healthOf(one), 200)
  const release = hold(one.dataDir)
  t.after(release)
  assert.equal(await healthOf(one), 503)
  release()
  assert.equal(await healthOf(one), 200)
})

test('the store and the audit log sync every commit, as their own connections say', async () => {
  const folder = temporaryFolder()
  const db = new Kysely<unknown>({ dialect: createSqliteDialect(join(folder, 'store.db')) })
  const { rows } = await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(db)
  await db.destroy()
  const sink = await openSqliteSink({ file: join(folder, 'audit.db') })
  await sink.end()
  const full = 2
  assert.deepEqual([rows[0]?.synchronous, sink.durability], [full, `synchronous = ${full}`])
})

test('thousands of refusals from one address fill a few rows, and every one is counted', async () => {
  const one = await startRolecall()
  const refusals = 3_000
  let left = refusals
  await Promise.all(
    Array.from({ length: 30 }, async () => {
      while (left-- > 0) {
        const answer = await fetch(one.url, {
          method: 'POST',
          body: 'Action=Nonsense',
          headers: { 'content-type': formType },
        })
        assert.equal(answer.status, 400)
        await answer.arrayBuffer()
      }
    }),
  )
  await one.rolecall.close()
  const denied = auditRowsIn(one.dataDir).filter(row => row.decision === 'denied')
  assert.equal(
    denied.reduce((sum, row) => sum + Number(row.count), 0),
    refusals,
  )
  assert.ok(denied.length < refusals / 10, `${denied.length} rows`)
})

test('a data folder belongs to one service at a time, and an open that failed lets go of it', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const open = () => {
    const config = readConfig({ ROLECALL_DATA_DIR: dataDir, ROLECALL_DEMO: 'off' })
    return openRolecall(config, { log: pino({ level: 'silent' }) })
  }
  const first = await open()
  await assert.rejects(open(), /another Rolecall is running on the data folder/)
  await first.close()
  await first.close()
  const accountIdFile = join(dataDir, 'account-id')
  const accountId = readFileSync(accountIdFile)
  writeFileSync(accountIdFile, '')
  await assert.rejects(open(), /account-id does not hold/)
  writeFileSync(accountIdFile, accountId)
  await (await open()).close()
})
