import { dnKey } from '../directory/distinguished-name.ts'
import type { DirectoryKey } from '../store/directory-people.ts'
import { longestSessionMs, personKey, type Revocations } from '../store/revocations.ts'

/** The groups that somebody is no longer in. */
export function lostGroups(before: readonly string[], now: readonly string[]): string[] {
  const kept = new Set(now.map(dnKey))
  return before.filter(group => !kept.has(dnKey(group)))
}

/** Ends what somebody of a directory was given up to a time, on all nodes. */
export async function endSessions(
  revocations: Pick<Revocations, 'add'>,
  { provider, id }: DirectoryKey,
  untilSeconds: number,
  nowMs: number,
): Promise<void> {
  await revocations.add({
    kind: 'person',
    subject: personKey({ issuer: provider, subject: id }),
    untilSeconds,
    expiresAtMs: nowMs + longestSessionMs,
  })
}
