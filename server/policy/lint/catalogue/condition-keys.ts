/**
 * What a key's values are. `moment` is told both as a date and as seconds.
 * @see AWS IAM User Guide, "AWS global condition context keys" and "IAM and AWS STS condition context keys"
 */
export type KeyType = 'text' | 'arn' | 'address' | 'bool' | 'date' | 'moment' | 'number'

export type KnownKey = {
  /** As it is published. Of keys such as `aws:RequestTag/team`, the part up to the slash. */
  name: string
  type: KeyType
  /** Whether a request may have several values for it; `sometimes` where that depends on who made the token. */
  many: boolean | 'sometimes'
}

/** By type. A name that ends with `/` is followed by another, such as that of a tag. */
const single: Record<KeyType, string> = {
  text: `
    aws:CalledViaAWSMCP aws:CalledViaFirst aws:CalledViaLast aws:Ec2InstanceSourceVpc aws:FederatedProvider
    aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalServiceName aws:PrincipalTag/ aws:PrincipalType
    aws:Referer aws:RequestedRegion aws:RequestTag/ aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/
    aws:SourceAccount aws:SourceIdentity aws:SourceOrgID aws:SourceVpc aws:SourceVpce aws:UserAgent aws:userid
    aws:username aws:VpceAccount aws:VpceOrgID
    iam:AWSServiceName iam:FIDO-FIPS-140-2-certification iam:FIDO-FIPS-140-3-certification
    iam:FIDO-certification iam:OrganizationsPolicyId iam:PassedToService iam:RegisterSecurityKey
    iam:ResourceTag/ iam:ServiceSpecificCredentialServiceName
    sts:AWSServiceName sts:ExternalId sts:RequestContext/ sts:RoleSessionName sts:SigningAlgorithm
    sts:SourceIdentity
    rolecall:person
    cognito-identity-auth:AccountId cognito-identity-unauth:AccountId
    secretsmanager:Description secretsmanager:KmsKeyId secretsmanager:Name secretsmanager:ResourceTag/
    secretsmanager:SecretPrimaryRegion secretsmanager:Type secretsmanager:VersionId
    secretsmanager:resource/Type
    accounts.google.com:aud accounts.google.com:email accounts.google.com:sub
    graph.facebook.com:app_id graph.facebook.com:id www.amazon.com:app_id www.amazon.com:user_id
    cognito-identity.amazonaws.com:aud cognito-identity.amazonaws.com:sub
    guest:aud guest:sub
    ldap:aud ldap:dn ldap:sub ldap:upn ldap:username
    saml:aud saml:doc saml:edupersonorgdn saml:edupersonprimaryaffiliation saml:edupersonprimaryorgunitdn
    saml:edupersonprincipalname saml:iss saml:namequalifier saml:sub saml:sub_type`,
  arn: `
    aws:ChatbotSourceArn aws:PrincipalArn aws:SourceArn aws:SourceVpcArn
    iam:AssociatedResourceArn iam:DelegationRequestOwner iam:NotificationChannel iam:PermissionsBoundary
    iam:PolicyARN iam:TemplateArn sts:TaskPolicyArn
    cognito-identity:IdentityPoolArn cognito-identity-auth:IdentityPoolArn
    cognito-identity-unauth:IdentityPoolArn
    secretsmanager:ExternalSecretRotationRoleArn secretsmanager:KmsKeyArn secretsmanager:RotationLambdaARN
    secretsmanager:SecretId secretsmanager:resource/AllowRotationLambdaArn`,
  address: 'aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIp aws:VpcSourceIp',
  bool: `
    aws:AssumedRoot aws:MultiFactorAuthPresent aws:PrincipalIsAWSService aws:SecureTransport
    aws:ViaAWSMCPService aws:ViaAWSService
    secretsmanager:BlockPublicPolicy secretsmanager:ForceDeleteWithoutRecovery
    secretsmanager:ForceOverwriteReplicaSecret secretsmanager:ModifyRotationRules
    secretsmanager:RotateImmediately`,
  date: 'aws:CurrentTime aws:TokenIssueTime',
  moment: 'aws:EpochTime',
  number: `
    aws:MultiFactorAuthAge iam:DelegationDuration iam:ServiceSpecificCredentialAgeDays sts:DurationSeconds
    secretsmanager:RecoveryWindowInDays`,
}

/** All of them lists of texts. */
const many = `
  aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths aws:SourceOrgPaths
  aws:TagKeys aws:VpceOrgPaths
  sts:IdentityTokenAudience sts:RequestContextProviders sts:TransitiveTagKeys secretsmanager:AddReplicaRegions
  accounts.google.com:amr cognito-identity.amazonaws.com:amr
  ldap:groups ldap:groupNames
  saml:cn saml:commonName saml:edupersonaffiliation saml:edupersonassurance saml:edupersonentitlement
  saml:edupersonnickname saml:edupersonorgunitdn saml:edupersonscopedaffiliation saml:edupersontargetedid
  saml:eduorghomepageuri saml:eduorgidentityauthnpolicyuri saml:eduorglegalname saml:eduorgsuperioruri
  saml:eduorgwhitepagesuri saml:givenName saml:mail saml:name saml:organizationStatus saml:primaryGroupSID
  saml:surname saml:uid saml:x500UniqueIdentifier`

const sometimesMany = 'accounts.google.com:oaud secretsmanager:VersionStage'

const knownKeys: ReadonlyMap<string, KnownKey> = new Map(
  [
    ...(Object.keys(single) as KeyType[]).flatMap(type => entries(single[type], type, false)),
    ...entries(many, 'text', true),
    ...entries(sometimesMany, 'text', 'sometimes'),
  ].map(key => [key.name.toLowerCase(), key]),
)

/** Names that were once published, and what came after them. */
export const deprecatedKeys: ReadonlyMap<string, string> = new Map([
  ['aws:arn', 'aws:PrincipalArn'],
  ['secretsmanager:kmskeyid', 'secretsmanager:KmsKeyArn'],
])

/** Everything before the `:` of a key that is listed here. In lower case. */
export const keyNamespaces: ReadonlySet<string> = new Set(
  [...knownKeys.keys()].map(name => name.slice(0, name.indexOf(':'))),
)

export const keyNames: readonly string[] = [...knownKeys.values()].map(({ name }) => name)

/** `key` is in lower case: `aws:requesttag/team` is found as `aws:RequestTag/`. */
export function findKey(key: string): KnownKey | undefined {
  const exact = knownKeys.get(key)
  // `aws:RequestTag/` alone names no tag.
  if (exact !== undefined) return exact.name.endsWith('/') ? undefined : exact
  const slash = key.indexOf('/')
  return slash > 0 && slash < key.length - 1 ? knownKeys.get(key.slice(0, slash + 1)) : undefined
}

/** Whether the key is one that must be followed by a name, and is not. */
export function lacksName(key: string): boolean {
  return knownKeys.has(key.endsWith('/') ? key : `${key}/`)
}

const inEveryRequest = new Set(['aws:currenttime', 'aws:epochtime', 'aws:securetransport', 'aws:sourceip'])
const ofEveryCaller = new Set(['aws:principalarn', 'aws:principalaccount', 'aws:principaltype', 'aws:userid'])

/** Whether Rolecall fills the key in on every request: of a caller, of a stranger at a resource or a role. */
export function isAlwaysPresent(key: string, ofCaller: boolean): boolean {
  return inEveryRequest.has(key) || (ofCaller && ofEveryCaller.has(key))
}

function entries(names: string, type: KeyType, many: KnownKey['many']): KnownKey[] {
  return names
    .trim()
    .split(/\s+/)
    .map(name => ({ name, type, many }))
}
