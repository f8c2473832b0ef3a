import { RotationFailure, type Rotator } from '../rotation/rotator.ts'
import type { DatabaseEngine } from './database-engine.ts'
import { isUserName } from './database-secret.ts'
import {
  canLogIn,
  createPending,
  findAt,
  logInAsMaster,
  requireAt,
  requireFitting,
  testPending,
} from './read-desk.ts'

const suffix = '_clone'

/**
 * Two users with the same rights, of whom one is in use: the other's password changes, and then they change places. Who
 * fetched the secret before goes on with the first, whose password stays until the next rotation.
 *
 * @see AWS Secrets Manager User Guide, "Rotation strategy: alternating users"
 */
export function createAlternatingUsersRotator(engine: DatabaseEngine): Rotator {
  return {
    createSecret: desk => createPending(desk, engine, username => requireTwin(username, engine)),
    async setSecret(desk, signal) {
      const current = await requireAt('AWSCURRENT', desk, engine)
      const pending = (await findAt('AWSPENDING', desk, engine)) ?? current
      // It is finished.
      if (pending.username === current.username && pending.password === current.password) return
      requireFitting(pending, current, requireTwin(current.username, engine))
      if (await canLogIn(pending, engine, signal)) return
      // Whoever writes a name into a secret must hold that user's password, or the master would be made to serve them.
      const session = await engine.logIn(current, signal)
      if (session === undefined)
        throw new RotationFailure('the database refuses the user and password at AWSCURRENT')
      const account = await session.account().finally(() => session.close())
      const master = await logInAsMaster(current, desk, engine, signal)
      try {
        await master.changeTwinPassword(account, pending.username, pending.password)
      } finally {
        await master.close()
      }
    },
    testSecret: (desk, signal) => testPending(desk, engine, signal),
    finishSecret: desk => desk.finish(),
  }
}

/** @throws {RotationFailure} when the name would be too long */
function requireTwin(username: string, engine: DatabaseEngine): string {
  if (username.endsWith(suffix) && username !== suffix) return username.slice(0, -suffix.length)
  const twin = `${username}${suffix}`
  if (isUserName(twin, engine)) return twin
  throw new RotationFailure(`the username with ${suffix} would be longer than ${engine.longestName} bytes`)
}
