import { Refusal } from '../base/refusal.ts'

export type Stages = Readonly<Record<string, string>>

export const current = 'AWSCURRENT'
export const previous = 'AWSPREVIOUS'
export const pending = 'AWSPENDING'

/** @see AWS Secrets Manager User Guide, "Quotas" */
const mostOfOneVersion = 20

/**
 * Brings stages to a version. Where AWSCURRENT moves, AWSPREVIOUS follows to the version that it leaves.
 *
 * @throws {Refusal} entity.limit
 */
export function moveStages(stages: Stages, names: readonly string[], versionId: string): Stages {
  const moved: Record<string, string> = { ...stages }
  for (const name of names) {
    const before = moved[name]
    if (name === current && before !== undefined && before !== versionId) moved[previous] = before
    moved[name] = versionId
  }
  // A version that was the one before is that no more once it is the current one.
  if (moved[current] === versionId && moved[previous] === versionId) delete moved[previous]
  if (stagesOf(moved, versionId).length > mostOfOneVersion) {
    const message = `A version can have at most ${mostOfOneVersion} staging labels.`
    throw new Refusal('entity.limit', { said: { message } })
  }
  return moved
}

/** Those that a version is at. */
export function stagesOf(stages: Stages, versionId: string): string[] {
  return Object.keys(stages)
    .filter(name => stages[name] === versionId)
    .sort()
}

/** Version ids to their stages, of those that have any. */
export function byVersion(stages: Stages): Record<string, string[]> {
  return Object.fromEntries(Object.values(stages).map(id => [id, stagesOf(stages, id)]))
}
