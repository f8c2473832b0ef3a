import type { Permission } from '../authorization/authorize.ts'
import { identityPoolArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { ConditionContext } from '../base/request-facts.ts'
import { type IdentityPool, missingPool } from '../store/identity-pools.ts'
import type { PoolIdentity } from '../store/pool-identities.ts'
import type { CognitoDeps } from './deps.ts'

/** A permission on a pool that may or may not be there. */
export async function onPool(
  action: string,
  poolId: string,
  { identityPools, accountId }: CognitoDeps,
  more?: ConditionContext,
): Promise<Permission> {
  const pool = await identityPools.find(poolId)
  const context: ConditionContext = new Map(more)
  for (const [key, value] of Object.entries(pool?.tags ?? {})) {
    context.set(`aws:resourcetag/${key.toLowerCase()}`, [value])
  }
  return { action: `cognito-identity:${action}`, resource: identityPoolArn(accountId, poolId), context }
}

/** On the pool that an identity is of; on anything, where there is no such identity. */
export async function onIdentity(action: string, identityId: string, deps: CognitoDeps): Promise<Permission> {
  const identity = await deps.poolIdentities.find(identityId)
  return identity === undefined ? anywhere(action) : onPool(action, identity.poolId, deps)
}

export function anywhere(action: string, context?: ConditionContext): Permission {
  return {
    action: `cognito-identity:${action}`,
    resource: '*',
    ...(context === undefined ? {} : { context }),
  }
}

/** @throws {Refusal} entity.missing */
export async function requirePool(poolId: string, { identityPools }: CognitoDeps): Promise<IdentityPool> {
  const pool = await identityPools.find(poolId)
  if (pool === undefined) throw new Refusal('entity.missing', { said: missingPool(poolId) })
  return pool
}

/** With its pool. @throws {Refusal} entity.missing, also when its pool is gone */
export async function requireIdentity(
  identityId: string,
  deps: CognitoDeps,
): Promise<{ identity: PoolIdentity; pool: IdentityPool }> {
  const identity = await deps.poolIdentities.find(identityId)
  const pool = identity && (await deps.identityPools.find(identity.poolId))
  if (identity === undefined || pool === undefined) {
    throw new Refusal('entity.missing', { said: { message: `Identity '${identityId}' not found.` } })
  }
  return { identity, pool }
}
