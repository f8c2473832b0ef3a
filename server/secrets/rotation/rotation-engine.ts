import { type JobRunner, startJobRunner } from '../../jobs/job-runner.ts'
import { rotationLease } from '../../store/due-secrets.ts'
import type { Leases } from '../../store/leases.ts'
import type { RunDeps } from './run/attempt.ts'
import { runRotation } from './run/run-rotation.ts'

export type EngineDeps = Omit<RunDeps, 'stepMs' | 'log'> & {
  leases: Leases
  /** How many secrets are rotated at once on this node, and with them the connections that it makes to databases. */
  mostAtOnce: number
  log: RunDeps['log'] & { error(context: object, message: string): void }
}

export const stepMs = 60_000
const lookEveryMs = 1_000
/** A node that dies leaves its rotations to the others after that time. */
const leaseMs = 30_000

/** Rotates secrets as they fall due, beside the other nodes. */
export function startRotationEngine(deps: EngineDeps): JobRunner {
  const { secrets, leases, clock, mostAtOnce, log } = deps
  return startJobRunner({
    findDue: async most => (await secrets.dueForRotation(clock(), most)).map(({ id }) => id),
    leaseOf: rotationLease,
    run: (secretId, held) => runRotation(secretId, held, { ...deps, stepMs }),
    leases,
    clock,
    leaseMs,
    mostAtOnce,
    everyMs: lookEveryMs,
    log,
  })
}
