import { PostgresDialect } from 'kysely'
import pg from 'pg'

/** Milliseconds and counts come as int8, which the driver would hand on as text: none of ours is beyond 2^53. */
const int8 = 20

/** Each bounded: a database that hangs must not hang us. */
export const connectionBounds = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 10_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 15_000,
  application_name: 'rolecall',
}

const mostConnections = 10

export function createPostgresDialect(
  url: string,
  log: { error(context: object, message: string): void },
): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: mostConnections,
    types: {
      getTypeParser: (type, format) => (type === int8 ? Number : pg.types.getTypeParser(type, format)),
    },
    ...connectionBounds,
  })
  // An idle connection that breaks is replaced at its next use; unheard, the event would end the process.
  pool.on('error', error => log.error({ err: error }, 'a connection to the database broke'))
  return new PostgresDialect({ pool })
}
