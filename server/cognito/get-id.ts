import { defineAction } from '../aws/action.ts'
import { optional, params, text } from '../aws/params.ts'
import { findOrMakeIdentity, makeIdentity, requireGuestsAllowed } from './admit.ts'
import type { CognitoDeps } from './deps.ts'
import * as given from './parameters.ts'
import { requirePool } from './permissions.ts'
import { verifyLogins } from './verify-logins.ts'

/**
 * The identity of somebody's logins in a pool, made at the first time; without logins a new guest's. Nothing is given
 * for it yet, so that it leaves no row in the audit log.
 *
 * @throws {Refusal} entity.missing | pool.notAuthorized | token.* | entity.exists | request.throttled
 * @see Amazon Cognito Federated Identities API reference, GetId
 */
export const getId = defineAction({
  name: 'GetId',
  auth: 'none',
  input: params({
    AccountId: optional(text({ min: 1, max: 15, pattern: /^\d+$/, patternText: '\\d+' })),
    IdentityPoolId: given.poolId,
    Logins: optional(given.logins),
  }),
  async handle(asked, deps: CognitoDeps, { facts }) {
    const pool = await requirePool(asked.IdentityPoolId, deps)
    if (asked.Logins === undefined || asked.Logins.size === 0) {
      requireGuestsAllowed(pool)
      return { IdentityId: await makeIdentity([], pool, deps, facts) }
    }
    const logins = await verifyLogins(asked.Logins, pool, deps, facts.sourceIp)
    return { IdentityId: await findOrMakeIdentity(logins, pool, deps, facts) }
  },
})
