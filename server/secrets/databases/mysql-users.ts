import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise'
import type { DatabaseSession } from './database-engine.ts'
import { endSessions } from './end-sessions.ts'

type Told = <T>(act: () => Promise<T>) => Promise<T>

/** Users that are made for a time, whatever hosts they may come from. */
export function mysqlUsers(
  connection: Connection,
  told: Told,
): Pick<DatabaseSession, 'setExpiration' | 'hasUser' | 'shutOut' | 'dropUser'> {
  const columnOf = async (sql: string, user: string) => {
    const query = { sql, rowsAsArray: true }
    const [rows] = await connection.query<RowDataPacket[][]>(query, [user])
    return rows.map(([value]) => String(value))
  }
  const hostsOf = (user: string) => columnOf('select host from mysql.user where user = ?', user)
  const ofEachAccount = async (user: string, write: (account: string) => string) => {
    for (const host of await hostsOf(user)) {
      await connection.query(write(`${mysql.escape(user)}@${mysql.escape(host)}`))
    }
  }
  const endAllOf = (user: string) =>
    endSessions(async () => {
      const ids = await columnOf('select id from information_schema.processlist where user = ?', user)
      for (const id of ids) await kill(connection, id)
      return ids.length
    })
  return {
    // Neither MySQL nor MariaDB lets an account expire at a time of day.
    setExpiration: async () => undefined,
    hasUser: user => told(async () => (await hostsOf(user)).length > 0),
    shutOut: user =>
      told(async () => {
        // First, so that nobody comes back meanwhile.
        await ofEachAccount(user, account => `alter user ${account} account lock`)
        await endAllOf(user)
      }),
    dropUser: user =>
      told(async () => {
        await ofEachAccount(user, account => `drop user ${account}`)
        // Who was let in at the moment when they were locked out.
        await endAllOf(user)
      }),
  }
}

async function kill(connection: Connection, id: string): Promise<void> {
  try {
    await connection.query(`kill connection ${mysql.escape(Number(id))}`)
  } catch (error) {
    // It has ended by itself meanwhile.
    if (Object(error).code !== 'ER_NO_SUCH_THREAD') throw error
  }
}
