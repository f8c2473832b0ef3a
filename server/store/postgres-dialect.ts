import { PostgresDialect, type PostgresPool } from 'kysely'
import pg from 'pg'
import { Refusal } from '../base/refusal.ts'

/** Milliseconds and counts come as int8, which the driver would hand on as text: none of ours is beyond 2^53. */
const int8 = 20

/** Each bounded: a database that hangs must not hang us. */
export const connectionBounds = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 10_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 15_000,
  // The server's own bounds say nothing to us when it is the network that hangs.
  query_timeout: 11_000,
  application_name: 'rolecall',
}

const mostConnections = 10

export function createPostgresDialect(
  url: string,
  log: { error(context: object, message: string): void },
  access: 'write' | 'read' = 'write',
): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: mostConnections,
    types: {
      getTypeParser: (type, format) => (type === int8 ? Number : pg.types.getTypeParser(type, format)),
    },
    ...connectionBounds,
    ...(access === 'read' ? { options: '-c default_transaction_read_only=on' } : {}),
  })
  // An idle connection that breaks is replaced at its next use; unheard, the event would end the process.
  pool.on('error', error => log.error({ err: error }, 'a connection to the database broke'))
  // The pool listens to idle connections alone; in use, the query fails, and the event says it a second time.
  pool.on('connect', client => client.on('error', () => undefined))
  return new PostgresDialect({ pool: refusing(pool) })
}

/** Connection exception, insufficient resources, operator intervention, and lock_not_available. */
const passingStates = /^(08|53|57|55P03)/

/**
 * That the database is away is no bug of ours: the caller is told to try again, and a connection that gave trouble
 * is not used again.
 */
function refusing(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect().catch(unavailable)
      let broken = false
      return {
        release: () => client.release(broken),
        query(text: unknown, parameters?: readonly unknown[]): never {
          // Kysely's type has a second form, for cursors, which are not used here.
          return client.query(String(text), [...(parameters ?? [])]).catch(error => {
            if (!isTrouble(error)) throw error
            broken = true
            return unavailable(error)
          }) as never
        },
      }
    },
  }
}

function isTrouble(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return passingStates.test(error.code ?? '')
  return !(error instanceof TypeError)
}

function unavailable(cause: unknown): never {
  throw new Refusal('store.unavailable', { detail: String(cause), cause })
}
