import { defineAction } from '../aws/action.ts'
import { afterToken, pageOf } from '../aws/json-pages.ts'
import { optional, params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { IdentityPool } from '../store/identity-pools.ts'
import type { PoolIdentity } from '../store/pool-identities.ts'
import type { CognitoDeps } from './deps.ts'
import * as given from './parameters.ts'
import { onPool, requirePool } from './permissions.ts'

/**
 * An identity's users of the developer's own, or a user's identity. Where both are given they must belong together.
 *
 * @throws {Refusal} entity.missing | entity.exists when they don't | entity.invalid
 * @see Amazon Cognito Federated Identities API reference, LookupDeveloperIdentity
 */
export const lookupDeveloperIdentity = defineAction({
  name: 'LookupDeveloperIdentity',
  auth: 'signed',
  input: params({
    IdentityPoolId: given.poolId,
    IdentityId: optional(given.identityId),
    DeveloperUserIdentifier: optional(given.developerUser),
    MaxResults: optional(given.maxResults, 60),
    NextToken: given.nextToken,
  }),
  permission: (asked, deps: CognitoDeps) => onPool('LookupDeveloperIdentity', asked.IdentityPoolId, deps),
  async handle({ IdentityPoolId, IdentityId, DeveloperUserIdentifier: user, ...page }, deps) {
    const pool = await requirePool(IdentityPoolId, deps)
    const provider = requireDeveloperProvider(pool)
    const owner = user === undefined ? undefined : await requireOwner(user, pool, deps)
    const named = IdentityId === undefined ? undefined : await requireInPool(IdentityId, pool, deps)
    const identity = owner ?? named
    if (identity === undefined) throw invalid('Please provide an identity id or a developer user identifier.')
    if (named !== undefined && named.id !== identity.id) {
      const message = 'The developer user identifier is of another identity.'
      throw new Refusal('entity.exists', { said: { message } })
    }
    const after = afterToken(page.NextToken)
    const users = usersOf(identity, provider).filter(one => after === undefined || one > after)
    const { items, wire } = pageOf(users.slice(0, page.MaxResults + 1), page.MaxResults, one => one)
    return { IdentityId: identity.id, DeveloperUserIdentifierList: items, ...wire }
  },
})

/**
 * The source's identity becomes another name of the destination's, with all of its logins.
 *
 * @throws {Refusal} entity.missing | entity.exists for two people of one public provider | entity.limit | entity.invalid
 * @see Amazon Cognito Federated Identities API reference, MergeDeveloperIdentities
 */
export const mergeDeveloperIdentities = defineAction({
  name: 'MergeDeveloperIdentities',
  auth: 'signed',
  writes: true,
  input: params({
    SourceUserIdentifier: given.developerUser,
    DestinationUserIdentifier: given.developerUser,
    DeveloperProviderName: given.developerProvider,
    IdentityPoolId: given.poolId,
  }),
  permission: (asked, deps: CognitoDeps) => onPool('MergeDeveloperIdentities', asked.IdentityPoolId, deps),
  async handle(asked, deps) {
    const pool = await requirePool(asked.IdentityPoolId, deps)
    const developerProvider = requireDeveloperProvider(pool, asked.DeveloperProviderName)
    const source = await requireOwner(asked.SourceUserIdentifier, pool, deps)
    const destination = await requireOwner(asked.DestinationUserIdentifier, pool, deps)
    if (source.id !== destination.id) {
      await deps.poolIdentities.merge(source.id, destination.id, { developerProvider, nowMs: deps.clock() })
    }
    return { IdentityId: destination.id }
  },
})

/**
 * @throws {Refusal} entity.missing | entity.exists when the user is of another identity | entity.invalid
 * @see Amazon Cognito Federated Identities API reference, UnlinkDeveloperIdentity
 */
export const unlinkDeveloperIdentity = defineAction({
  name: 'UnlinkDeveloperIdentity',
  auth: 'signed',
  writes: true,
  input: params({
    IdentityId: given.identityId,
    IdentityPoolId: given.poolId,
    DeveloperProviderName: given.developerProvider,
    DeveloperUserIdentifier: given.developerUser,
  }),
  permission: (asked, deps: CognitoDeps) => onPool('UnlinkDeveloperIdentity', asked.IdentityPoolId, deps),
  async handle(asked, deps) {
    const pool = await requirePool(asked.IdentityPoolId, deps)
    const provider = requireDeveloperProvider(pool, asked.DeveloperProviderName)
    const identity = await requireInPool(asked.IdentityId, pool, deps)
    const owner = await requireOwner(asked.DeveloperUserIdentifier, pool, deps)
    if (owner.id !== identity.id) {
      const message = 'The developer user identifier is of another identity.'
      throw new Refusal('entity.exists', { said: { message } })
    }
    const login = { provider, subject: asked.DeveloperUserIdentifier, demo: false }
    await deps.poolIdentities.unlink(identity.id, [login], deps.clock())
    return {}
  },
})

/** @throws {Refusal} entity.invalid where the pool has none, or another */
function requireDeveloperProvider({ settings }: IdentityPool, named?: string): string {
  const { developerProvider } = settings
  if (developerProvider === undefined || (named ?? developerProvider) !== developerProvider) {
    throw invalid('This identity pool does not support the specified developer provider')
  }
  return developerProvider
}

async function requireOwner(
  subject: string,
  pool: IdentityPool,
  { poolIdentities }: CognitoDeps,
): Promise<PoolIdentity> {
  const login = { provider: requireDeveloperProvider(pool), subject, demo: false }
  const [id] = await poolIdentities.findOwners(pool.id, [login])
  const owner = id === undefined ? undefined : await poolIdentities.find(id)
  if (owner !== undefined) return owner
  throw new Refusal('entity.missing', { said: { message: `Developer user '${subject}' not found.` } })
}

async function requireInPool(
  id: string,
  pool: IdentityPool,
  { poolIdentities }: CognitoDeps,
): Promise<PoolIdentity> {
  const identity = await poolIdentities.find(id)
  if (identity?.poolId === pool.id) return identity
  throw new Refusal('entity.missing', { said: { message: `Identity '${id}' not found.` } })
}

function usersOf({ logins }: PoolIdentity, developerProvider: string): string[] {
  const users = logins.filter(({ provider }) => provider === developerProvider)
  return users.map(({ subject }) => subject).toSorted()
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
