/** @see AWS Secrets Manager User Guide, "Rotation function steps" */
export const rotationSteps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type RotationStep = (typeof rotationSteps)[number]

/**
 * What a rotator has of the secret that it rotates, and no more. Every step may run again after it was broken off
 * anywhere: nothing here does twice what was done once.
 */
export type RotationDesk = {
  secretArn: string
  /** The ClientRequestToken of this rotation, which is the id of the version that it makes. */
  token: string
  /** The text of the version at a stage; undefined where there is none. */
  read(stage: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'): Promise<string | undefined>
  /** Keeps the value of the version that this rotation makes, at AWSPENDING. The same value again changes nothing. */
  putPending(value: string): Promise<void>
  /**
   * The current value of the secret that has the rights to change this one's user (`masterarn`).
   *
   * @throws {RotationFailure} when it is not there or may not be read
   */
  readMaster(arn: string): Promise<string>
  /** Brings AWSCURRENT to the new version; AWSPREVIOUS follows. */
  finish(): Promise<void>
}

/** One kind of thing whose passwords can be changed. Each step throws where it can't be done; it is tried again later. */
export type Rotator = Readonly<
  Record<RotationStep, (desk: RotationDesk, signal: AbortSignal) => Promise<void>>
>

/** Why a step can't be done, in words for operators that hold nothing secret. */
export class RotationFailure extends Error {
  override name = 'RotationFailure'
}
