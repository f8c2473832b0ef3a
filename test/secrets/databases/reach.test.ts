/** Whoever writes a secret chooses a host, a user's name and whether TLS is spoken: what they may come by with it. */
import assert from 'node:assert/strict'
import { createServer, type LookupFunction } from 'node:net'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import mysql from 'mysql2'
import pg from 'pg'
import { readConfig } from '../../../server/config.ts'
import { databaseRules } from '../../../server/outbound-rules.ts'
import type { DatabaseSession } from '../../../server/secrets/databases/database-engine.ts'
import type { Login } from '../../../server/secrets/databases/database-secret.ts'
import { isUserName, readDatabaseSecret } from '../../../server/secrets/databases/database-secret.ts'
import { createMysqlEngine } from '../../../server/secrets/databases/mysql-engine.ts'
import { createPostgresEngine } from '../../../server/secrets/databases/postgres-engine.ts'
import { findWay } from '../../../server/secrets/databases/reach.ts'
import { RotationFailure } from '../../../server/secrets/rotation/rotator.ts'
import { databaseKinds } from '../../support/database-kinds.ts'
import { type DatabaseServer, rulesFor } from '../../support/database-server.ts'
import { until } from '../../support/until.ts'

/** Of nobody who breaks anything off: how long it takes is no question here. */
const { signal } = new AbortController()
const production = (more: Record<string, string> = {}) =>
  databaseRules(
    readConfig({
      ROLECALL_PUBLIC_URL: 'https://login.example.com',
      ROLECALL_TRUSTED_PROXIES: '10.0.0.1',
      ...more,
    }),
  )
const to = (host: string, more: Partial<Login> = {}): Login => ({
  host,
  port: 5432,
  username: 'user',
  password: 'secret-word',
  dbname: undefined,
  tls: true,
  ...more,
})

async function assertFails(act: Promise<unknown>, words: RegExp): Promise<void> {
  await assert.rejects(act, (error: unknown) => {
    assert.ok(error instanceof RotationFailure, String(Object(error).stack))
    assert.match(error.message, words)
    assert.doesNotMatch(error.message, /secret-word/)
    return true
  })
}

for (const [story, login, words] of [
  ['the metadata service of a cloud', to('169.254.169.254', { port: 80 }), /not among the databases/],
  ['a machine inside', to('10.0.0.5'), /not among the databases/],
  ['one on the internet', to('db.example.com'), /not among the databases/],
  ['loopback in production', to('127.0.0.1'), /not among the databases/],
  [
    'another port of one that is listed by its port',
    to('listed.test', { port: 22 }),
    /not among the databases/,
  ],
  ['a name without an address', to('nowhere.invalid'), /has no address/],
] as const) {
  test(`${story} is not called`, async () => {
    const rules = production({ ROLECALL_DATABASE_HOSTS: 'listed.test:5432,nowhere.invalid' })
    await assertFails(findWay(login, rules), words)
  })
}

test('what is listed may be called, in plain text only where that is listed too', async () => {
  const rules = production({
    ROLECALL_DATABASE_HOSTS: '10.0.0.5,[fd00::5]:5432,10.0.0.6',
    ROLECALL_DATABASE_PLAINTEXT_HOSTS: '10.0.0.6:5432',
  })
  assert.ok((await findWay(to('10.0.0.5'), rules)).tls)
  assert.ok((await findWay(to('fd00::5'), rules)).tls)
  await assertFails(findWay(to('10.0.0.5', { tls: false }), rules), /plain text/)
  await assertFails(findWay(to('10.0.0.6', { tls: false, port: 5433 }), rules), /plain text/)
  assert.equal((await findWay(to('10.0.0.6', { tls: false }), rules)).tls, undefined)
})

const rules = { engines: ['postgres'], defaultPort: 5432, longestName: 63 }
const good = { engine: 'postgres', host: 'db.test', username: 'user', password: 'secret-word' }

for (const [story, more, words] of [
  ['no object', undefined, /not a JSON object/],
  ['another engine', { engine: 'oracle' }, /"engine"/],
  ['a path to a socket for a host', { host: '/var/run/postgresql' }, /"host"/],
  ['a user before the host', { host: 'x@db.test' }, /"host"/],
  ['an address in octal', { host: '0177.0.0.1' }, /"host"/],
  ['an address in one number', { host: '2130706433' }, /"host"/],
  ['an address in hexadecimal', { host: '0x7f.1' }, /"host"/],
  ['a name of many hosts', { host: 'a.test,b.test' }, /"host"/],
  ['no user', { username: '' }, /"username"/],
  ['a line break in a name', { username: 'a\nb' }, /"username"/],
  ['a name that would be cut', { username: 'x'.repeat(64) }, /"username"/],
  ['more than a name for a database', { dbname: 'app\0options\0-c role=admin' }, /"dbname"/],
  ['a port that is none', { port: '5432; drop' }, /"port"/],
  ['an ssl that is neither', { ssl: 'prefer' }, /"ssl"/],
  ['TLS without a check', { sslmode: 'require' }, /"sslmode"/],
  ['two words about TLS', { ssl: false, sslmode: 'verify-full' }, /contradicts/],
] as const) {
  test(`a secret with ${story} is refused, and nothing of it repeated`, async () => {
    const text = more === undefined ? '["secret-word"]' : JSON.stringify({ ...good, ...more })
    await assertFails((async () => readDatabaseSecret(text, rules, 'AWSCURRENT'))(), words)
  })
}

for (const [more, tls] of [
  [{}, true],
  [{ ssl: 'True' }, true],
  [{ ssl: false }, false],
  [{ ssl: 'false' }, false],
  [{ sslmode: 'disable' }, false],
  [{ sslmode: 'verify-full' }, true],
] as const) {
  test(`${JSON.stringify(more)} means ${tls ? 'TLS' : 'plain text'}`, () => {
    assert.equal(readDatabaseSecret(JSON.stringify({ ...good, ...more }), rules, 'AWSCURRENT').tls, tls)
  })
}

const engines = { postgresql: createPostgresEngine, mysql: createMysqlEngine }

for (const { name, skip, start } of databaseKinds) {
  describe(name, { skip }, async () => {
    if (skip) return
    const server = await start()
    const login = (more: Partial<Login> = {}): Login => ({
      ...to(server.host, { port: server.port, dbname: server.dbname, ...server.admin }),
      ...more,
    })
    const logIn = async (more: Partial<Login> = {}, rules = rulesFor(server), breakOff = signal) => {
      const session = await engines[server.kind](rules).logIn(login(more), breakOff)
      await session?.close()
      return session !== undefined
    }

    test('a certificate of an authority that is named is taken', async () => {
      assert.ok(await logIn())
      assert.ok(await logIn({ host: 'localhost' }))
      assert.ok(!(await logIn({ password: 'wrong' })))
      for (let n = 0; n < 30; n++) assert.ok(!(await logIn({ username: `nobody_${n}` })))
    })

    test('one of an authority that is not is refused, before a password is sent', async () => {
      await assertFails(logIn({}, rulesFor(server, { ca: undefined })), /could not be logged in to/)
    })

    test('one of another name is refused', async () => {
      const lookup: LookupFunction = (_name, _options, callback) =>
        callback(null, [{ address: '127.0.0.1', family: 4 }])
      const named = rulesFor(server, { isListed: () => true, lookup })
      await assertFails(logIn({ host: 'db.example.test' }, named), /could not be logged in to/)
      assert.ok(await logIn({ host: 'localhost' }, named))
    })

    test('a server that does not speak TLS is not spoken to in plain text', async () => {
      const heard: Buffer[] = []
      const plain = createServer(socket => {
        if (server.kind === 'mysql') socket.write(greetingWithoutTls())
        socket.on('error', () => undefined)
        socket.on('data', data => {
          heard.push(data)
          if (server.kind === 'mysql') socket.end()
          else socket.end('N')
        })
      })
      await new Promise<void>(resolve => plain.listen(0, '127.0.0.1', resolve))
      after(() => plain.close())
      const { port } = plain.address() as { port: number }
      await assertFails(logIn({ port }), /could not be logged in to/)
      const { username } = server.admin
      assert.ok(!Buffer.concat(heard).includes(username), 'not even the name was sent')
    })

    test('what hangs is given up, and what is broken off at once', async () => {
      const silent = createServer(socket => void socket.on('error', () => undefined))
      await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
      after(() => silent.close())
      const { port } = silent.address() as { port: number }
      const broken = new AbortController()
      const started = logIn({ port }, rulesFor(server), broken.signal)
      broken.abort()
      await assertFails(started, /could not be logged in to|broken off/)
      await assertFails(logIn({ port }), /could not be logged in to/)
    })

    test('no connection is left open', async () => {
      for (let n = 0; n < 40; n++) await Promise.all([logIn(), logIn({ password: 'wrong' })])
      const [sql, count] = connectionsOf(server)
      await until(async () => Number((await server.query(sql))[0]?.[count]) === 0)
    })

    test('no name of a user is anything else than a name', async () => {
      const engine = engines[server.kind](rulesFor(server))
      /** A session of its own for each name: none lasts longer than half a minute, and all of them together may. */
      const asMaster = async (act: (master: DatabaseSession) => Promise<void>) => {
        const master = await engine.logIn(login(), signal)
        assert.ok(master)
        await act(master).finally(() => master.close())
      }
      await fc.assert(
        fc.asyncProperty(hostileName, async username => {
          fc.pre(isUserName(username, { longestName: 26 }))
          await server.createUser(username, 'first')
          const named = server.kind === 'mysql' ? `${username}@%` : username
          await asMaster(master => master.changePasswordOf(named, 'second-1'))
          assert.ok(await server.logsIn({ username, password: 'second-1' }))
          const session = await engine.logIn(login({ username, password: 'second-1' }), signal)
          const account = (await session?.account()) ?? ''
          await session?.close()
          await asMaster(master => master.changeTwinPassword(account, `${username}_clone`, 'third-1'))
          assert.ok(await server.logsIn({ username: `${username}_clone`, password: 'third-1' }))
          await dropUsers(server, [`${username}_clone`, username])
        }),
        { numRuns: 30, interruptAfterTimeLimit: 60_000 },
      )
      assert.equal((await server.query('select count(*) as n from things'))[0]?.n?.toString(), '0')
    })
  })
}

/** Quotes, backslashes, comments, ends of statements, other people's letters; what the names of statements' parts would be. */
const hostileName = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '`',
        '\\',
        ';',
        '--',
        '/*',
        '*/',
        '@',
        '%',
        ' TO ',
        '$$',
        '#',
        ' ',
        'x',
        '{{',
        '?',
        ':a',
      ),
      fc.constantFrom('ä', '語', '𝄞', '\u00a0', '\u2019'),
      fc.string({ minLength: 1, maxLength: 2 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map(parts => parts.join('').trim())
  .filter(name => name !== '')

async function dropUsers(server: DatabaseServer, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (server.kind === 'mysql') await server.query(`drop user ${mysql.escape(name)}@'%'`)
    else
      await server.query(`drop owned by ${pg.escapeIdentifier(name)}; drop role ${pg.escapeIdentifier(name)}`)
  }
}

function connectionsOf(server: DatabaseServer): [sql: string, column: string] {
  return server.kind === 'mysql'
    ? [
        "select count(*) as n from information_schema.processlist where id <> connection_id() and command <> 'Daemon'",
        'n',
      ]
    : [
        "select count(*) as n from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
        'n',
      ]
}

/** MySQL's first packet, of a server without the capability for TLS. */
function greetingWithoutTls(): Buffer {
  const capabilities = 0xf7ff & ~0x0800
  const body = Buffer.concat([
    Buffer.from([10]),
    Buffer.from('5.5.5-10.11.0-MariaDB\0'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from('12345678\0'),
    Buffer.from([capabilities & 0xff, capabilities >> 8, 45, 2, 0, 0x0f, 0x00, 21]),
    Buffer.alloc(10),
    Buffer.from('123456789012\0'),
    Buffer.from('mysql_native_password\0'),
  ])
  return Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body])
}
