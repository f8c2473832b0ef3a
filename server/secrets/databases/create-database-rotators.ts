import type { Rotator } from '../rotation/rotator.ts'
import type { DatabaseEngine } from './database-engine.ts'
import { createMysqlEngine } from './mysql-engine.ts'
import { createPostgresEngine } from './postgres-engine.ts'
import type { DatabaseRules } from './reach.ts'
import { createAlternatingUsersRotator } from './rotate-alternating-users.ts'
import { createSingleUserRotator } from './rotate-single-user.ts'

/** The rotators that are built in, by the names that `RotateSecret` knows them by. */
export function createDatabaseRotators(
  engines: ReadonlyMap<string, DatabaseEngine>,
): ReadonlyMap<string, Rotator> {
  return new Map(
    [...engines].flatMap(([name, engine]) => [
      [`rolecall-${name}-single-user`, createSingleUserRotator(engine)],
      [`rolecall-${name}-alternating-users`, createAlternatingUsersRotator(engine)],
    ]),
  )
}

/** Every kind of database server that we know. */
export function createDatabaseEngines(rules: DatabaseRules): ReadonlyMap<string, DatabaseEngine> {
  return new Map([
    ['postgresql', createPostgresEngine(rules)],
    ['mysql', createMysqlEngine(rules)],
  ])
}
