import { type Clock, toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Directory } from '../directory/directory.ts'
import type { DirectoryPeople, DuePerson, KnownPerson } from '../store/directory-people.ts'
import type { Revocations } from '../store/revocations.ts'
import { endSessions, lostGroups } from './end-sessions.ts'

export type DirectoryCheckDeps = {
  directory: Pick<Directory, 'lookAgain'>
  directoryPeople: Pick<DirectoryPeople, 'takeDue' | 'forget'>
  revocations: Pick<Revocations, 'add'>
  /** Whose sessions were ended, and why. */
  onEnded(person: { issuer: string; subject: string }, why: string): void
  clock: Clock
  log: { warn(context: object, message: string): void }
}

const mostAtOnce = 100
/** Then it is the directory that does not answer, and not what it holds about somebody. */
const mostInVain = 3

/**
 * Looks everybody up again who may have sessions and was not looked up for `olderThanMs`. Who is gone or may no longer
 * sign in, or has left a group, loses their sessions; they may sign in again as what they are now. Whom nothing is known
 * of keeps nobody else from being looked up.
 *
 * An account that is locked keeps them: anybody can lock anybody's by guessing. While the directory does not answer
 * nothing is known, and nothing is ended.
 */
export async function checkDirectoryPeople(deps: DirectoryCheckDeps, olderThanMs: number): Promise<void> {
  let inVain = 0
  for (;;) {
    const nowMs = deps.clock()
    const due = await deps.directoryPeople.takeDue(nowMs - olderThanMs, nowMs, mostAtOnce)
    for (const person of due) {
      inVain = (await check(deps, person)) ? 0 : inVain + 1
      if (inVain === mostInVain) return
    }
    if (due.length < mostAtOnce) return
  }
}

/** False when nothing is known of them. */
async function check(deps: DirectoryCheckDeps, person: DuePerson): Promise<boolean> {
  try {
    const why = whyEnded(await deps.directory.lookAgain(person.id), person)
    if (why === undefined) return true
    // Of this moment, not of when the question was asked: meanwhile they could go on getting sessions.
    const nowMs = deps.clock()
    await endSessions(deps.revocations, person, toSeconds(nowMs), nowMs)
    await deps.directoryPeople.forget(person)
    deps.onEnded({ issuer: person.provider, subject: person.id }, why)
    return true
  } catch (error) {
    if (!(error instanceof Refusal) || error.reason !== 'issuer.unreachable') throw error
    deps.log.warn({ detail: error.detail }, 'who has sessions could not be looked up in the directory')
    return false
  }
}

function whyEnded(
  found: Awaited<ReturnType<Directory['lookAgain']>>,
  person: KnownPerson,
): string | undefined {
  if ('gone' in found) return found.gone
  const lost = lostGroups(person.groups, found.groups)
  return lost.length === 0 ? undefined : `no longer in ${lost.slice(0, 5).join('; ')}`
}
