import type { StoredEvent } from './audit-reader.ts'

/** Events of the Security Token Service, and those of our own doors that do the same. All others are IAM's. */
export const stsEvents: readonly string[] = [
  'AssumeRole',
  'AssumeRoleWithLDAPIdentity',
  'AssumeRoleWithSAML',
  'AssumeRoleWithWebIdentity',
  'Console',
  'DecodeAuthorizationMessage',
  'EnterConsole',
  'GetAccessKeyInfo',
  'GetCallerIdentity',
  'GetFederationToken',
  'GetSessionToken',
  'GetWebIdentityToken',
  'IssueAccessToken',
  'IssueIdToken',
  'SignIn',
  'TokenExchange',
]
export const trailEvents: readonly string[] = ['LookupEvents']
/** Amazon Cognito's, but for names that other services have as well. */
export const cognitoEvents: readonly string[] = [
  'CreateIdentityPool',
  'DeleteIdentities',
  'DeleteIdentityPool',
  'DescribeIdentity',
  'DescribeIdentityPool',
  'GetCredentialsForIdentity',
  'GetId',
  'GetIdentityPoolRoles',
  'GetOpenIdToken',
  'GetOpenIdTokenForDeveloperIdentity',
  'GetPrincipalTagAttributeMap',
  'ListIdentities',
  'ListIdentityPools',
  'ListTagsForResource',
  'LookupDeveloperIdentity',
  'MergeDeveloperIdentities',
  'SetIdentityPoolRoles',
  'SetPrincipalTagAttributeMap',
  'TagResource',
  'UnlinkDeveloperIdentity',
  'UnlinkIdentity',
  'UntagResource',
  'UpdateIdentityPool',
]

/** AWS Secrets Manager's, but for TagResource and UntagResource, which Cognito has as well. */
export const secretsEvents: readonly string[] = [
  'BatchGetSecretValue',
  'CancelRotateSecret',
  'CreateSecret',
  'DatabaseUserDropped',
  'DeleteDatabaseRole',
  'DeleteResourcePolicy',
  'DeleteRotator',
  'DeleteSecret',
  'DescribeDatabaseRole',
  'DescribeSecret',
  'GenerateDatabaseCredentials',
  'GetRandomPassword',
  'GetResourcePolicy',
  'GetSecretValue',
  'ListDatabaseLeases',
  'ListDatabaseRoles',
  'ListRotators',
  'ListSecretRotations',
  'ListSecretVersionIds',
  'ListSecrets',
  'PutDatabaseRole',
  'PutResourcePolicy',
  'PutRotator',
  'PutSecretValue',
  'RemoveRegionsFromReplication',
  'RenewDatabaseLease',
  'ReplicateSecretToRegions',
  'RestoreSecret',
  'RevokeDatabaseLease',
  'RotateSecret',
  'RotationAbandoned',
  'RotationFailed',
  'RotationStarted',
  'RotationSucceeded',
  'StopReplicationToReplica',
  'TestRotationFailed',
  'TestRotationStarted',
  'TestRotationSucceeded',
  'UpdateSecret',
  'UpdateSecretVersionStage',
  'ValidateResourcePolicy',
]

/** By the sources that CloudTrail has. */
export const eventSources = [
  'sts.amazonaws.com',
  'cloudtrail.amazonaws.com',
  'cognito-identity.amazonaws.com',
  'secretsmanager.amazonaws.com',
  'iam.amazonaws.com',
] as const
export type EventSource = (typeof eventSources)[number]

/** What two services have by one name is told apart by what it was about. */
const sharedEvents: readonly string[] = ['TagResource', 'UntagResource']
export const aboutSecrets = 'arn:aws:secretsmanager:'
/** The same in SQL: 1 or 0. */
export const isAboutSecrets = `(case when substr(resource, 1, ${aboutSecrets.length}) = '${aboutSecrets}' then 1 else 0 end)`

export function sourceOf({ event, resource }: Pick<StoredEvent, 'event' | 'resource'>): EventSource {
  if (stsEvents.includes(event)) return 'sts.amazonaws.com'
  if (trailEvents.includes(event)) return 'cloudtrail.amazonaws.com'
  const isShared = sharedEvents.includes(event) && resource?.startsWith(aboutSecrets)
  if (secretsEvents.includes(event) || isShared) return 'secretsmanager.amazonaws.com'
  return cognitoEvents.includes(event) ? 'cognito-identity.amazonaws.com' : 'iam.amazonaws.com'
}

const handingOut = [
  ...stsEvents,
  ...trailEvents,
  'GetOpenIdToken',
  'GetOpenIdTokenForDeveloperIdentity',
  'GetSecretValue',
  'GenerateDatabaseCredentials',
]
const lookingPrefixes = ['Describe', 'Get', 'Lint', 'List', 'Lookup', 'Simulate']

/**
 * Whether CloudTrail calls it a reading event: handing out credentials changes nothing. Of all others that only look,
 * refusals alone are in the log.
 */
export function isReadOnly({ event, decision }: Pick<StoredEvent, 'event' | 'decision'>): boolean {
  if (handingOut.includes(event)) return true
  return decision === 'denied' && lookingPrefixes.some(prefix => event.startsWith(prefix))
}

type Condition = { sql: string; values: string[] }

/** The same in SQL. */
export function readOnlyCondition(isWanted: boolean): Condition {
  const given = among(handingOut)
  const looking = lookingPrefixes.map(prefix => `substr(event, 1, ${prefix.length}) = '${prefix}'`)
  const sql = `(${given.sql} or (decision = 'denied' and (${looking.join(' or ')})))`
  return { sql: isWanted ? sql : `not ${sql}`, values: given.values }
}

export function sourceCondition(source: EventSource): Condition {
  if (source === 'sts.amazonaws.com') return among(stsEvents)
  if (source === 'cloudtrail.amazonaws.com') return among(trailEvents)
  const isShared = among(sharedEvents)
  const ofSecrets = `${isAboutSecrets} = 1`
  if (source === 'secretsmanager.amazonaws.com') {
    const { sql, values } = among(secretsEvents)
    return {
      sql: `(${sql} or (${isShared.sql} and ${ofSecrets}))`,
      values: [...values, ...isShared.values],
    }
  }
  if (source === 'cognito-identity.amazonaws.com') {
    const { sql, values } = among(cognitoEvents)
    return {
      sql: `(${sql} and not (${isShared.sql} and ${ofSecrets}))`,
      values: [...values, ...isShared.values],
    }
  }
  const { sql, values } = among([...stsEvents, ...trailEvents, ...cognitoEvents, ...secretsEvents])
  return { sql: `not ${sql}`, values }
}

function among(events: readonly string[]): Condition {
  return { sql: `(event in (${events.map(() => '?').join(', ')}))`, values: [...events] }
}
