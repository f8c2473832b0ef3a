import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import mysql, { type RowDataPacket } from 'mysql2/promise'
import type { DatabaseServer } from './database-server.ts'
import { freePort } from './free-port.ts'
import { writeServerCertificate } from './server-certificate.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { endChild, untilReady } from './until.ts'

const program = '/usr/sbin/mariadbd'
const install = '/usr/bin/mariadb-install-db'

export function findMariaDb(): string | undefined {
  return [program, install, '/usr/bin/setpriv'].every(path => existsSync(path)) ? program : undefined
}

/** For node:test's `skip`: a reason where there is no server, but never under CI=true, which must fail loudly. */
export const skipWithoutMariaDb: string | false =
  findMariaDb() !== undefined || process.env.CI === 'true' ? false : 'mariadb-server is not installed'

/**
 * MariaDB in a temporary folder, on loopback, with TLS, writing down each statement, until the test file ends. Not in a
 * `before`: what is begun there ends there.
 */
export async function startMariaDb(): Promise<DatabaseServer> {
  let child: ChildProcess | undefined
  const stop = () => endChild(child, 'SIGKILL')
  // Before its folder goes.
  after(stop)
  const folder = temporaryFolder()
  chmodSync(folder, 0o700)
  const { keyFile, caFile } = writeServerCertificate(join(folder, 'tls'), '127.0.0.1')
  const [data, log, init] = [join(folder, 'data'), join(folder, 'general.log'), join(folder, 'init.sql')]
  const admin = { username: 'admin', password: randomBytes(12).toString('base64url') }
  writeFileSync(
    init,
    [
      `create or replace user 'admin'@'%' identified by '${admin.password}'`,
      `grant all on *.* to 'admin'@'%' with grant option`,
      'create database if not exists app',
      'create table if not exists app.things (name varchar(50))',
    ]
      .map(line => `${line};\n`)
      .join(''),
    { mode: 0o600 },
  )
  const user = userInfo().username
  installInto(data, user)
  const port = await freePort()
  const options = {
    datadir: data,
    socket: join(folder, 'socket'),
    port,
    'bind-address': '127.0.0.1',
    'ssl-cert': caFile,
    'ssl-key': keyFile,
    'init-file': init,
    'general-log': 1,
    'general-log-file': log,
    'pid-file': join(folder, 'pid'),
    // Whether it outlives a power cut is not our question.
    'innodb-flush-log-at-trx-commit': 0,
    'max-connections': 300,
    ...withoutShared,
    user,
  }
  // It ends with us, however we end.
  child = spawn(
    '/usr/bin/setpriv',
    [
      '--pdeathsig',
      'KILL',
      program,
      '--no-defaults',
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    ],
    { stdio: 'ignore' },
  )
  const server = describe(port, caFile, admin, log, stop)
  await untilReady(() => server.query('select 1 from app.things'), child)
  return server
}

/** The kernel bounds these over all processes together: beside other servers there may be none left. */
const withoutShared = { 'innodb-use-native-aio': 0 }

/** Begun anew where it fails: on a machine that is full it does now and then, and says nothing of why but this. */
function installInto(data: string, user: string, triesLeft = 3): void {
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data)
  const options = [
    '--no-defaults',
    `--datadir=${data}`,
    `--user=${user}`,
    '--auth-root-authentication-method=socket',
    '--skip-test-db',
    '--skip-name-resolve',
    ...Object.entries(withoutShared).map(([name, value]) => `--${name}=${value}`),
  ]
  const { status, stdout, stderr } = spawnSync(install, options, { encoding: 'utf8' })
  if (status === 0) return
  if (triesLeft === 1) throw new Error(`MariaDB was not installed: ${stdout}${stderr}`)
  installInto(data, user, triesLeft - 1)
}

function describe(
  port: number,
  caFile: string,
  admin: DatabaseServer['admin'],
  log: string,
  stop: () => Promise<void>,
): DatabaseServer {
  const query: DatabaseServer['query'] = async (sql, { username, password } = admin) => {
    const connection = await mysql.createConnection({
      host: '127.0.0.1',
      port,
      user: username,
      password,
      database: 'app',
      ssl: { ca: readFileSync(caFile) },
    })
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql)
      return Array.isArray(rows) ? rows : []
    } finally {
      await connection.end()
    }
  }
  return {
    kind: 'mysql',
    engine: 'mariadb',
    host: '127.0.0.1',
    port,
    caFile,
    admin,
    dbname: 'app',
    query,
    async logsIn(as) {
      try {
        await query('select count(*) from things', as)
        return true
      } catch (error) {
        // The second is what a name that nobody has is now and then told.
        if (/^ER_ACCESS_DENIED(?:_NO_PASSWORD)?_ERROR$/.test(Object(error).code)) return false
        throw error
      }
    },
    async createUser(username, password) {
      const account = `${mysql.escape(username)}@'%'`
      await query(`create user ${account} identified by ${mysql.escape(password)}`)
      await query(`grant select on app.things to ${account}`)
    },
    seen: () => readFileSync(log, 'utf8'),
    stop,
  }
}
