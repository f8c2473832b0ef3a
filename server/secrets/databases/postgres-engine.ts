import type { Socket } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import pg from 'pg'
import { RotationFailure } from '../rotation/rotator.ts'
import { type DatabaseEngine, type DatabaseSession, Unreachable } from './database-engine.ts'
import type { Login } from './database-secret.ts'
import { inTurn } from './postgres-turns.ts'
import { changePostgresTwin } from './postgres-twin.ts'
import { postgresUsers } from './postgres-users.ts'
import { type DatabaseRules, findWay, type Way } from './reach.ts'
import { scramVerifier } from './scram-verifier.ts'
import { connectMs, longestSessionMs, statementMs, takePlace, untilAborted } from './session-bounds.ts'

/** SQLSTATE invalid_authorization_specification and invalid_password. */
const refused: readonly unknown[] = ['28000', '28P01']

export function createPostgresEngine(rules: DatabaseRules): DatabaseEngine {
  return {
    engines: ['postgres', 'postgresql', 'aurora-postgresql'],
    defaultPort: 5432,
    // NAMEDATALEN: PostgreSQL cuts what is longer, and it might then be somebody else's name.
    longestName: 63,
    async logIn(login, signal) {
      const way = await findWay(login, rules)
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(longestSessionMs)])
      const give = await takePlace(bounded)
      const socket = way.openSocket()
      const breakOff = () => void socket.destroy(new Error('broken off'))
      bounded.addEventListener('abort', breakOff, { once: true })
      const client = createClient(login, () => socket, way.tls)
      const close = async () => {
        bounded.removeEventListener('abort', breakOff)
        await Promise.race([client.end().catch(() => undefined), untilAborted(bounded)])
        socket.destroy()
        give()
      }
      // Without a listener, a connection that breaks later would end the process.
      client.on('error', () => undefined)
      try {
        await client.connect()
        return createSession(client, login.username, close)
      } catch (error) {
        await close()
        if (refused.includes(Object(error).code)) return undefined
        throw failureOf(error, login)
      }
    },
    passwordText: password => scramVerifier(password),
  }
}

function createClient(
  { host, port, username, password, dbname }: Login,
  stream: () => Socket,
  tls: Way['tls'],
): pg.Client {
  return new pg.Client({
    host,
    port,
    user: username,
    password,
    database: dbname ?? 'postgres',
    stream,
    ssl:
      tls === undefined
        ? false
        : { ...tls, checkServerIdentity: (_, peer) => checkServerIdentity(host, peer) },
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: statementMs + 1_000,
    application_name: 'rolecall',
  })
}

function createSession(client: pg.Client, username: string, close: () => Promise<void>): DatabaseSession {
  const change = (account: string, password: string) =>
    client.query(
      `alter role ${pg.escapeIdentifier(account)} password ${pg.escapeLiteral(scramVerifier(password))}`,
    )
  return {
    changeOwnPassword: async password => void (await told(() => change(username, password))),
    changePasswordOf: async (account, password) => void (await told(() => change(account, password))),
    changeTwinPassword: (using, twin, password) =>
      told(() => changePostgresTwin(client, using, twin, password)),
    account: async () => username,
    mayChangeOwnPassword: async () => true,
    run: statements =>
      told(() =>
        inTurn(client, async () => {
          for (const statement of statements) await client.query(statement)
        }),
      ),
    ...postgresUsers(client, told),
    close,
  }
}

/** A server's own words may repeat a statement: only its code is told. */
async function told<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof RotationFailure) throw error
    const { code } = Object(error)
    throw new RotationFailure(
      code === '42501'
        ? 'the database says that its user may not do that (SQLSTATE 42501)'
        : `the database did not do it (${typeof code === 'string' ? `SQLSTATE ${code}` : 'no answer'})`,
    )
  }
}

function failureOf(error: unknown, { host, port }: Login): Unreachable {
  const { code } = Object(error)
  const why = typeof code === 'string' ? code : 'no answer, or one that was not understood'
  return new Unreachable(`${host}:${port} could not be logged in to (${why})`)
}
