import { toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Session } from '../base/session.ts'
import type { AccessKeys } from '../store/access-keys.ts'
import type { People } from '../store/people.ts'
import type { Issued, Revocations } from '../store/revocations.ts'
import type { Roles } from '../store/roles.ts'

export type LiveDeps = {
  people: Pick<People, 'find'>
  revocations: Pick<Revocations, 'denylist'>
  roles: Pick<Roles, 'findById'>
  accessKeys: Pick<AccessKeys, 'find'>
  rootAccessKey: { id: string }
}

/**
 * A session ends with everything that it was got by: when it or one before it in its chain is revoked, when a role of
 * the chain or the access key at its start is gone, when the way in is unlinked that a person came by. Who takes something
 * away means what came of it, too.
 *
 * @throws {Refusal} session.ended
 */
export async function requireLive(deps: LiveDeps, session: Session): Promise<void> {
  const denylist = await deps.revocations.denylist()
  const { person, ancestors } = session
  const all = [session, ...ancestors]
  if (all.some(one => denylist.covers(one))) throw ended('it is revoked')
  // What the person got is the eldest; the rest came of it.
  const [eldest = session] = ancestors
  // A browser that was signed in before the end gets nothing that outlives it, however long its request was on the way.
  if (person !== undefined && denylist.coversPerson(person, person.provenAtSeconds ?? eldest.issuedAtSeconds))
    throw ended('the person is revoked')
  if (person?.personId !== undefined) await requireLinked(deps, { ...person, demo: session.demo }, eldest)
  for (const one of ancestors) await requireAncestor(deps, one)
}

/** What somebody got as a linked person ends when the way that they came by is unlinked; linking it anew revives nothing. */
async function requireLinked(
  { people }: LiveDeps,
  { personId, ...way }: { issuer: string; subject: string; personId?: string; demo: boolean },
  { issuedAtSeconds }: Issued,
): Promise<void> {
  const linked = await people.find(way)
  if (linked?.id !== personId) throw ended('its way in is unlinked')
  if (toSeconds(linked?.linkedAtMs ?? 0) > issuedAtSeconds) throw ended('its way in was unlinked meanwhile')
}

async function requireAncestor(
  { roles, accessKeys, rootAccessKey }: LiveDeps,
  { accessKeyId, principalId }: Issued,
): Promise<void> {
  if (accessKeyId.startsWith('AKIA')) {
    if (accessKeyId === rootAccessKey.id || (await accessKeys.find(accessKeyId))?.active === true) return
    throw ended(`access key ${accessKeyId} is gone`)
  }
  if (principalId.startsWith('AROA') && (await roles.findById(principalId)) === undefined)
    throw ended(`role ${principalId} is gone`)
}

function ended(detail: string): Refusal {
  return new Refusal('session.ended', { detail })
}
