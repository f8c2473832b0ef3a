import { bindAction } from '../aws/action.ts'
import type { JsonService } from '../aws/json-protocol.ts'
import { createRateLimit } from '../http/rate-limit.ts'
import type { CognitoDeps } from './deps.ts'
import {
  lookupDeveloperIdentity,
  mergeDeveloperIdentities,
  unlinkDeveloperIdentity,
} from './developer-identities.ts'
import { cognitoFaults } from './faults.ts'
import { getCredentialsForIdentity } from './get-credentials-for-identity.ts'
import { getId } from './get-id.ts'
import { deleteIdentities, describeIdentity, listIdentities } from './identities.ts'
import { getOpenIdToken, getOpenIdTokenForDeveloperIdentity } from './open-id-tokens.ts'
import { getIdentityPoolRoles, setIdentityPoolRoles } from './pool-roles.ts'
import {
  createIdentityPool,
  deleteIdentityPool,
  describeIdentityPool,
  listIdentityPools,
  updateIdentityPool,
} from './pools.ts'
import { getPrincipalTagAttributeMap, setPrincipalTagAttributeMap } from './principal-tags.ts'
import { listTagsForResource, tagResource, untagResource } from './tags.ts'
import { unlinkIdentity } from './unlink-identity.ts'

/** How many identities one network may make: each is a row for good. */
const newIdentities = { burst: 500, perSecond: 2 }

export function createCognitoService(given: Omit<CognitoDeps, 'newIdentities'>): JsonService {
  const deps = { ...given, newIdentities: createRateLimit(newIdentities, given.clock) }
  const actions = [
    bindAction(createIdentityPool, deps),
    bindAction(deleteIdentities, deps),
    bindAction(deleteIdentityPool, deps),
    bindAction(describeIdentity, deps),
    bindAction(describeIdentityPool, deps),
    bindAction(getCredentialsForIdentity, deps),
    bindAction(getId, deps),
    bindAction(getIdentityPoolRoles, deps),
    bindAction(getOpenIdToken, deps),
    bindAction(getOpenIdTokenForDeveloperIdentity, deps),
    bindAction(getPrincipalTagAttributeMap, deps),
    bindAction(listIdentities, deps),
    bindAction(listIdentityPools, deps),
    bindAction(listTagsForResource, deps),
    bindAction(lookupDeveloperIdentity, deps),
    bindAction(mergeDeveloperIdentities, deps),
    bindAction(setIdentityPoolRoles, deps),
    bindAction(setPrincipalTagAttributeMap, deps),
    bindAction(tagResource, deps),
    bindAction(unlinkDeveloperIdentity, deps),
    bindAction(unlinkIdentity, deps),
    bindAction(untagResource, deps),
    bindAction(updateIdentityPool, deps),
  ]
  return {
    name: 'cognito-identity',
    target: 'AWSCognitoIdentityService',
    actions: new Map(actions.map(action => [action.name, action])),
    faults: cognitoFaults,
  }
}
