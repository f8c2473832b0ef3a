import type { Rotations } from '../../../store/rotations.ts'
import type { RunningRotation, Secret } from '../../../store/secrets.ts'
import type { FindRotator } from '../find-rotator.ts'
import type { DeskDeps, Rotation } from '../rotation-desk.ts'

export type RunDeps = DeskDeps & {
  history: Rotations
  findRotator: FindRotator
  /** How long a step may take. */
  stepMs: number
  log: { warn(context: object, message: string): void }
}

/** One try at a rotation, under one lease. */
export type Attempt = Rotation & {
  running: RunningRotation
  /** As it was when the try began. */
  secret: Secret
  /** Its RotationToken. */
  proof: string
  signal: AbortSignal
}
