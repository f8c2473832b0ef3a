import { type BoundAction, bindAction } from '../aws/action.ts'
import type { QueryService } from '../aws/query-protocol.ts'
import * as accessKeys from './access-keys.ts'
import * as account from './account.ts'
import { getAccountAuthorizationDetails } from './account-details.ts'
import { attachedPolicyActions } from './attached-policies.ts'
import { boundaryActions } from './boundaries.ts'
import * as credentialReport from './credential-report.ts'
import type { IamDeps } from './deps.ts'
import { iamFaults } from './faults.ts'
import * as groups from './groups.ts'
import { inlinePolicyActions } from './inline-policies.ts'
import * as lastAccessed from './last-accessed.ts'
import * as ldapGroupRoles from './ldap-group-roles.ts'
import { lintPolicy } from './lint-policy.ts'
import * as loginProfiles from './login-profiles.ts'
import * as mfaDevices from './mfa-devices.ts'
import * as mfaEnabling from './mfa-enabling.ts'
import * as oidcProviders from './oidc-providers.ts'
import * as outbound from './outbound-federation.ts'
import * as passwordPolicy from './password-policy.ts'
import * as policies from './policies.ts'
import { listEntitiesForPolicy } from './policy-entities.ts'
import * as policyVersions from './policy-versions.ts'
import { revokeSessions } from './revoke-sessions.ts'
import * as roleMappings from './role-mappings.ts'
import * as roles from './roles.ts'
import * as samlProviders from './saml-providers.ts'
import * as simulate from './simulate.ts'
import { simulateRoleMapping } from './simulate-role-mapping.ts'
import { tagActions } from './tags.ts'
import * as users from './users.ts'
import * as waysIn from './ways-in.ts'

export function createIamService(deps: IamDeps): QueryService {
  const actions: BoundAction[] = [
    bindAction(roles.createRole, deps),
    bindAction(roles.getRole, deps),
    bindAction(roles.listRoles, deps),
    bindAction(roles.updateRole, deps),
    bindAction(roles.updateRoleDescription, deps),
    bindAction(roles.updateAssumeRolePolicy, deps),
    bindAction(roles.deleteRole, deps),
    bindAction(users.createUser, deps),
    bindAction(users.getUser, deps),
    bindAction(users.listUsers, deps),
    bindAction(users.updateUser, deps),
    bindAction(users.deleteUser, deps),
    bindAction(groups.createGroup, deps),
    bindAction(groups.getGroup, deps),
    bindAction(groups.listGroups, deps),
    bindAction(groups.listGroupsForUser, deps),
    bindAction(groups.updateGroup, deps),
    bindAction(groups.deleteGroup, deps),
    bindAction(groups.addUserToGroup, deps),
    bindAction(groups.removeUserFromGroup, deps),
    bindAction(accessKeys.createAccessKey, deps),
    bindAction(accessKeys.listAccessKeys, deps),
    bindAction(accessKeys.updateAccessKey, deps),
    bindAction(accessKeys.deleteAccessKey, deps),
    bindAction(accessKeys.getAccessKeyLastUsed, deps),
    ...inlinePolicyActions(deps),
    ...attachedPolicyActions(deps),
    ...boundaryActions(deps),
    ...tagActions(deps),
    bindAction(policies.createPolicy, deps),
    bindAction(policies.getPolicy, deps),
    bindAction(policies.deletePolicy, deps),
    bindAction(policies.listPolicies, deps),
    bindAction(listEntitiesForPolicy, deps),
    bindAction(policyVersions.createPolicyVersion, deps),
    bindAction(policyVersions.getPolicyVersion, deps),
    bindAction(policyVersions.listPolicyVersions, deps),
    bindAction(policyVersions.setDefaultPolicyVersion, deps),
    bindAction(policyVersions.deletePolicyVersion, deps),
    bindAction(oidcProviders.createOpenIdConnectProvider, deps),
    bindAction(oidcProviders.getOpenIdConnectProvider, deps),
    bindAction(oidcProviders.listOpenIdConnectProviders, deps),
    bindAction(oidcProviders.deleteOpenIdConnectProvider, deps),
    bindAction(oidcProviders.addClientIdToOpenIdConnectProvider, deps),
    bindAction(oidcProviders.removeClientIdFromOpenIdConnectProvider, deps),
    bindAction(oidcProviders.updateOpenIdConnectProviderThumbprint, deps),
    bindAction(samlProviders.createSamlProvider, deps),
    bindAction(samlProviders.getSamlProvider, deps),
    bindAction(samlProviders.listSamlProviders, deps),
    bindAction(samlProviders.updateSamlProvider, deps),
    bindAction(samlProviders.deleteSamlProvider, deps),
    bindAction(account.createAccountAlias, deps),
    bindAction(account.deleteAccountAlias, deps),
    bindAction(account.listAccountAliases, deps),
    bindAction(account.getAccountSummary, deps),
    bindAction(getAccountAuthorizationDetails, deps),
    bindAction(credentialReport.generateCredentialReport, deps),
    bindAction(credentialReport.getCredentialReport, deps),
    bindAction(lastAccessed.generateServiceLastAccessedDetails, deps),
    bindAction(lastAccessed.getServiceLastAccessedDetails, deps),
    bindAction(lastAccessed.getServiceLastAccessedDetailsWithEntities, deps),
    bindAction(lastAccessed.listPoliciesGrantingServiceAccess, deps),
    bindAction(outbound.enableOutboundWebIdentityFederation, deps),
    bindAction(outbound.disableOutboundWebIdentityFederation, deps),
    bindAction(outbound.getOutboundWebIdentityFederationInfo, deps),
    bindAction(loginProfiles.createLoginProfile, deps),
    bindAction(loginProfiles.getLoginProfile, deps),
    bindAction(loginProfiles.updateLoginProfile, deps),
    bindAction(loginProfiles.deleteLoginProfile, deps),
    bindAction(loginProfiles.changePassword, deps),
    bindAction(passwordPolicy.updateAccountPasswordPolicy, deps),
    bindAction(passwordPolicy.getAccountPasswordPolicy, deps),
    bindAction(passwordPolicy.deleteAccountPasswordPolicy, deps),
    bindAction(mfaDevices.createVirtualMfaDevice, deps),
    bindAction(mfaDevices.deleteVirtualMfaDevice, deps),
    bindAction(mfaDevices.listVirtualMfaDevices, deps),
    bindAction(mfaEnabling.enableMfaDevice, deps),
    bindAction(mfaEnabling.resyncMfaDevice, deps),
    bindAction(mfaEnabling.deactivateMfaDevice, deps),
    bindAction(mfaEnabling.listMfaDevices, deps),
    bindAction(mfaEnabling.getMfaDevice, deps),
    bindAction(lintPolicy, deps),
    bindAction(simulate.simulateCustomPolicy, deps),
    bindAction(simulate.simulatePrincipalPolicy, deps),
    bindAction(simulate.getContextKeysForCustomPolicy, deps),
    bindAction(simulate.getContextKeysForPrincipalPolicy, deps),
    bindAction(revokeSessions, deps),
    bindAction(waysIn.listWaysIn, deps),
    bindAction(waysIn.unlinkWayIn, deps),
    bindAction(ldapGroupRoles.putLdapGroupRoles, deps),
    bindAction(ldapGroupRoles.getLdapGroupRoles, deps),
    bindAction(roleMappings.putProviderRoleMapping, deps),
    bindAction(roleMappings.getProviderRoleMapping, deps),
    bindAction(roleMappings.deleteProviderRoleMapping, deps),
    bindAction(roleMappings.listProviderRoleMappings, deps),
    bindAction(simulateRoleMapping, deps),
  ]
  return {
    name: 'iam',
    version: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    actions: new Map(actions.map(action => [action.name, action])),
    faults: iamFaults,
  }
}
