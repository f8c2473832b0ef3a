import type { RunningRotation, Secret, SecretChange, SecretRotation } from '../../store/secrets.ts'
import { current, pending, type Stages } from '../stages.ts'
import { nextAppointment, shareOf } from './schedule/next-rotation.ts'

/** The rotation is not ours to go on with: it was abandoned, or its secret is gone. */
export class RotationOver extends Error {
  override name = 'RotationOver'
}

/** @throws {RotationOver} */
export function requireRunning({ rotation, deletedAtMs }: Secret, token: string): RunningRotation {
  const running = rotation?.running
  if (running?.token !== token || deletedAtMs !== undefined) throw new RotationOver()
  return running
}

/**
 * Whether AWSPENDING is at a version that is neither the current one nor the one that is to be made: what is there, might
 * be half of something that nobody but its maker understands.
 */
export function isBlocked(stages: Stages, token: string): boolean {
  const at = stages[pending]
  return at !== undefined && at !== stages[current] && at !== token
}

/**
 * AWSPENDING at the version that is to be made, before there is any such version: by that a rotator as AWS has them knows
 * that it is meant.
 */
export function claimedStages(stages: Stages, token: string): Stages {
  return isBlocked(stages, token) || stages[current] === token ? stages : { ...stages, [pending]: token }
}

/** The rules of a secret with the date that follows from them; none where it is not rotated by a schedule. */
export function scheduled(
  rotation: SecretRotation,
  secretId: string,
  lastMs: number,
  nowMs: number,
): SecretChange {
  const { nextByMs: _old, shownDays: _days, ...rest } = rotation
  const next = rotation.enabled ? nextAppointment(rotation, secretId, lastMs, nowMs) : undefined
  if (next === undefined) return { rotation: rest, rotationDueAtMs: undefined }
  return {
    rotation: { ...rest, nextByMs: next.nextByMs, shownDays: next.days },
    rotationDueAtMs: next.dueAtMs,
  }
}

/** Nothing is under way any more; the next rotation is as the rules have it, from the last one on. */
export function ended(secret: Secret, nowMs: number, lastMs = nowMs): SecretChange {
  if (secret.rotation === undefined) return {}
  const { running: _over, ...rotation } = secret.rotation
  return scheduled(rotation, secret.id, lastMs, nowMs)
}

/**
 * It comes back after it was marked for deletion. A rotation that this broke off goes on; one that fell due meanwhile is
 * not made up for, since it may be a thousand secrets that come back.
 */
export function resumed(secret: Secret, nowMs: number): SecretChange {
  return secret.rotation?.running === undefined ? ended(secret, nowMs) : { rotationDueAtMs: nowMs }
}

/** It is tried again: the longer it fails, the later, and never two secrets at one moment. */
export function failedOnce(secret: Secret, running: RunningRotation, nowMs: number): SecretChange {
  const failures = running.failures + 1
  const rotation = { ...secret.rotation, enabled: secret.rotation?.enabled ?? false }
  return {
    rotation: { ...rotation, running: { ...running, failures } },
    rotationDueAtMs: nowMs + Math.floor(retryMs(failures) * (1 + shareOf(secret.id) / 4)),
  }
}

const firstRetryMs = 60_000
const longestRetryMs = 3_600_000

function retryMs(failures: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10))
}

export type ByHand = { change: SecretChange; stages: Stages; abandoned?: RunningRotation }

/**
 * What becomes of rotation when somebody else than a rotation makes a new version the current one: that counts as a
 * rotation. One that is under way is abandoned for it, and AWSPENDING taken off so that it blocks none after it.
 *
 * @see AWS Secrets Manager User Guide, "Log events", RotationAbandoned; API reference, RotationRulesType
 */
export function valueByHand(secret: Secret, stages: Stages, versionId: string, nowMs: number): ByHand {
  const { rotation } = secret
  const running = rotation?.running
  if (stages[current] !== versionId || secret.stages[current] === undefined || running?.token === versionId) {
    return { change: {}, stages }
  }
  const left = stages[pending] === versionId ? stages : withoutPending(stages)
  if (running !== undefined) return { change: ended(secret, nowMs), stages: left, abandoned: running }
  const isCounted = rotation?.enabled === true && !rotation.schedule?.startsWith('cron')
  return { change: isCounted ? scheduled(rotation, secret.id, nowMs, nowMs) : {}, stages: left }
}

/** What becomes of rotation when stages move: taking AWSPENDING off the version that is being made abandons it. */
export function stagesByHand(secret: Secret, stages: Stages, nowMs: number): ByHand {
  const running = secret.rotation?.running
  const wasPending = running !== undefined && secret.stages[pending] === running.token
  if (!wasPending || stages[pending] === running.token || stages[current] === running.token) {
    return { change: {}, stages }
  }
  return { change: ended(secret, nowMs), stages, abandoned: running }
}

export function withoutPending(stages: Stages): Stages {
  return Object.fromEntries(Object.entries(stages).filter(([name]) => name !== pending))
}
