import { defineAction } from '../aws/action.ts'
import { integer, optional, params } from '../aws/params.ts'
import { longestSubject } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { requireTags } from '../base/session-tags.ts'
import type { IdentityPool } from '../store/identity-pools.ts'
import type { PoolIdentity } from '../store/pool-identities.ts'
import { findOrMakeIdentity } from './admit.ts'
import type { CognitoDeps } from './deps.ts'
import { findDeveloperIdentity } from './developer-identity.ts'
import { issueOpenIdToken } from './issue-open-id-token.ts'
import { letIn } from './let-in.ts'
import * as given from './parameters.ts'
import { onPool, requireIdentity, requirePool } from './permissions.ts'
import { amrOf, tagsOf } from './pool-identity.ts'
import { developerLogin, type VerifiedLogin, verifyLogins } from './verify-logins.ts'

/** @see Amazon Cognito Federated Identities API reference, GetOpenIdToken: valid for 10 minutes */
const usualSeconds = 600

/**
 * A token of the identity, for AssumeRoleWithWebIdentity: the classic flow, in which whoever holds it chooses among the
 * roles that trust the pool. Only where the pool allows that.
 *
 * @throws {Refusal} entity.invalid | audit.unavailable, and as `letIn` does
 * @see Amazon Cognito Federated Identities API reference, GetOpenIdToken
 */
export const getOpenIdToken = defineAction({
  name: 'GetOpenIdToken',
  auth: 'none',
  input: params({ IdentityId: given.identityId, Logins: optional(given.logins) }),
  async handle(asked, deps: CognitoDeps, { facts }) {
    const { pool } = await requireIdentity(asked.IdentityId, deps)
    if (pool.settings.allowClassicFlow !== true) {
      const message = 'Basic (classic) flow is not enabled, please use enhanced flow.'
      throw new Refusal('entity.invalid', { said: { message } })
    }
    const { person } = await letIn(asked, deps, facts)
    const token = await issueOpenIdToken(deps, person, usualSeconds, { event: 'GetOpenIdToken', facts })
    return { IdentityId: person.identityId, Token: token }
  },
})

/**
 * The same for somebody's backend, which says who it is by a name of its own. With an identity it links what is new to
 * it; without one the identity of the logins is found or made.
 *
 * @throws {Refusal} entity.missing | entity.invalid | entity.exists | pool.userRegistered | token.* | tags.invalid |
 *   audit.unavailable
 * @see Amazon Cognito Federated Identities API reference, GetOpenIdTokenForDeveloperIdentity
 */
export const getOpenIdTokenForDeveloperIdentity = defineAction({
  name: 'GetOpenIdTokenForDeveloperIdentity',
  auth: 'signed',
  input: params({
    IdentityPoolId: given.poolId,
    IdentityId: optional(given.identityId),
    Logins: given.logins,
    PrincipalTags: optional(given.principalTags, new Map()),
    TokenDuration: optional(integer({ min: 1, max: 86_400 }), 900),
  }),
  permission: (asked, deps: CognitoDeps) =>
    onPool('GetOpenIdTokenForDeveloperIdentity', asked.IdentityPoolId, deps),
  async handle(asked, deps, { facts, caller }) {
    const pool = await requirePool(asked.IdentityPoolId, deps)
    const logins = await readLogins(asked.Logins, pool, deps, facts.sourceIp)
    const named = asked.IdentityId === undefined ? undefined : await inPool(asked.IdentityId, pool, deps)
    const identityId =
      named === undefined
        ? await findOrMakeIdentity(logins, pool, deps, facts)
        : await findDeveloperIdentity(named, logins, pool, deps)
    const person = {
      poolId: pool.id,
      identityId,
      amr: amrOf(logins),
      tags: requireTags(
        Object.entries({ ...tagsOf(logins, pool), ...Object.fromEntries(asked.PrincipalTags) }),
      ),
      demo: logins.some(({ demo }) => demo),
    }
    const event = 'GetOpenIdTokenForDeveloperIdentity'
    const token = await issueOpenIdToken(deps, person, asked.TokenDuration, { event, facts, caller })
    return { IdentityId: identityId, Token: token }
  },
})

async function readLogins(
  given: ReadonlyMap<string, string>,
  pool: IdentityPool,
  deps: CognitoDeps,
  sourceIp: string,
): Promise<VerifiedLogin[]> {
  const { developerProvider } = pool.settings
  const user = developerProvider === undefined ? undefined : given.get(developerProvider)
  if (developerProvider === undefined || user === undefined) {
    const message = 'Please provide a login of the developer provider of this identity pool.'
    throw new Refusal('entity.invalid', { said: { message } })
  }
  if (Buffer.byteLength(user) > longestSubject || /[\p{Cc}\p{Cs}]/u.test(user)) {
    throw new Refusal('entity.invalid', { said: { message: 'The developer user identifier is not valid.' } })
  }
  const others = new Map([...given].filter(([provider]) => provider !== developerProvider))
  return [
    developerLogin(developerProvider, user, pool),
    ...(await verifyLogins(others, pool, deps, sourceIp)),
  ]
}

async function inPool(id: string, pool: IdentityPool, deps: CognitoDeps): Promise<PoolIdentity> {
  const found = await requireIdentity(id, deps)
  if (found.pool.id === pool.id) return found.identity
  throw new Refusal('entity.missing', { said: { message: `Identity '${id}' not found.` } })
}
