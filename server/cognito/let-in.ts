import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import { valuesOf } from '../base/role-mapping.ts'
import { poolPrincipal } from '../identity/pool-logins.ts'
import type { IdentityPool } from '../store/identity-pools.ts'
import { identityOf, loginsDontMatch, requireGuest } from './admit.ts'
import type { CognitoDeps } from './deps.ts'
import { requireIdentity } from './permissions.ts'
import { amrOf, type PoolPerson, tagsOf } from './pool-identity.ts'
import { type VerifiedLogin, verifyLogins } from './verify-logins.ts'

/** Whose identity it is, after their logins were verified. */
export type LetIn = {
  pool: IdentityPool
  person: PoolPerson
  logins: readonly VerifiedLogin[]
  authenticated: boolean
}

type Asked = { IdentityId: string; Logins: ReadonlyMap<string, string> | undefined }

/**
 * Lets somebody in to an identity: by logins, by a token of the pool's own, or as the guest whose id it is.
 *
 * @throws {Refusal} entity.missing | pool.notAuthorized | token.* | entity.exists | entity.limit | entity.invalid |
 *   tags.invalid | issuer.unreachable | request.throttled
 */
export async function letIn(asked: Asked, deps: CognitoDeps, facts: RequestFacts): Promise<LetIn> {
  const { IdentityId: identityId, Logins: given = new Map<string, string>() } = asked
  const { identity, pool } = await requireIdentity(identityId, deps)
  const token = given.get(poolPrincipal)
  if (token !== undefined) return byOwnToken(token, given, identity.id, pool, deps)
  if (given.size === 0) {
    requireGuest(identityId, identity, pool)
    const person = { poolId: pool.id, identityId, amr: amrOf([]), tags: {}, demo: false }
    return { pool, person, logins: [], authenticated: false }
  }
  const logins = await verifyLogins(given, pool, deps, facts.sourceIp)
  const person = {
    poolId: pool.id,
    identityId: await identityOf(identity, logins, pool, deps),
    amr: amrOf(logins),
    tags: tagsOf(logins, pool),
    demo: logins.some(({ demo }) => demo),
  }
  return { pool, person, logins, authenticated: true }
}

/**
 * By what GetOpenIdTokenForDeveloperIdentity gave somebody's backend. It says of whom it is, and counts for the
 * identity that it names alone; a guest's says nothing that the guest's id doesn't.
 */
async function byOwnToken(
  token: string,
  given: ReadonlyMap<string, string>,
  identityId: string,
  pool: IdentityPool,
  { poolLogins, poolIdentities }: CognitoDeps,
): Promise<LetIn> {
  if (given.size > 1) {
    const message = `${poolPrincipal} can not be combined with other logins.`
    throw new Refusal('entity.invalid', { said: { message } })
  }
  const { identity, claims } = await poolLogins.verifyPoolToken(token)
  // Another pool's token proves nothing here, and neither does one of somebody else.
  const theirs = identity.audience === pool.id ? await poolIdentities.find(identity.subject) : undefined
  const amr = valuesOf(claims, 'amr')
  if (theirs?.id !== identityId || theirs.guest || !amr.includes('authenticated')) throw loginsDontMatch()
  const person = { poolId: pool.id, identityId, amr, tags: identity.tags, demo: identity.demo }
  return { pool, person, logins: [], authenticated: true }
}
