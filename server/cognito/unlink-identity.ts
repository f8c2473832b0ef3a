import { defineAction } from '../aws/action.ts'
import { list, params } from '../aws/params.ts'
import { loginsDontMatch } from './admit.ts'
import type { CognitoDeps } from './deps.ts'
import * as given from './parameters.ts'
import { requireIdentity } from './permissions.ts'
import { verifyLogins } from './verify-logins.ts'

/**
 * Takes logins from an identity, on the word of one that is its own. After the last nobody has the identity any more:
 * it is not a guest's again.
 *
 * @throws {Refusal} entity.missing | pool.notAuthorized | token.*
 * @see Amazon Cognito Federated Identities API reference, UnlinkIdentity
 */
export const unlinkIdentity = defineAction({
  name: 'UnlinkIdentity',
  auth: 'none',
  input: params({
    IdentityId: given.identityId,
    Logins: given.logins,
    LoginsToRemove: list(given.providerName, { max: 20 }),
  }),
  async handle(asked, deps: CognitoDeps, { facts }) {
    const { identity, pool } = await requireIdentity(asked.IdentityId, deps)
    const logins = await verifyLogins(asked.Logins, pool, deps, facts.sourceIp)
    const owners = await deps.poolIdentities.findOwners(pool.id, logins)
    if (!owners.includes(identity.id)) throw loginsDontMatch()
    const removed = identity.logins.filter(({ provider }) => asked.LoginsToRemove.includes(provider))
    await deps.poolIdentities.unlink(identity.id, removed, deps.clock())
    return {}
  },
})
