import { defineAction } from '../aws/action.ts'
import { afterToken, pageOf } from '../aws/json-pages.ts'
import { flag, list, optional, params } from '../aws/params.ts'
import type { CognitoDeps } from './deps.ts'
import * as given from './parameters.ts'
import { anywhere, onIdentity, onPool, requireIdentity, requirePool } from './permissions.ts'

/**
 * Of a merged identity: the one that it went into.
 * @throws {Refusal} entity.missing
 * @see Amazon Cognito Federated Identities API reference, DescribeIdentity
 */
export const describeIdentity = defineAction({
  name: 'DescribeIdentity',
  auth: 'signed',
  input: params({ IdentityId: given.identityId }),
  permission: (asked, deps: CognitoDeps) => onIdentity('DescribeIdentity', asked.IdentityId, deps),
  async handle(asked, deps) {
    const { identity } = await requireIdentity(asked.IdentityId, deps)
    return wireIdentity({ ...identity, providers: identity.logins.map(({ provider }) => provider) })
  },
})

/**
 * Those that were merged into another have no logins of their own; `HideDisabled` leaves them out.
 * @see Amazon Cognito Federated Identities API reference, ListIdentities
 */
export const listIdentities = defineAction({
  name: 'ListIdentities',
  auth: 'signed',
  input: params({
    IdentityPoolId: given.poolId,
    MaxResults: given.maxResults,
    NextToken: given.nextToken,
    HideDisabled: optional(flag(), false),
  }),
  permission: (asked, deps: CognitoDeps) => onPool('ListIdentities', asked.IdentityPoolId, deps),
  async handle(asked, deps) {
    const { id } = await requirePool(asked.IdentityPoolId, deps)
    const found = await deps.poolIdentities.list(id, {
      after: afterToken(asked.NextToken),
      most: asked.MaxResults + 1,
      hideMerged: asked.HideDisabled,
    })
    const { items, wire } = pageOf(found, asked.MaxResults, one => one.id)
    return { IdentityPoolId: id, Identities: items.map(wireIdentity), ...wire }
  },
})

/**
 * With the permission for each pool that one of them is of. Those that are not there are deleted already.
 * @see Amazon Cognito Federated Identities API reference, DeleteIdentities
 */
export const deleteIdentities = defineAction({
  name: 'DeleteIdentities',
  auth: 'signed',
  writes: true,
  input: params({ IdentityIdsToDelete: list(given.identityId, { min: 1, max: 60 }) }),
  async permission(asked, deps: CognitoDeps) {
    const identities = await Promise.all(asked.IdentityIdsToDelete.map(id => deps.poolIdentities.find(id)))
    const pools = new Set(identities.flatMap(identity => identity?.poolId ?? []))
    const [first, ...others] = await Promise.all([...pools].map(id => onPool('DeleteIdentities', id, deps)))
    return first === undefined ? anywhere('DeleteIdentities') : [first, ...others]
  },
  async handle(asked, { poolIdentities }) {
    for (const id of asked.IdentityIdsToDelete) await poolIdentities.delete(id)
    return { UnprocessedIdentityIds: [] }
  },
})

function wireIdentity(identity: {
  id: string
  providers: readonly string[]
  createdAtMs: number
  modifiedAtMs: number
}) {
  return {
    IdentityId: identity.id,
    Logins: [...new Set(identity.providers)],
    CreationDate: identity.createdAtMs / 1000,
    LastModifiedDate: identity.modifiedAtMs / 1000,
  }
}
