import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { startIssuer } from './support/issuer.ts'
import {
  assumeForm,
  auditRowsIn,
  keysIn,
  rootKeysIn,
  startRolecallProcess,
} from './support/rolecall-process.ts'
import { runProcess, startProcess } from './support/start-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const folder = temporaryFolder()
let folders = 0
const newDataDir = () => join(folder, `data-${folders++}`)
const noDemo = { ROLECALL_DEMO: 'off' }
const main = 'server/main.ts'
/** A start that must fail; one that works is ended, and has no code. */
const runToItsEnd = (env: Record<string, string>) =>
  runProcess(main, { env: { PORT: '0', ...env }, until: /^Rolecall is ready/ })

describe('a first start with nothing configured', () => {
  const dataDir = newDataDir()
  const keyFiles = ['account-id', 'master-key', 'root-access-key']
  const contentsOf = () => keyFiles.map(file => readFileSync(join(dataDir, file), 'utf8'))
  const modeOf = (path: string) => statSync(path).mode & 0o777
  const first = startRolecallProcess(dataDir, { ROLECALL_LOG_LEVEL: 'trace' })

  test('is ready on an embedded store, and its root access key is good', async () => {
    const rolecall = await first
    assert.equal((await fetch(`${rolecall.url}/healthz`)).status, 200)
    assert.equal(await rolecall.whoAmI(), `arn:aws:iam::${rolecall.accountId}:root`)
  })

  test('closes the data folder and every file in it to everybody else', async () => {
    await first
    assert.equal(modeOf(dataDir), 0o700)
    const files = readdirSync(dataDir)
    for (const file of [...keyFiles, 'rolecall.db', 'audit.db', 'audit.db-wal', 'demo-ports.json']) {
      assert.ok(files.includes(file), `${file} is there`)
    }
    for (const file of files) assert.equal(modeOf(join(dataDir, file)), 0o600, file)
  })

  test('keeps what it made over a restart', async () => {
    const rolecall = await first
    const made = contentsOf()
    assert.equal(await rolecall.stop(), 0)
    const second = await startRolecallProcess(dataDir)
    assert.deepEqual(contentsOf(), made)
    assert.equal(second.accountId, rolecall.accountId)
    await second.stop()
  })

  test('says where the root access key lies, and prints no secret even when it logs everything', async () => {
    const printed = (await first).output()
    assert.ok(printed.includes(join(dataDir, 'root-access-key')))
    const secrets = [
      rootKeysIn(dataDir).secretAccessKey,
      readFileSync(join(dataDir, 'master-key'), 'utf8').trim(),
    ]
    for (const secret of secrets) {
      assert.ok(secret.length >= 40)
      assert.ok(!printed.includes(secret))
    }
  })
})

describe('a configuration that is wrong ends with 2 before anything is made', { concurrency: 2 }, () => {
  const production = {
    NODE_ENV: 'production',
    ROLECALL_PUBLIC_URL: 'https://login.example.com',
    ROLECALL_TRUSTED_PROXIES: '10.0.0.7',
  }
  for (const [story, env, ...names] of [
    [
      'several mistakes at once',
      { PORT: '80a', ROLECALL_ACCOUNT_ID: '1', GOOGLE_CLIENT_ID: 'client', ROLECALL_DATADIR: '/x' },
      'PORT',
      'ROLECALL_ACCOUNT_ID',
      'GOOGLE_CLIENT_SECRET',
      'ROLECALL_DATADIR',
    ],
    ['the demo asked for in production', { ...production, ROLECALL_DEMO: 'on' }, 'ROLECALL_DEMO'],
    ['the demo asked for beyond loopback', { HOST: '0.0.0.0', ROLECALL_DEMO: 'on' }, 'ROLECALL_DEMO'],
  ] as const) {
    test(`${story}: each is named`, async () => {
      const dataDir = newDataDir()
      const { code, output } = await runToItsEnd({ ROLECALL_DATA_DIR: dataDir, ...env })
      assert.equal(code, 2)
      const [headline, ...problems] = output.split('\n')
      assert.equal(headline, "Rolecall can't start with this configuration:")
      assert.deepEqual(problems.map(line => /^ {2}(\w+): /.exec(line)?.[1]).sort(), names.toSorted())
      assert.ok(!existsSync(dataDir))
    })
  }
})

describe('what keeps it from starting is said in one plain sentence', { concurrency: 2 }, () => {
  async function refusalOf(env: Record<string, string>): Promise<string> {
    const { code, output } = await runToItsEnd({ ...noDemo, ...env })
    assert.equal(code, 1, output)
    assert.match(output, /^Rolecall can't start: [^\n]+$/)
    return output
  }

  test('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    after(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const sentence = await refusalOf({ PORT: String(port), ROLECALL_DATA_DIR: newDataDir() })
    assert.match(sentence, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`))
  })

  test('an address that is another machine’s', async () => {
    assert.match(await refusalOf({ HOST: '192.0.2.1', ROLECALL_DATA_DIR: newDataDir() }), /HOST/)
  })

  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  for (const [story, dataDir] of [
    ['below a file', join(file, 'data')],
    ['that is a file itself', file],
    ['on a file system that takes none', '/sys/rolecall'],
  ] as const) {
    test(`a data folder ${story}`, async () => {
      const sentence = await refusalOf({ ROLECALL_DATA_DIR: dataDir })
      assert.ok(sentence.includes(`the data folder ${dataDir} can't be used`), sentence)
    })
  }

  for (const [name, content] of [
    ['master-key', 'c2hvcnQ='],
    ['account-id', ''],
    ['root-access-key', '[rolecall-root]\n'],
    ['rolecall.db', 'no database at all, but long enough to be read as one'.repeat(20)],
    ['audit.db', 'no database at all, but long enough to be read as one'.repeat(20)],
  ] as const) {
    test(`a damaged ${name}, which is left as it is`, async () => {
      const dataDir = newDataDir()
      mkdirSync(dataDir)
      writeFileSync(join(dataDir, name), content)
      assert.ok((await refusalOf({ ROLECALL_DATA_DIR: dataDir })).includes(dataDir))
      assert.equal(readFileSync(join(dataDir, name), 'utf8'), content)
    })
  }

  for (const host of ['127.0.0.1', 'localhost']) {
    test(`a database at ${host} that does not answer, by the setting that names it`, async () => {
      const sentence = await refusalOf({
        ROLECALL_DATA_DIR: newDataDir(),
        DATABASE_URL: `postgres://rolecall:the-password@${host}:1/rolecall`,
        ROLECALL_MASTER_KEY: randomBytes(32).toString('base64'),
      })
      assert.match(
        sentence,
        /: the database of DATABASE_URL can't be used: connect ECONNREFUSED (127\.0\.0\.1|::1):1/,
      )
      assert.ok(!sentence.includes('the-password'))
    })
  }

  test('a master key that is not the store’s own, with where that one is', async () => {
    const dataDir = newDataDir()
    const first = await startRolecallProcess(dataDir, noDemo)
    await first.stop()
    const ROLECALL_MASTER_KEY = randomBytes(32).toString('base64')
    const sentence = await refusalOf({ ROLECALL_DATA_DIR: dataDir, ROLECALL_MASTER_KEY })
    assert.match(sentence, /under another master key.*the file master-key in the data folder/)
    const ROLECALL_MASTER_KEY_PREVIOUS_FILE = join(dataDir, 'master-key')
    const moved = { ...noDemo, ROLECALL_MASTER_KEY, ROLECALL_MASTER_KEY_PREVIOUS_FILE }
    assert.equal(await (await startRolecallProcess(dataDir, moved)).stop(), 0)
  })

  test('a data folder that another Rolecall runs on, until that one is gone, however it goes', async () => {
    const dataDir = newDataDir()
    const first = await startRolecallProcess(dataDir, noDemo)
    const sentence = await refusalOf({ ROLECALL_DATA_DIR: dataDir })
    assert.match(sentence, /another Rolecall is running on the data folder/)
    assert.equal((await fetch(`${first.url}/healthz`)).status, 200, 'the first one is none the worse')
    await first.stop('SIGKILL')
    const second = await startRolecallProcess(dataDir, noDemo)
    assert.equal(await second.stop(), 0)
  })

  test('a stack for the curious is in the log when it is asked for', async () => {
    const { output } = await runToItsEnd({ ROLECALL_DATA_DIR: file, ROLECALL_LOG_LEVEL: 'debug', ...noDemo })
    assert.match(output, /"stack":/)
  })
})

test('a key file whose making was broken off is made anew, whole', async () => {
  const dataDir = newDataDir()
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'master-key.new'), 'half')
  const rolecall = await startRolecallProcess(dataDir, noDemo)
  assert.equal(Buffer.from(readFileSync(join(dataDir, 'master-key'), 'utf8'), 'base64').length, 32)
  await rolecall.stop()
})

test('it listens while it starts, and answers 503 until it is ready', async () => {
  const dataDir = newDataDir()
  mkdirSync(dataDir)
  const port = await freePort()
  // Somebody else's lock holds the start up at the one place where it waits.
  const holder = new DatabaseSync(join(dataDir, 'audit.db'))
  holder.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE')
  const starting = startProcess(main, {
    env: { PORT: String(port), ROLECALL_DATA_DIR: dataDir, ...noDemo },
    ready: /is ready/,
  })
  after(async () => (await starting).stop('SIGKILL'))
  const healthz = (): Promise<Response> => fetch(`http://127.0.0.1:${port}/healthz`).catch(() => healthz())
  assert.equal((await healthz()).status, 503)
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 503)
  holder.exec('ROLLBACK')
  holder.close()
  const rolecall = await starting
  assert.equal((await healthz()).status, 200)
  assert.equal(await rolecall.stop(), 0)
})

test('SIGTERM finishes what is in flight, refuses what is new, and flushes the audit log', async () => {
  const dataDir = newDataDir()
  const issuer = await startIssuer()
  after(() => issuer.close())
  const rolecall = await startRolecallProcess(dataDir, noDemo)
  const form = assumeForm(await rolecall.trust(issuer, 'worker'), issuer.sign())
  const refused = 60
  for (let n = 0; n < refused; n++) {
    assert.equal(
      (await fetch(rolecall.url, { method: 'POST', body: new URLSearchParams('Action=X') })).status,
      400,
    )
  }

  const inFlight = connect(rolecall.port, '127.0.0.1')
  inFlight.write(
    `POST / HTTP/1.1\r\nHost: localhost:${rolecall.port}\r\nContent-Length: ${form.length}\r\n` +
      'Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n',
  )
  assert.match(String(await once(inFlight, 'data')), /100 Continue/)
  rolecall.child.kill('SIGTERM')
  await refusesConnections(rolecall.port)
  rolecall.child.kill('SIGTERM')
  const [answer] = await Promise.all([allOf(inFlight), inFlight.write(form)])

  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.match(answer, /^connection: close\r$/im)
  assert.equal(await rolecall.stop(), 0)
  assert.ok(!existsSync(join(dataDir, 'audit.db-wal')), 'the file alone is the whole log')
  const rows = auditRowsIn(dataDir)
  assert.ok(rows.some(row => row.access_key_id === keysIn(answer)?.accessKeyId))
  const counted = rows.filter(row => row.decision === 'denied').map(row => Number(row.count))
  assert.equal(
    counted.reduce((sum, count) => sum + count, 0),
    refused,
  )
  assert.ok(counted.length < refused, 'some of them were folded, and waited for the end')
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Knocks until nobody opens. */
async function refusesConnections(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const refused = await new Promise(resolve => {
    socket.once('connect', () => resolve(false))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'))
  })
  socket.destroy()
  return refused ? undefined : refusesConnections(port)
}

async function allOf(socket: Socket): Promise<string> {
  return Buffer.concat(await socket.toArray()).toString()
}
