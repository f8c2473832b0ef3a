import { current } from '../../stages.ts'
import { keepPending, openDesk, readStage } from '../rotation-desk.ts'
import { isBlocked, RotationOver, requireRunning } from '../rotation-state.ts'
import { RotationFailure, type RotationStep, rotationSteps } from '../rotator.ts'
import type { Attempt, RunDeps } from './attempt.ts'

/** @throws {RotationFailure} | {RotationOver} | {LeaseLost}, or whatever the rotator throws */
export async function runSteps(attempt: Attempt, at: { step?: string }, deps: RunDeps): Promise<void> {
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
export async function runTest(attempt: Attempt, at: { step?: string }, deps: RunDeps): Promise<void> {
  if (isBlocked(attempt.secret.stages, attempt.token))
    throw new RotationFailure('another rotation is not complete')
  const value = await readStage(attempt.secretId, current, deps)
  if (value === undefined) throw new RotationFailure('the secret has no value yet')
  await keepPending(attempt, value, deps)
  await runStep('testSecret', attempt, at, deps)
}
