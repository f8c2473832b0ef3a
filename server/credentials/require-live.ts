import { Refusal } from '../base/refusal.ts'
import type { Session } from '../base/session.ts'
import type { AccessKeys } from '../store/access-keys.ts'
import type { Issued, Revocations } from '../store/revocations.ts'
import type { Roles } from '../store/roles.ts'

export type LiveDeps = {
  revocations: Pick<Revocations, 'denylist'>
  roles: Pick<Roles, 'findById'>
  accessKeys: Pick<AccessKeys, 'find'>
  rootAccessKey: { id: string }
}

/**
 * A session ends with everything that it was got by: when it or one before it in its chain is revoked, when a role of
 * the chain or the access key at its start is gone. Who takes something away means what came of it, too.
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
  if (person !== undefined && denylist.coversPerson(person, eldest.issuedAtSeconds))
    throw ended('the person is revoked')
  for (const one of ancestors) await requireAncestor(deps, one)
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
