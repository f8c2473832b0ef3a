import { readFileSync } from 'node:fs'
import {
  createDatabaseEngines,
  createDatabaseRotators,
} from '../../server/secrets/databases/create-database-rotators.ts'
import type { DatabaseSession } from '../../server/secrets/databases/database-engine.ts'
import type { DatabaseRules } from '../../server/secrets/databases/reach.ts'

/** A database server for the tests of rotation: with TLS, and a user who may do everything. */
export type DatabaseServer = {
  kind: 'postgresql' | 'mysql'
  engine: string
  host: string
  port: number
  caFile: string
  admin: { username: string; password: string }
  dbname: string
  /** As the administrator, or as somebody else. */
  query(sql: string, as?: { username: string; password: string }): Promise<Record<string, unknown>[]>
  /** Whether a user and password are taken. */
  logsIn(as: { username: string; password: string }): Promise<boolean>
  /** A user with a password who may read the table `things`, which is there. */
  createUser(username: string, password: string): Promise<void>
  /** All statements that the server has seen since it started. */
  seen(): string
  stop(): Promise<void>
}

/** Lets the servers on loopback be reached, and no others. */
export function rulesFor(
  server: Pick<DatabaseServer, 'caFile'>,
  more: Partial<DatabaseRules> = {},
): DatabaseRules {
  return {
    isListed: () => false,
    isListedPlain: () => false,
    allowLoopback: true,
    ca: readFileSync(server.caFile, 'utf8'),
    ...more,
  }
}

/** @param around stands before what a session does */
export function rotatorOf(
  server: DatabaseServer,
  strategy: 'single-user' | 'alternating-users',
  more = {},
  around = (session: DatabaseSession) => session,
) {
  const watched = [...createDatabaseEngines(rulesFor(server, more))].map(([name, engine]) => {
    const logIn: typeof engine.logIn = async (login, signal) => {
      const session = await engine.logIn(login, signal)
      return session && around(session)
    }
    return [name, { ...engine, logIn }] as const
  })
  const rotator = createDatabaseRotators(new Map(watched)).get(`rolecall-${server.kind}-${strategy}`)
  if (rotator === undefined) throw new Error('there is no such rotator')
  return rotator
}

/** A secret's JSON, as AWS has it. */
export function secretOf(
  { engine, host, port, dbname }: DatabaseServer,
  user: { username: string; password: string },
  more: object = {},
): string {
  return JSON.stringify({ engine, host, port, dbname, ...user, ...more })
}
