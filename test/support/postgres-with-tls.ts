import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import pg from 'pg'
import type { DatabaseServer } from './database-server.ts'
import { freePort } from './free-port.ts'
import { findPostgres, postgresUser } from './postgres.ts'
import { makeCertificate } from './server-certificate.ts'
import { endChild, untilReady } from './until.ts'

/** For node:test's `skip`: a reason where there is no server, but never under CI=true, which must fail loudly. */
export const skipWithoutPostgresHere: string | false =
  findPostgres() !== undefined || process.env.CI === 'true' ? false : 'no PostgreSQL server is installed'

/**
 * PostgreSQL of the test file's own, on loopback: passwords are asked for by SCRAM-SHA-256, TLS alone is let in, and
 * each statement is written down.
 */
export async function startPostgresWithTls(): Promise<DatabaseServer> {
  let child: ChildProcess | undefined
  const stop = () => endChild(child, 'SIGQUIT')
  const folder = mkdtempSync(join(tmpdir(), 'postgres-tls-'))
  after(async () => {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const bin = findPostgres() ?? ''
  const identity = postgresUser()
  const admin = { username: 'admin', password: randomBytes(12).toString('base64url') }
  const files = writeFiles(folder, admin.password)
  if (identity !== undefined) {
    for (const file of [folder, ...Object.values(files)]) chownSync(file, identity.uid, identity.gid)
  }
  const options = { ...identity, env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }, cwd: folder }
  const data = join(folder, 'data')
  execFileSync(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      admin.username,
      '--pwfile',
      files.passwordFile,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '-N',
    ],
    { ...options, stdio: 'ignore' },
  )
  writeFileSync(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n')
  const port = await freePort()
  const log = join(folder, 'log')
  appendFileSync(join(data, 'postgresql.conf'), configuration(folder, port, files))
  child = spawn(join(bin, 'postgres'), ['-D', data], { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  child.stderr?.on('data', chunk => appendFileSync(log, chunk))
  const endNow = () => child?.kill('SIGQUIT')
  process.prependOnceListener('exit', endNow)
  const server = describe(port, files.caFile, admin, log, stop)
  await untilReady(() => server.query('select 1'), child)
  await server.query('create table things (name text)')
  return server
}

function writeFiles(folder: string, password: string) {
  const { key, cert } = makeCertificate()
  const at = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  chmodSync(folder, 0o700)
  return {
    keyFile: at('key.pem', key),
    caFile: at('certificate.pem', cert),
    passwordFile: at('password', password),
  }
}

function configuration(folder: string, port: number, files: ReturnType<typeof writeFiles>): string {
  return `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${folder}'
ssl = on
ssl_cert_file = '${files.caFile}'
ssl_key_file = '${files.keyFile}'
log_statement = 'all'
max_connections = 200
max_prepared_transactions = 5
fsync = off
`
}

function describe(
  port: number,
  caFile: string,
  admin: DatabaseServer['admin'],
  log: string,
  stop: () => Promise<void>,
): DatabaseServer {
  const ca = readFileSync(caFile)
  const query: DatabaseServer['query'] = async (sql, { username, password } = admin) => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: username,
      password,
      database: 'postgres',
      ssl: { ca },
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  return {
    kind: 'postgresql',
    engine: 'postgres',
    host: '127.0.0.1',
    port,
    caFile,
    admin,
    dbname: 'postgres',
    query,
    async logsIn(as) {
      try {
        await query('select count(*) from things', as)
        return true
      } catch (error) {
        if (Object(error).code === '28P01') return false
        throw error
      }
    },
    async createUser(username, password) {
      const name = pg.escapeIdentifier(username)
      await query(`create role ${name} login password ${pg.escapeLiteral(password)}`)
      await query(`grant select on things to ${name}`)
    },
    seen: () => readFileSync(log, 'utf8'),
    stop,
  }
}
