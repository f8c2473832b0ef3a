import { Refusal } from '../../base/refusal.ts'
import { type RotationDesk, RotationFailure } from '../rotation/rotator.ts'
import type { DatabaseEngine, DatabaseSession } from './database-engine.ts'
import { type DatabaseSecret, isSamePlace, readDatabaseSecret, withUser } from './database-secret.ts'
import { newPassword } from './new-password.ts'

type Stage = Parameters<RotationDesk['read']>[0]

export async function findAt(
  stage: Stage,
  desk: RotationDesk,
  engine: DatabaseEngine,
): Promise<DatabaseSecret | undefined> {
  const text = await desk.read(stage)
  return text === undefined ? undefined : readDatabaseSecret(text, engine, stage)
}

/** @throws {RotationFailure} */
export async function requireAt(
  stage: Stage,
  desk: RotationDesk,
  engine: DatabaseEngine,
): Promise<DatabaseSecret> {
  const secret = await findAt(stage, desk, engine)
  if (secret === undefined) throw new RotationFailure(`there is no version at ${stage}`)
  return secret
}

/**
 * Makes up a new password, once.
 *
 * @param nameFor whose it is to be, by who is in use
 */
export async function createPending(
  desk: RotationDesk,
  engine: DatabaseEngine,
  nameFor: (username: string) => string,
): Promise<void> {
  const current = await requireAt('AWSCURRENT', desk, engine)
  const pending = await findAt('AWSPENDING', desk, engine)
  const isFinished = pending?.username === current.username && pending.password === current.password
  if (pending !== undefined && !isFinished) return
  try {
    await desk.putPending(withUser(current, nameFor(current.username), newPassword()))
  } catch (error) {
    // What is at both stages is this rotation's own, and not what the one before has left: it is done.
    if (!(isFinished && error instanceof Refusal && error.reason === 'entity.exists')) throw error
  }
}

/**
 * The pending value as the current one lets it be: whoever may put a value at AWSPENDING must not have another user's
 * password changed, or have a password sent to another server.
 *
 * @throws {RotationFailure}
 */
export function requireFitting(pending: DatabaseSecret, current: DatabaseSecret, username: string): void {
  if (pending.username !== username)
    throw new RotationFailure('AWSPENDING is about another user than AWSCURRENT')
  if (!isSamePlace(pending, current))
    throw new RotationFailure('AWSPENDING is about another server than AWSCURRENT')
}

/** Logs in as the master, whose rights count at the server that the secret is about and at no other. */
export async function logInAsMaster(
  current: DatabaseSecret,
  desk: RotationDesk,
  engine: DatabaseEngine,
  signal: AbortSignal,
): Promise<DatabaseSession> {
  const { masterArn } = current
  if (masterArn === undefined) throw new RotationFailure('the secret names no "masterarn"')
  const master = readDatabaseSecret(await desk.readMaster(masterArn), engine, 'master')
  if (!isSamePlace(master, current)) throw new RotationFailure('the master secret is about another server')
  // In the secret's own database, which the master's may not be.
  const session = await engine.logIn({ ...master, dbname: current.dbname ?? master.dbname }, signal)
  if (session === undefined) throw new RotationFailure('the master secret is refused by the database')
  return session
}

export async function canLogIn(
  secret: DatabaseSecret,
  engine: DatabaseEngine,
  signal: AbortSignal,
): Promise<boolean> {
  const session = await engine.logIn(secret, signal)
  await session?.close()
  return session !== undefined
}

/** @throws {RotationFailure} unless the new password is taken */
export async function testPending(
  desk: RotationDesk,
  engine: DatabaseEngine,
  signal: AbortSignal,
): Promise<void> {
  // Once it is finished the new version may be at AWSCURRENT alone.
  const pending = (await findAt('AWSPENDING', desk, engine)) ?? (await requireAt('AWSCURRENT', desk, engine))
  if (!(await canLogIn(pending, engine, signal))) {
    throw new RotationFailure('the database refuses the user and password at AWSPENDING')
  }
}
