import type { Rotator } from '../rotation/rotator.ts'
import { createMysqlEngine } from './mysql-engine.ts'
import { createPostgresEngine } from './postgres-engine.ts'
import type { DatabaseRules } from './reach.ts'
import { createAlternatingUsersRotator } from './rotate-alternating-users.ts'
import { createSingleUserRotator } from './rotate-single-user.ts'

/** The rotators that are built in, by the names that `RotateSecret` knows them by. */
export function createDatabaseRotators(rules: DatabaseRules): ReadonlyMap<string, Rotator> {
  const engines = { postgresql: createPostgresEngine(rules), mysql: createMysqlEngine(rules) }
  return new Map(
    Object.entries(engines).flatMap(([name, engine]) => [
      [`rolecall-${name}-single-user`, createSingleUserRotator(engine)],
      [`rolecall-${name}-alternating-users`, createAlternatingUsersRotator(engine)],
    ]),
  )
}
