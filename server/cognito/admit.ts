import { randomUUID } from 'node:crypto'
import { region } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import { networkOf } from '../http/network-of.ts'
import type { IdentityPool } from '../store/identity-pools.ts'
import type { PoolIdentity } from '../store/pool-identities.ts'
import { isSame } from '../store/pool-logins.ts'
import type { CognitoDeps } from './deps.ts'
import type { VerifiedLogin } from './verify-logins.ts'

/** How often it is tried again when somebody else came by the same login at the same time. */
const mostTries = 4

/** The identity of these logins, made where there is none. @throws as `identityOf` does */
export function findOrMakeIdentity(
  logins: readonly VerifiedLogin[],
  pool: IdentityPool,
  deps: CognitoDeps,
  facts: RequestFacts,
): Promise<string> {
  return tryAgain(async () => {
    const owners = await deps.poolIdentities.findOwners(pool.id, logins)
    const owner = requireOne(owners)
    if (owner === undefined) return makeIdentity(logins, pool, deps, facts)
    await linkNew(owner, logins, owners, pool, deps)
    return owner
  })
}

/** @throws {Refusal} request.throttled | entity.exists */
export async function makeIdentity(
  logins: readonly VerifiedLogin[],
  pool: IdentityPool,
  { poolIdentities, newIdentities, clock }: CognitoDeps,
  { sourceIp }: RequestFacts,
): Promise<string> {
  newIdentities.requireToken(networkOf(sourceIp))
  const id = `${region}:${randomUUID()}`
  await poolIdentities.create(pool.id, id, logins, clock())
  return id
}

/**
 * Whoever comes with logins to an identity that they name. A guest's becomes theirs and keeps its id; where their logins
 * have an identity already, the guest's becomes another name of that one. Somebody's own must know one of the logins,
 * and takes the others in.
 *
 * @throws {Refusal} pool.notAuthorized for somebody else's | entity.exists for logins of more than one identity |
 *   entity.limit
 */
export function identityOf(
  named: PoolIdentity,
  logins: readonly VerifiedLogin[],
  pool: IdentityPool,
  deps: CognitoDeps,
): Promise<string> {
  return tryAgain(async () => {
    const { poolIdentities, clock } = deps
    const identity = (await poolIdentities.find(named.id)) ?? named
    const owners = await poolIdentities.findOwners(pool.id, logins)
    if (!identity.guest) {
      // INVARIANT: the id alone opens nothing that is somebody's, and another's login doesn't either.
      if (!owners.includes(identity.id)) throw loginsDontMatch()
      requireOne(owners)
      await linkNew(identity.id, logins, owners, pool, deps)
      return identity.id
    }
    const owner = requireOne(owners)
    const { developerProvider } = pool.settings
    const linking = { developerProvider, nowMs: clock(), guestOnly: true }
    if (owner === undefined) {
      await poolIdentities.link(identity.id, logins, linking)
      return identity.id
    }
    await poolIdentities.merge(identity.id, owner, linking)
    await linkNew(owner, logins, owners, pool, deps)
    return owner
  })
}

/**
 * Whoever comes without logins: as a guest, by the id that is the guest's secret.
 * @throws {Refusal} pool.notAuthorized
 */
export function requireGuest(identityId: string, identity: PoolIdentity, pool: IdentityPool): void {
  // Also an id that was merged into somebody's.
  if (!identity.guest || identity.id !== identityId) {
    throw new Refusal('pool.notAuthorized', {
      said: { message: `Access to Identity '${identityId}' is forbidden.` },
    })
  }
  requireGuestsAllowed(pool)
}

/** @throws {Refusal} pool.notAuthorized */
export function requireGuestsAllowed({ settings }: IdentityPool): void {
  if (settings.allowGuests) return
  const message = 'Unauthenticated access is not supported for this identity pool.'
  throw new Refusal('pool.notAuthorized', { said: { message } })
}

export function loginsDontMatch(): Refusal {
  const message =
    "Logins don't match. Please include at least one valid login for this identity or identity pool."
  return new Refusal('pool.notAuthorized', { said: { message } })
}

/** @throws {Refusal} entity.exists */
function requireOne(owners: readonly string[]): string | undefined {
  if (owners.length < 2) return owners[0]
  throw new Refusal('entity.exists', { said: { message: 'The logins are linked to different accounts.' } })
}

async function linkNew(
  id: string,
  logins: readonly VerifiedLogin[],
  owners: readonly string[],
  { settings }: IdentityPool,
  { poolIdentities, clock }: CognitoDeps,
): Promise<void> {
  // One login that found it: there is none to add, which is how nearly everybody comes.
  if (logins.length === 1 && owners.length === 1) return
  const known = (await poolIdentities.find(id))?.logins ?? []
  if (logins.every(login => known.some(one => isSame(one, login)))) return
  await poolIdentities.link(id, logins, {
    developerProvider: settings.developerProvider,
    nowMs: clock(),
  })
}

/** What another request did to the same logins or the same identity a moment ago is seen the next time round. */
async function tryAgain(run: () => Promise<string>): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await run()
    } catch (error) {
      const passing = error instanceof Refusal && ['entity.exists', 'entity.changed'].includes(error.reason)
      if (!passing || tries >= mostTries) throw error
    }
  }
}
