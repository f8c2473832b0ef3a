import { skipWithoutMariaDb, startMariaDb } from './mariadb.ts'
import { skipWithoutPostgresHere, startPostgresWithTls } from './postgres-with-tls.ts'

/** Every kind of server whose passwords we change: what holds of one must hold of all. */
export const databaseKinds = [
  { name: 'PostgreSQL', skip: skipWithoutPostgresHere, start: startPostgresWithTls },
  { name: 'MariaDB', skip: skipWithoutMariaDb, start: startMariaDb },
] as const
