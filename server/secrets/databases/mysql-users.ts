import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise'
import type { DatabaseSession } from './database-engine.ts'

type Told = <T>(act: () => Promise<T>) => Promise<T>

/** Users that are made for a time, whatever hosts they may come from. */
export function mysqlUsers(
  connection: Connection,
  told: Told,
): Pick<DatabaseSession, 'setExpiration' | 'hasUser' | 'endSessionsOf' | 'dropUser'> {
  const columnOf = (sql: string, values: string[]) =>
    told(async () => {
      const query = { sql, rowsAsArray: true }
      const [rows] = await connection.query<RowDataPacket[][]>(query, values)
      return rows.map(([value]) => String(value))
    })
  const hostsOf = (user: string) => columnOf('select host from mysql.user where user = ?', [user])
  return {
    // Neither MySQL nor MariaDB lets an account expire at a time of day.
    setExpiration: async () => undefined,
    hasUser: async user => (await hostsOf(user)).length > 0,
    async endSessionsOf(user) {
      const ids = await columnOf('select id from information_schema.processlist where user = ?', [user])
      for (const id of ids) {
        // It may have ended by itself meanwhile.
        await connection.query(`kill connection ${mysql.escape(Number(id))}`).catch(() => undefined)
      }
    },
    dropUser: user =>
      told(async () => {
        for (const host of await hostsOf(user)) {
          await connection.query(`drop user ${mysql.escape(user)}@${mysql.escape(host)}`)
        }
      }),
  }
}
