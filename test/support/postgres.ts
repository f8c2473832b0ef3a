import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { untilReady } from './until.ts'

/** Where a run's one server is: set by `npm test` for the test files. */
export const serverUrlVariable = 'ROLECALL_TEST_POSTGRES'

export type PostgresServer = { url: string; stop(): Promise<void> }

/** The newest `bin` folder of a server that is installed. */
export function findPostgres(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin')
    .filter(folder => existsSync(join(folder, 'initdb')))
    .sort(
      (a, b) => Number.parseInt(b.split('/')[4] ?? '', 10) - Number.parseInt(a.split('/')[4] ?? '', 10),
    )[0]
}

/** For node:test's `skip`: a reason where there is no server, but never under CI=true, which must fail loudly. */
export const skipWithoutPostgres: string | false =
  process.env[serverUrlVariable] !== undefined || process.env.CI === 'true'
    ? false
    : 'no PostgreSQL server was started'

/** Starts a server of its own in a temporary folder, on loopback, with all its defaults for durability. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
  const identity = postgresUser()
  if (identity !== undefined) chownSync(folder, identity.uid, identity.gid)
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  const options = { ...identity, env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }, cwd: folder }
  execFileSync(
    join(bin, 'initdb'),
    [
      '--pgdata',
      data,
      '--username',
      'rolecall',
      '--auth',
      'trust',
      '--encoding',
      'UTF8',
      '--no-instructions',
    ],
    { ...options, stdio: 'ignore' },
  )
  const port = await freePort()
  const settings = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: folder }
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...options, stdio: 'ignore' },
  )
  // It must not outlive us, however we end, nor write to its folder while that is removed.
  const endNow = () => child.kill('SIGQUIT')
  process.prependOnceListener('exit', endNow)
  const url = `postgres://rolecall@127.0.0.1:${port}/postgres`
  await untilReady(() => runSql(url, 'select 1'), child)
  return {
    url,
    async stop() {
      const ended = new Promise(resolve => child.once('exit', resolve))
      // A fast shutdown: sessions are ended rather than waited for.
      child.kill('SIGINT')
      await ended
      process.off('exit', endNow)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A database of the test's own, gone when the test file is done. Answers its URL. */
export async function createDatabase(): Promise<string> {
  const serverUrl = process.env[serverUrlVariable]
  if (serverUrl === undefined) throw new Error(`${serverUrlVariable} is not set: run the tests by npm test`)
  const name = `test_${randomBytes(8).toString('hex')}`
  await runSql(serverUrl, `create database ${name}`)
  after(() => runSql(serverUrl, `drop database if exists ${name} with (force)`))
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** As if the server were gone, for this one database: connections end, and no other is taken. */
export async function closeDatabase(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1)
  await onServer(`alter database ${name} allow_connections false`)
  await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
}

export async function reopenDatabase(url: string): Promise<void> {
  await onServer(`alter database ${new URL(url).pathname.slice(1)} allow_connections true`)
}

function onServer(sql: string): Promise<Record<string, unknown>[]> {
  return runSql(process.env[serverUrlVariable] ?? '', sql)
}

export async function runSql(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
export function postgresUser(): { uid: number; gid: number } | undefined {
  if (userInfo().uid !== 0) return undefined
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}
