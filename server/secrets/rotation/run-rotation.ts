import { randomUUID } from 'node:crypto'
import { secretArn } from '../../base/arn.ts'
import { Refusal } from '../../base/refusal.ts'
import type { Held } from '../../jobs/hold-lease.ts'
import { LeaseLost } from '../../store/leases.ts'
import type { Rotations } from '../../store/rotations.ts'
import type { RunningRotation, Secret } from '../../store/secrets.ts'
import { current } from '../stages.ts'
import type { FindRotator } from './find-rotator.ts'
import { type DeskDeps, keepPending, openDesk, type Rotation, readStage } from './rotation-desk.ts'
import { rotationEvent } from './rotation-events.ts'
import {
  claimedStages,
  ended,
  failedOnce,
  isBlocked,
  RotationOver,
  requireRunning,
  withoutPending,
} from './rotation-state.ts'
import { hashOfRotationToken } from './rotation-token.ts'
import { RotationFailure, type RotationStep, rotationSteps } from './rotator.ts'

export type RunDeps = DeskDeps & {
  history: Rotations
  findRotator: FindRotator
  /** How long a step may take. */
  stepMs: number
  log: { warn(context: object, message: string): void }
}

type Attempt = Rotation & { running: RunningRotation; secret: Secret; proof: string; signal: AbortSignal }

/**
 * Begins the rotation of a secret that is due, or goes on with the one that was broken off. Every step is run again: a
 * rotator does nothing twice.
 */
export async function runRotation(secretId: string, held: Held, deps: RunDeps): Promise<void> {
  try {
    const attempt = await begin(secretId, held, deps)
    if (attempt !== undefined) await runAttempt(attempt, deps)
  } catch (error) {
    // By now it is somebody else's, or nobody's.
    const isGone = error instanceof Refusal && error.reason === 'entity.missing'
    const isOver = error instanceof RotationOver || error instanceof LeaseLost || held.signal.aborted
    if (!isGone && !isOver) throw error
  }
}

async function runAttempt(attempt: Attempt, deps: RunDeps): Promise<void> {
  const { secretId, running, fence, signal } = attempt
  const at: { step?: string } = {}
  try {
    await deps.history.begin({ secretId, token: running.token, kind: running.kind }, deps.clock(), fence)
    // INVARIANT: no rotator is given anything before this row is durable.
    await tell('Started', attempt, {}, deps)
    if (running.kind === 'test') await runTest(attempt, at, deps)
    else if (attempt.secret.stages[current] !== attempt.token) await runSteps(attempt, at, deps)
    await succeed(attempt, deps)
  } catch (error) {
    if (error instanceof RotationOver || error instanceof LeaseLost || signal.aborted) throw error
    await fail(attempt, at.step, error, deps)
  }
}

async function begin(secretId: string, { fence, signal }: Held, deps: RunDeps): Promise<Attempt | undefined> {
  const nowMs = deps.clock()
  const proof = randomUUID()
  const proofHash = hashOfRotationToken(proof)
  const secret = await deps.secrets.change(
    secretId,
    found => {
      const { rotation, rotationDueAtMs: dueAtMs } = found
      if (rotation?.lambdaArn === undefined || found.deletedAtMs !== undefined)
        return { rotationDueAtMs: undefined }
      // Another node was faster.
      if (dueAtMs === undefined || dueAtMs > nowMs) return {}
      const fresh = { token: randomUUID(), kind: 'rotation', startedAtMs: nowMs, failures: 0 } as const
      const running = { ...(rotation.running ?? fresh), proofHash }
      return { rotation: { ...rotation, running }, stages: claimedStages(found.stages, running.token) }
    },
    fence,
  )
  const running = secret.rotation?.running
  if (running?.proofHash !== proofHash) return undefined
  return { secretId, token: running.token, fence, running, secret, proof, signal }
}

async function runSteps(attempt: Attempt, at: { step?: string }, deps: RunDeps): Promise<void> {
  if (isBlocked(attempt.secret.stages, attempt.token)) {
    throw new RotationFailure('AWSPENDING is at a version that this rotation did not make; take it off')
  }
  for (const step of rotationSteps) await runStep(step, attempt, at, deps)
  const secret = await deps.secrets.findAnew(attempt.secretId)
  if (secret === undefined) throw new RotationOver()
  requireRunning(secret, attempt.token)
  if (secret.stages[current] === attempt.token) return
  throw new RotationFailure('the rotator said that it was done, and AWSCURRENT is where it was')
}

async function runStep(
  step: RotationStep,
  attempt: Attempt,
  at: { step?: string },
  deps: RunDeps,
): Promise<void> {
  at.step = step
  await deps.history.noteStep(attempt.secretId, attempt.token, step, attempt.fence)
  const create = await deps.findRotator(attempt.secret.rotation?.lambdaArn ?? '')
  if (create === undefined)
    throw new RotationFailure('the rotator that the secret names is not there any more')
  const late = AbortSignal.timeout(deps.stepMs)
  const signal = AbortSignal.any([attempt.signal, late])
  const broken = Promise.withResolvers<never>()
  const breakOff = () => {
    const why = `${step} took longer than ${deps.stepMs / 1000} seconds`
    broken.reject(late.aborted ? new RotationFailure(why) : signal.reason)
  }
  if (signal.aborted) throw signal.reason
  signal.addEventListener('abort', breakOff, { once: true })
  try {
    // A rotator that heeds no signal is left to itself: what it still does, it does at a desk that is closed by then.
    await Promise.race([create(attempt.proof)[step](openDesk(attempt, deps), signal), broken.promise])
  } finally {
    signal.removeEventListener('abort', breakOff)
  }
}

/** As AWS tests a rotator: on a version that is the current one once more, and that is gone afterwards. */
async function runTest(attempt: Attempt, at: { step?: string }, deps: RunDeps): Promise<void> {
  if (isBlocked(attempt.secret.stages, attempt.token))
    throw new RotationFailure('another rotation is not complete')
  const value = await readStage(attempt.secretId, current, deps)
  if (value === undefined) throw new RotationFailure('the secret has no value yet')
  await keepPending(attempt, value, deps)
  await runStep('testSecret', attempt, at, deps)
}

async function succeed(attempt: Attempt, deps: RunDeps): Promise<void> {
  const { secretId, token, fence, running } = attempt
  const nowMs = deps.clock()
  // Before it counts as over: killed in between, it is told twice rather than never.
  await tell('Succeeded', attempt, {}, deps)
  await deps.history.noteState(secretId, token, { state: 'succeeded', endedAtMs: nowMs }, fence)
  if (running.kind === 'test') return endTest(attempt, deps)
  await deps.secrets.change(
    secretId,
    secret => {
      requireRunning(secret, token)
      return { ...ended(secret, nowMs), stages: withoutPending(secret.stages), rotatedAtMs: nowMs }
    },
    fence,
  )
}

/** Nothing is left of a test. */
async function endTest({ secretId, token, fence }: Attempt, deps: RunDeps): Promise<void> {
  await deps.secrets.removeVersion(
    secretId,
    token,
    secret => {
      requireRunning(secret, token)
      const at = Object.entries(secret.stages).filter(([, versionId]) => versionId !== token)
      return { ...ended(secret, deps.clock()), stages: Object.fromEntries(at) }
    },
    fence,
  )
}

async function fail(
  attempt: Attempt,
  step: string | undefined,
  error: unknown,
  deps: RunDeps,
): Promise<void> {
  const { secretId, token, fence, running } = attempt
  const nowMs = deps.clock()
  const reason = reasonOf(error)
  deps.log.warn({ secretId, token, step, reason, ...causeOf(error) }, 'a rotation failed')
  try {
    await tell('Failed', attempt, { step, reason }, deps)
    const state =
      running.kind === 'test'
        ? ({ state: 'failed', endedAtMs: nowMs } as const)
        : ({ state: 'failing' } as const)
    await deps.history.noteState(secretId, token, { ...state, reason }, fence)
  } finally {
    if (running.kind === 'test') await endTest(attempt, deps)
    else {
      await deps.secrets.change(
        secretId,
        secret => failedOnce(secret, requireRunning(secret, token), nowMs),
        fence,
      )
    }
  }
}

function tell(
  what: 'Started' | 'Succeeded' | 'Failed',
  attempt: Attempt,
  more: object,
  deps: RunDeps,
): Promise<void> {
  const { secretId, token, running, secret } = attempt
  const event = `${running.kind === 'test' ? 'Test' : ''}Rotation${what}`
  const detail = {
    versionId: token,
    rotator: secret.rotation?.lambdaArn,
    attempt: running.failures + 1,
    ...more,
  }
  return deps.audit.record(rotationEvent(event, secretArn(deps.accountId, secretId), deps.clock(), detail))
}

const longestReason = 500

/** Only what was written for people is shown: a driver's own words may hold what it was given. */
function reasonOf(error: unknown): string {
  if (error instanceof RotationFailure) return error.message.slice(0, longestReason)
  if (error instanceof Refusal) return error.reason
  return 'the rotator failed in a way that it has no words for'
}

/** For the log. A refusal's own detail holds nothing secret; a driver's message may. */
function causeOf(error: unknown): object {
  const { name, code, cause } = Object(error)
  return { error: name, code, ...(cause instanceof Refusal ? { detail: cause.detail } : {}) }
}
