import { secretArn } from '../../../base/arn.ts'
import { Refusal } from '../../../base/refusal.ts'
import { rotationEvent } from '../rotation-events.ts'
import { ended, failedOnce, requireRunning, withoutPending } from '../rotation-state.ts'
import { RotationFailure } from '../rotator.ts'
import type { Attempt, RunDeps } from './attempt.ts'

export async function succeed(attempt: Attempt, deps: RunDeps): Promise<void> {
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
      const nowMs = deps.clock()
      return { ...ended(secret, nowMs, secret.rotatedAtMs ?? nowMs), stages: Object.fromEntries(at) }
    },
    fence,
  )
}

export async function fail(
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

/** Into the audit log. */
export function tell(
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
