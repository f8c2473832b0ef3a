import pg from 'pg'
import type { DatabaseSession } from './database-engine.ts'
import { dropPostgresUser } from './drop-postgres-user.ts'
import { endSessions } from './end-sessions.ts'
import { inTurn } from './postgres-turns.ts'

type Told = <T>(act: () => Promise<T>) => Promise<T>

/** Users that are made for a time. */
export function postgresUsers(
  client: pg.Client,
  told: Told,
): Pick<DatabaseSession, 'setExpiration' | 'hasUser' | 'shutOut' | 'dropUser'> {
  return {
    setExpiration: (user, expiration) =>
      told(async () => {
        await client.query(
          `alter role ${pg.escapeIdentifier(user)} valid until ${pg.escapeLiteral(expiration)}`,
        )
      }),
    hasUser: user =>
      told(async () => {
        const { rows } = await client.query('select 1 from pg_catalog.pg_roles where rolname = $1', [user])
        return rows.length > 0
      }),
    shutOut: user =>
      told(async () => {
        const name = pg.escapeIdentifier(user)
        // A master who is no superuser ends only what is of a role that they are in.
        await client.query(`grant ${name} to current_user`)
        // First, so that nobody comes back meanwhile.
        await client.query(`alter role ${name} nologin`)
        await endSessions(async () => {
          const { rows } = await client.query(
            'select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where usename = $1',
            [user],
          )
          return rows.length
        })
        await rollBackPrepared(client, user)
      }),
    dropUser: user => told(() => inTurn(client, () => dropPostgresUser(client, user))),
  }
}

/** Transactions that they prepared have no session, and hold what they locked: the role itself, for one. */
async function rollBackPrepared(client: pg.Client, user: string): Promise<void> {
  const { rows } = await client.query(
    'select gid from pg_catalog.pg_prepared_xacts where owner = $1 and database = pg_catalog.current_database()',
    [user],
  )
  if (rows.length === 0) return
  await client.query(`set role ${pg.escapeIdentifier(user)}`)
  for (const { gid } of rows) await client.query(`rollback prepared ${pg.escapeLiteral(String(gid))}`)
  await client.query('reset role')
}
