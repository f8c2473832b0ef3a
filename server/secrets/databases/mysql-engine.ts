import { isIP, type Socket } from 'node:net'
import mysql, { type Connection } from 'mysql2/promise'
import { RotationFailure } from '../rotation/rotator.ts'
import { type DatabaseEngine, type DatabaseSession, Unreachable } from './database-engine.ts'
import type { Login } from './database-secret.ts'
import { createMysqlAccounts } from './mysql-accounts.ts'
import { nativeHash } from './mysql-password.ts'
import { mysqlUsers } from './mysql-users.ts'
import { type DatabaseRules, findWay, type Way } from './reach.ts'
import { connectMs, longestSessionMs, takePlace, untilAborted } from './session-bounds.ts'

/**
 * For a name that nobody has MariaDB asks as some other account would be asked, so that nobody learns who is there: it may
 * be for no password, or for a proof that the driver can't give.
 */
const refused: readonly unknown[] = [
  'ER_ACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'AUTH_SWITCH_PLUGIN_ERROR',
]

export function createMysqlEngine(rules: DatabaseRules): DatabaseEngine {
  return {
    engines: ['mysql', 'mariadb', 'aurora-mysql'],
    defaultPort: 3306,
    // MySQL's; MariaDB has room for 80.
    longestName: 32,
    async logIn(login, signal) {
      const way = await findWay(login, rules)
      requireNamed(login, way)
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(longestSessionMs)])
      const give = await takePlace(bounded)
      const socket = way.openSocket()
      const breakOff = () => void socket.destroy(new Error('broken off'))
      bounded.addEventListener('abort', breakOff, { once: true })
      let connection: Connection | undefined
      const close = async () => {
        bounded.removeEventListener('abort', breakOff)
        await Promise.race([connection?.end().catch(() => undefined), untilAborted(bounded)])
        socket.destroy()
        give()
      }
      try {
        connection = await connect(login, socket, way)
        connection.on('error', () => undefined)
        await connection.query(sessionRules)
        return createSession(connection, close)
      } catch (error) {
        await close()
        if (refused.includes(Object(error).code)) return undefined
        throw failureOf(error, login)
      }
    },
    passwordText: nativeHash,
  }
}

/** What quoting relies on: a backslash escapes, and double quotes are a text's. And a name is shown in backquotes. */
const sessionRules = "set session sql_mode = 'STRICT_ALL_TABLES', sql_quote_show_create = 1"

/** The driver checks a certificate by name alone. */
function requireNamed({ host }: Login, { tls }: Way): void {
  if (tls === undefined || isIP(host) === 0 || host === '::1' || host.startsWith('127.')) return
  throw new RotationFailure('the host is an address, expected its name, by which its certificate is checked')
}

async function connect(
  { host, port, username, password, dbname }: Login,
  socket: Socket,
  { tls }: Way,
): Promise<Connection> {
  return mysql.createConnection({
    host,
    port,
    user: username,
    password,
    ...(dbname === undefined ? {} : { database: dbname }),
    stream: () => socket.connect(port, host),
    ...(tls === undefined ? {} : { ssl: { ...tls, verifyIdentity: true } }),
    connectTimeout: connectMs,
    charset: 'utf8mb4',
    // A server that is not what it should be could ask for any file of ours.
    flags: ['-LOCAL_FILES'],
  })
}

function createSession(connection: Connection, close: () => Promise<void>): DatabaseSession {
  const accounts = createMysqlAccounts(connection)
  const told = <T>(act: () => Promise<T>) => act().catch(error => Promise.reject(wordsOf(error)))
  return {
    changeOwnPassword: password => told(() => accounts.changeOwnPassword(password)),
    changePasswordOf: (account, password) => told(() => accounts.changePasswordOf(account, password)),
    changeTwinPassword: (using, twin, password) => told(() => accounts.changeTwin(using, twin, password)),
    account: () => told(accounts.whoAmI),
    mayChangeOwnPassword: () => told(accounts.isMariaDb),
    async run(statements) {
      for (const statement of statements) await told(() => connection.query(statement))
    },
    ...mysqlUsers(connection, told),
    close,
  }
}

/** The driver's errors hold the whole statement: only the server's name for what happened is told. */
function wordsOf(error: unknown): RotationFailure {
  if (error instanceof RotationFailure) return error
  const { code } = Object(error)
  return new RotationFailure(`the database did not do it (${typeof code === 'string' ? code : 'no answer'})`)
}

function failureOf(error: unknown, { host, port }: Login): Unreachable {
  const { code } = Object(error)
  const why = typeof code === 'string' ? code : 'no answer, or one that was not understood'
  return new Unreachable(`${host}:${port} could not be logged in to (${why})`)
}
