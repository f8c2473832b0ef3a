import type { Request } from 'express'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { LinkedWay, WayIn } from '../store/people.ts'
import { type LinkDeps, record, tellOutcome } from './link-ways.ts'

type Target = Omit<WayIn, 'demo'>

/**
 * Which sign-in shows that a way may be unlinked: its own, so that whoever has another of somebody's ways takes none of
 * theirs away; and for the one that they are signed in by, that of one which stays.
 */
export function waysToShow(ways: readonly LinkedWay[], present: WayIn, target: Target): LinkedWay[] {
  const isTarget = (way: Target) => isSameWay(way, target)
  return isTarget(present) ? ways.filter(way => !isTarget(way)) : ways.filter(isTarget)
}

/**
 * The person's ways, when this is one that they can unlink.
 *
 * @throws {Refusal} entity.missing | entity.inUse for the last
 */
export async function requireUnlinkable(
  { store: { people } }: LinkDeps,
  present: FederatedIdentity,
  target: Target,
): Promise<{ personId: string; ways: LinkedWay[]; way: LinkedWay }> {
  const personId = (await people.find(present))?.id
  if (personId === undefined) throw new Refusal('entity.inUse')
  const ways = await people.ways(personId)
  const way = ways.find(one => isSameWay(one, target))
  if (way === undefined) throw new Refusal('entity.missing')
  if (ways.length < 2) throw new Refusal('entity.inUse')
  return { personId, ways, way }
}

type Unlinking = { present: FederatedIdentity; came: FederatedIdentity; target: Target }

/**
 * Unlinks what somebody left to unlink, if they came back by the way that shows it. What was got by it as the person ends
 * with it, on every node: see `credentials/require-live.ts`.
 *
 * @returns the page to go on to
 * @throws {Refusal} audit.unavailable | store.unavailable
 */
export async function finishUnlinking(
  deps: LinkDeps,
  request: Request,
  { present, came, target }: Unlinking,
): Promise<string> {
  const page = '/account?notice=unlinked'
  const change = { event: 'UnlinkWayIn', identity: present, way: target, page } as const
  return tellOutcome(deps, request, change, async () => {
    const { personId, ways, way } = await requireUnlinkable(deps, present, target)
    const shows = waysToShow(ways, present, target)
    if (!shows.some(one => isSameWay(one, came) && one.demo === came.demo))
      throw new Refusal('signIn.another')
    // INVARIANT: nothing changes before this row is durable.
    await record(deps, request, 'UnlinkWayIn', { present, personId, way })
    await deps.store.people.unlink(personId, way, present)
  })
}

/** Of one person's ways, where all or none are a stand-in's. */
export function isSameWay(one: Target, other: Target): boolean {
  return one.issuer === other.issuer && one.subject === other.subject
}
