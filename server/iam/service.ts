import { type BoundAction, bindAction } from '../aws/action.ts'
import type { QueryService } from '../aws/query-protocol.ts'
import type { IamDeps } from './deps.ts'
import { iamFaults } from './faults.ts'
import * as oidcProviders from './oidc-providers.ts'
import * as policies from './policies.ts'
import * as policyVersions from './policy-versions.ts'
import * as rolePolicies from './role-policies.ts'
import * as roles from './roles.ts'

export function createIamService(deps: IamDeps): QueryService {
  const actions: BoundAction[] = [
    bindAction(roles.createRole, deps),
    bindAction(roles.getRole, deps),
    bindAction(roles.listRoles, deps),
    bindAction(roles.updateAssumeRolePolicy, deps),
    bindAction(roles.deleteRole, deps),
    bindAction(rolePolicies.putRolePolicy, deps),
    bindAction(rolePolicies.getRolePolicy, deps),
    bindAction(rolePolicies.deleteRolePolicy, deps),
    bindAction(rolePolicies.listRolePolicies, deps),
    bindAction(rolePolicies.attachRolePolicy, deps),
    bindAction(rolePolicies.detachRolePolicy, deps),
    bindAction(rolePolicies.listAttachedRolePolicies, deps),
    bindAction(policies.createPolicy, deps),
    bindAction(policies.getPolicy, deps),
    bindAction(policies.deletePolicy, deps),
    bindAction(policies.listPolicies, deps),
    bindAction(policies.listEntitiesForPolicy, deps),
    bindAction(policyVersions.createPolicyVersion, deps),
    bindAction(policyVersions.getPolicyVersion, deps),
    bindAction(policyVersions.listPolicyVersions, deps),
    bindAction(policyVersions.setDefaultPolicyVersion, deps),
    bindAction(policyVersions.deletePolicyVersion, deps),
    bindAction(oidcProviders.createOpenIdConnectProvider, deps),
    bindAction(oidcProviders.getOpenIdConnectProvider, deps),
    bindAction(oidcProviders.listOpenIdConnectProviders, deps),
    bindAction(oidcProviders.deleteOpenIdConnectProvider, deps),
  ]
  return {
    name: 'iam',
    version: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    actions: new Map(actions.map(action => [action.name, action])),
    faults: iamFaults,
  }
}
