import type { DatabaseServer } from './database-server.ts'
import { until } from './until.ts'

/** How a user who may read the table `things` is made at a server. */
export function readerOf(server: DatabaseServer): string[] {
  return server.kind === 'postgresql'
    ? [
        `create role "{{name}}" login password '{{password}}' valid until '{{expiration}}'`,
        `grant select on things to "{{name}}"`,
      ]
    : [
        `create user '{{name}}'@'%' identified via mysql_native_password using '{{password}}'`,
        `grant select on app.things to '{{name}}'@'%'`,
      ]
}

/** Until a session of such a user has begun a statement. */
export async function untilBusy(server: DatabaseServer, username: string): Promise<void> {
  const sql =
    server.kind === 'postgresql'
      ? `select 1 from pg_stat_activity where usename = '${username}' and state = 'active'`
      : `select 1 from information_schema.processlist where user = '${username}' and command = 'Query'`
  await until(async () => (await server.query(sql)).length > 0)
}

/** The names of the users who were made for a time and are there. */
export async function leasedUsers(server: DatabaseServer): Promise<string[]> {
  const sql =
    server.kind === 'postgresql'
      ? `select rolname as name from pg_roles where rolname like 'rc\\_%'`
      : `select user as name from mysql.user where user like 'rc\\_%'`
  return (await server.query(sql)).map(({ name }) => String(name))
}
