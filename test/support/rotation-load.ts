import { randomUUID } from 'node:crypto'
import * as sm from '@aws-sdk/client-secrets-manager'
import { type RotationDesk, RotationFailure, type Rotator } from '../../server/secrets/rotation/rotator.ts'
import { type DatabaseServer, rotatorOf, secretOf } from './database-server.ts'
import { deskOverTheWire, rotate } from './rotation-desk.ts'

type User = { username: string; password: string }

/** From before the database is told the new password until AWSCURRENT is at it, in milliseconds: no more is documented. */
type Window = { fromMs: number; toMs: number }

export type LoadResult = {
  logins: number
  /** Of these the first try was refused. */
  failed: number
  /** Of the failed, those that no window can have been the cause of. */
  outsideWindows: number
  /** Of the failed, those of which the one retry was refused as well. */
  unhealed: number
  windows: Window[]
}

/**
 * Clients that do nothing but fetch the secret over the wire and log in with what they got, while it is rotated. A
 * rotation waits until every client has begun and ended a log-in since the one before: rotations come further apart than
 * a client takes from fetching to logging in, however slow the machine is.
 */
export async function loadRotations(
  secrets: sm.SecretsManagerClient,
  server: DatabaseServer,
  {
    strategy,
    clients,
    rotations,
  }: { strategy: 'single-user' | 'alternating-users'; clients: number; rotations: number },
): Promise<LoadResult> {
  const create = async (value: string) =>
    String((await secrets.send(new sm.CreateSecretCommand({ Name: randomUUID(), SecretString: value }))).ARN)
  const user: User = { username: `load_${strategy.split('-')[0]}`, password: 'first-password' }
  await server.createUser(user.username, user.password)
  const masterarn = await create(secretOf(server, server.admin))
  const arn = await create(secretOf(server, user, { masterarn }))

  const result: LoadResult = { logins: 0, failed: 0, outsideWindows: 0, unhealed: 0, windows: [] }
  const failures: Window[] = []
  const rounds = Array.from({ length: clients }, () => 0)
  let rotating: Promise<unknown> = Promise.resolve()
  let isOver = false

  async function fetchAndLogIn(): Promise<boolean> {
    const { SecretString = '' } = await secrets.send(new sm.GetSecretValueCommand({ SecretId: arn }))
    return server.logsIn(JSON.parse(SecretString))
  }
  async function client(n: number): Promise<void> {
    while (!isOver) {
      const fromMs = performance.now()
      const isIn = await fetchAndLogIn()
      result.logins++
      if (!isIn) {
        failures.push({ fromMs, toMs: performance.now() })
        await rotating
        if (!(await fetchAndLogIn())) result.unhealed++
      }
      rounds[n] = (rounds[n] ?? 0) + 1
    }
  }
  async function everybodyOnce(): Promise<void> {
    // The round that is on the way may have begun before.
    const before = rounds.map(round => round + 2)
    while (before.some((round, n) => (rounds[n] ?? 0) < round))
      await new Promise(resolve => setTimeout(resolve, 5))
  }

  const working = Promise.all(rounds.map((_, n) => client(n)))
  const rotateAll = async () => {
    for (let n = 0; n < rotations; n++) {
      await everybodyOnce()
      const { desk, rotator } = timed(deskOverTheWire(secrets, arn), server, strategy, result.windows)
      rotating = rotateUntilDone(rotator, desk)
      await rotating
    }
    await everybodyOnce()
  }
  await Promise.race([rotateAll(), working]).finally(() => {
    isOver = true
  })
  await working
  const overlaps = (one: Window) =>
    result.windows.some(({ fromMs, toMs }) => one.fromMs <= toMs && one.toMs >= fromMs)
  result.failed = failures.length
  result.outsideWindows = failures.filter(failure => !overlaps(failure)).length
  return result
}

/** A machine that does nothing but log in may be too slow for one attempt: it is made again, as a scheduler would. */
async function rotateUntilDone(rotator: Rotator, desk: RotationDesk): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await rotate(rotator, desk)
    } catch (error) {
      if (!(error instanceof RotationFailure) || tries === 5) throw error
    }
  }
}

/** Notes the window: from when the database is first told the password until the first `finish` is done. */
function timed(
  desk: RotationDesk,
  server: DatabaseServer,
  strategy: 'single-user' | 'alternating-users',
  windows: Window[],
): { desk: RotationDesk; rotator: Rotator } {
  let fromMs: number | undefined
  let isNoted = false
  const rotator = rotatorOf(server, strategy, {}, session => ({
    ...session,
    changeOwnPassword(password) {
      fromMs ??= performance.now()
      return session.changeOwnPassword(password)
    },
    changePasswordOf(account, password) {
      fromMs ??= performance.now()
      return session.changePasswordOf(account, password)
    },
    changeTwinPassword(using, twin, password) {
      fromMs ??= performance.now()
      return session.changeTwinPassword(using, twin, password)
    },
  }))
  const finish = async () => {
    await desk.finish()
    if (!isNoted && fromMs !== undefined) windows.push({ fromMs, toMs: performance.now() })
    isNoted = true
  }
  return { desk: { ...desk, finish }, rotator }
}
