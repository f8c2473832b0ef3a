import { Refusal } from '../base/refusal.ts'
import type { IdentityPool } from '../store/identity-pools.ts'
import type { PoolIdentity } from '../store/pool-identities.ts'
import type { CognitoDeps } from './deps.ts'
import type { VerifiedLogin } from './verify-logins.ts'

/**
 * An identity that a backend names, with these logins linked to it. The backend has signed, and is believed about its
 * own users; what another identity has is never taken from it.
 *
 * @throws {Refusal} pool.userRegistered | entity.exists | entity.limit
 */
export async function findDeveloperIdentity(
  identity: PoolIdentity,
  logins: readonly VerifiedLogin[],
  pool: IdentityPool,
  { poolIdentities, clock }: CognitoDeps,
): Promise<string> {
  for (const login of logins) {
    const [owner] = await poolIdentities.findOwners(pool.id, [login])
    if (owner === undefined || owner === identity.id) continue
    if (login.provider === pool.settings.developerProvider) throw new Refusal('pool.userRegistered')
    const message = `${login.provider} is already linked to another account.`
    throw new Refusal('entity.exists', { said: { message } })
  }
  await poolIdentities.link(identity.id, logins, {
    developerProvider: pool.settings.developerProvider,
    nowMs: clock(),
  })
  return identity.id
}
