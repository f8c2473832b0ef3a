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
  // A map, since a stage may be called `__proto__`.
  const moved = new Map(Object.entries(stages))
  for (const name of names) {
    const before = moved.get(name)
    if (name === current && before !== undefined && before !== versionId) moved.set(previous, before)
    moved.set(name, versionId)
  }
  // A version that was the one before is that no more once it is the current one.
  if (moved.get(current) === versionId && moved.get(previous) === versionId) moved.delete(previous)
  const after = Object.fromEntries(moved)
  if (stagesOf(after, versionId).length > mostOfOneVersion) {
    const message = `A version can have at most ${mostOfOneVersion} staging labels.`
    throw new Refusal('entity.limit', { said: { message } })
  }
  return after
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
