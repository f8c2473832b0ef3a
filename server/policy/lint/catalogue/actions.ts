/**
 * The actions of the services that Rolecall answers for, by AWS's own names. What an operator's own service
 * calls its actions is nobody's business here.
 *
 * @see AWS Service Authorization Reference, "Actions" of each service
 */
export const rolecallServices = ['iam', 'sts', 'cognito-identity', 'secretsmanager'] as const
export type RolecallService = (typeof rolecallServices)[number]

const calls: Record<RolecallService, string> = {
  iam: `
    AcceptDelegationRequest AcquireRole AddClientIDToOpenIDConnectProvider AddRoleToInstanceProfile
    AddUserToGroup AssociateDelegationRequest AttachGroupPolicy AttachRolePolicy AttachUserPolicy
    ChangePassword CreateAccessKey CreateAccountAlias CreateDelegationRequest CreateGroup
    CreateInstanceProfile CreateLoginProfile CreateOpenIDConnectProvider CreatePolicy CreatePolicyVersion
    CreateRole CreateSAMLProvider CreateServiceLinkedRole CreateServiceSpecificCredential CreateUser
    CreateVirtualMFADevice DeactivateMFADevice DeleteAccessKey DeleteAccountAlias
    DeleteAccountPasswordPolicy DeleteGroup DeleteGroupPolicy DeleteInstanceProfile DeleteLoginProfile
    DeleteOpenIDConnectProvider DeletePolicy DeletePolicyVersion DeleteRole DeleteRolePermissionsBoundary
    DeleteRolePolicy DeleteSAMLProvider DeleteSSHPublicKey DeleteServerCertificate DeleteServiceLinkedRole
    DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUser DeleteUserPermissionsBoundary
    DeleteUserPolicy DeleteVirtualMFADevice DetachGroupPolicy DetachRolePolicy DetachUserPolicy
    DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions
    DisableOutboundWebIdentityFederation EnableMFADevice EnableOrganizationsRootCredentialsManagement
    EnableOrganizationsRootSessions EnableOutboundWebIdentityFederation GenerateCredentialReport
    GenerateOrganizationsAccessReport GenerateServiceLastAccessedDetails GetAccessKeyLastUsed
    GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountProperties GetAccountSummary
    GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy GetCredentialReport GetDelegationRequest
    GetGroup GetGroupPolicy GetHumanReadableSummary GetInstanceProfile GetLoginProfile GetMFADevice
    GetOpenIDConnectProvider GetOrganizationsAccessReport GetOutboundWebIdentityFederationInfo GetPolicy
    GetPolicyVersion GetRole GetRolePolicy GetRoleTemplateVersion GetSAMLProvider GetSSHPublicKey
    GetServerCertificate GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities
    GetServiceLinkedRoleDeletionStatus GetUser GetUserPolicy ListAccessKeys ListAccountAliases
    ListAttachedGroupPolicies ListAttachedRolePolicies ListAttachedUserPolicies ListDelegationRequests
    ListEntitiesForPolicy ListGroupPolicies ListGroups ListGroupsForUser ListInstanceProfileTags
    ListInstanceProfiles ListInstanceProfilesForRole ListMFADeviceTags ListMFADevices
    ListOpenIDConnectProviderTags ListOpenIDConnectProviders ListOrganizationsFeatures ListPolicies
    ListPoliciesGrantingServiceAccess ListPolicyTags ListPolicyVersions ListRolePolicies ListRoleTags
    ListRoles ListSAMLProviderTags ListSAMLProviders ListSSHPublicKeys ListServerCertificateTags
    ListServerCertificates ListServiceSpecificCredentials ListSigningCertificates ListUserPolicies
    ListUserTags ListUsers ListVirtualMFADevices PutAccountProperties PutGroupPolicy
    PutRolePermissionsBoundary PutRolePolicy PutUserPermissionsBoundary PutUserPolicy
    RejectDelegationRequest RemoveClientIDFromOpenIDConnectProvider RemoveRoleFromInstanceProfile
    RemoveUserFromGroup ResetServiceSpecificCredential ResyncMFADevice SendDelegationToken
    SetDefaultPolicyVersion SetSecurityTokenServicePreferences SimulateCustomPolicy SimulatePrincipalPolicy
    TagInstanceProfile TagMFADevice TagOpenIDConnectProvider TagPolicy TagRole TagSAMLProvider
    TagServerCertificate TagUser UntagInstanceProfile UntagMFADevice UntagOpenIDConnectProvider UntagPolicy
    UntagRole UntagSAMLProvider UntagServerCertificate UntagUser UpdateAccessKey UpdateAccountPasswordPolicy
    UpdateAssumeRolePolicy UpdateDelegationRequest UpdateGroup UpdateLoginProfile
    UpdateOpenIDConnectProviderThumbprint UpdateRole UpdateRoleDescription UpdateSAMLProvider
    UpdateSSHPublicKey UpdateServerCertificate UpdateServiceSpecificCredential UpdateSigningCertificate
    UpdateUser UploadSSHPublicKey UploadServerCertificate UploadSigningCertificate`,
  sts: `
    AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot DecodeAuthorizationMessage
    GetAccessKeyInfo GetCallerIdentity GetDelegatedAccessToken GetFederationToken GetScopedCredentials
    GetSessionToken GetWebIdentityToken`,
  'cognito-identity': `
    CreateIdentityPool DeleteIdentities DeleteIdentityPool DescribeIdentity DescribeIdentityPool
    GetCredentialsForIdentity GetId GetIdentityPoolRoles GetOpenIdToken GetOpenIdTokenForDeveloperIdentity
    GetPrincipalTagAttributeMap ListIdentities ListIdentityPools ListTagsForResource LookupDeveloperIdentity
    MergeDeveloperIdentities SetIdentityPoolRoles SetPrincipalTagAttributeMap TagResource
    UnlinkDeveloperIdentity UnlinkIdentity UntagResource UpdateIdentityPool`,
  secretsmanager: `
    BatchGetSecretValue CancelRotateSecret CreateSecret DeleteResourcePolicy DeleteSecret DescribeSecret
    GetRandomPassword GetResourcePolicy GetSecretValue ListSecretVersionIds ListSecrets PutResourcePolicy
    PutSecretValue RemoveRegionsFromReplication ReplicateSecretToRegions RestoreSecret RotateSecret
    StopReplicationToReplica TagResource UntagResource UpdateSecret UpdateSecretVersionStage
    ValidateResourcePolicy`,
}

/** Permissions that no call has its name from, and the calls that are Rolecall's own. */
const withoutCall: Partial<Record<RolecallService, string>> = {
  iam: `
    PassRole GetAccountEmailAddress GetAccountName UpdateAccountEmailAddress UpdateAccountName
    DeleteCloudFrontPublicKey GetCloudFrontPublicKey ListCloudFrontPublicKeys UpdateCloudFrontPublicKey
    UploadCloudFrontPublicKey ListSTSRegionalEndpointsStatus SetSTSRegionalEndpointStatus
    RevokeSessions GetLDAPGroupRoles PutLDAPGroupRoles PutProviderRoleMapping GetProviderRoleMapping
    DeleteProviderRoleMapping ListProviderRoleMappings SimulateRoleMapping ListWaysIn UnlinkWayIn LintPolicy`,
  sts: 'TagSession SetSourceIdentity SetContext GetServiceBearerToken TagGetWebIdentityToken AssumeRoleWithLDAPIdentity',
  'cognito-identity': `
    GetIdentityPoolAnalytics GetIdentityPoolDailyAnalytics GetIdentityProviderDailyAnalytics`,
  secretsmanager: `
    PutRotator ListRotators DeleteRotator ListSecretRotations
    DeleteDatabaseRole DescribeDatabaseRole GenerateDatabaseCredentials ListDatabaseLeases ListDatabaseRoles
    PutDatabaseRole RenewDatabaseLease RevokeDatabaseLease`,
}

const namesByService = new Map(
  rolecallServices.map(service => [service, words(`${calls[service]} ${withoutCall[service] ?? ''}`)]),
)

/** The names of a service's calls alone. */
export function callsOf(service: RolecallService): readonly string[] {
  return words(calls[service])
}

/** Undefined for a service that is not Rolecall's. `service` is in lower case. */
export function actionsOf(service: string): readonly string[] | undefined {
  return namesByService.get(service as RolecallService)
}

export function isRolecallService(service: string): service is RolecallService {
  return namesByService.has(service as RolecallService)
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
