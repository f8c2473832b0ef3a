import { type RotationDesk, RotationFailure, type Rotator } from '../rotation/rotator.ts'
import type { DatabaseEngine, DatabaseSession } from './database-engine.ts'
import type { DatabaseSecret } from './database-secret.ts'
import {
  canLogIn,
  createPending,
  findAt,
  logInAsMaster,
  requireAt,
  requireFitting,
  testPending,
} from './read-desk.ts'

/**
 * One user, whose password changes. The database knows one password at a time, so that between its change and that of
 * the secret nobody who logs in with AWSCURRENT gets in. `setSecret` therefore does both, one right after the other,
 * rather than leave the second to `finishSecret`: when the steps in between fail, AWSCURRENT is what works all the same.
 *
 * @see AWS Secrets Manager User Guide, "Rotation strategy: single user"
 */
export function createSingleUserRotator(engine: DatabaseEngine): Rotator {
  return {
    createSecret: desk => createPending(desk, engine, username => username),
    async setSecret(desk, signal) {
      const pending = await findAt('AWSPENDING', desk, engine)
      // It is finished, and nothing is pending any more.
      if (pending === undefined) return testPending(desk, engine, signal)
      const current = await requireAt('AWSCURRENT', desk, engine)
      requireFitting(pending, current, current.username)
      if (await canLogIn(pending, engine, signal)) await desk.finish()
      else await change(desk, current, pending, engine, signal)
    },
    testSecret: (desk, signal) => testPending(desk, engine, signal),
    finishSecret: desk => desk.finish(),
  }
}

async function change(
  desk: RotationDesk,
  current: DatabaseSecret,
  pending: DatabaseSecret,
  engine: DatabaseEngine,
  signal: AbortSignal,
): Promise<void> {
  const session = await logInAsBefore(desk, current, engine, signal)
  let account: string | undefined
  try {
    if (await session.mayChangeOwnPassword()) {
      await session.changeOwnPassword(pending.password)
      // Before anything else, since until then AWSCURRENT does not work.
      await desk.finish()
    } else account = await session.account()
  } finally {
    await session.close()
  }
  // The user's session is over by the time when the master's begins.
  if (account !== undefined) await changeByMaster(account, desk, current, pending, engine, signal)
}

/** By AWSCURRENT, or by what was there before it, where somebody brought a value there that the database never had. */
async function logInAsBefore(
  desk: RotationDesk,
  current: DatabaseSecret,
  engine: DatabaseEngine,
  signal: AbortSignal,
): Promise<DatabaseSession> {
  const session = await engine.logIn(current, signal)
  if (session !== undefined) return session
  const previous = await findAt('AWSPREVIOUS', desk, engine)
  if (previous !== undefined) {
    requireFitting(previous, current, current.username)
    // How to get there is the current value's to say, not an older one's.
    const before = await engine.logIn({ ...current, password: previous.password }, signal)
    if (before !== undefined) return before
  }
  throw new RotationFailure('the database refuses the passwords at AWSPENDING, AWSCURRENT and AWSPREVIOUS')
}

/** MySQL lets users change their own password in plain text alone. */
async function changeByMaster(
  account: string,
  desk: RotationDesk,
  current: DatabaseSecret,
  pending: DatabaseSecret,
  engine: DatabaseEngine,
  signal: AbortSignal,
): Promise<void> {
  const master = await logInAsMaster(current, desk, engine, signal)
  try {
    await master.changePasswordOf(account, pending.password)
    await desk.finish()
  } finally {
    await master.close()
  }
}
