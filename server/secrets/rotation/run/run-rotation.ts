import { randomUUID } from 'node:crypto'
import { Refusal } from '../../../base/refusal.ts'
import type { Held } from '../../../jobs/hold-lease.ts'
import { LeaseLost } from '../../../store/leases.ts'
import { current } from '../../stages.ts'
import { claimedStages, RotationOver } from '../rotation-state.ts'
import { hashOfRotationToken } from '../rotation-token.ts'
import type { Attempt, RunDeps } from './attempt.ts'
import { fail, succeed, tell } from './outcome.ts'
import { runSteps, runTest } from './run-steps.ts'

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
