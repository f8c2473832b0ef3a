import type { StoredEvent } from './audit-reader.ts'

/** Events of the Security Token Service, and those of our own doors that do the same. All others are IAM's. */
export const stsEvents: readonly string[] = [
  'AssumeRole',
  'AssumeRoleWithLDAPIdentity',
  'AssumeRoleWithSAML',
  'AssumeRoleWithWebIdentity',
  'DecodeAuthorizationMessage',
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

/** By the sources that CloudTrail has. */
export const eventSources = ['sts.amazonaws.com', 'cloudtrail.amazonaws.com', 'iam.amazonaws.com'] as const
export type EventSource = (typeof eventSources)[number]

export function sourceOf(event: string): EventSource {
  if (stsEvents.includes(event)) return 'sts.amazonaws.com'
  return trailEvents.includes(event) ? 'cloudtrail.amazonaws.com' : 'iam.amazonaws.com'
}

const lookingPrefixes = ['Get', 'List', 'Simulate']

/**
 * Whether CloudTrail calls it a reading event: handing out credentials changes nothing. Of all others that only look,
 * refusals alone are in the log.
 */
export function isReadOnly({ event, decision }: Pick<StoredEvent, 'event' | 'decision'>): boolean {
  if (sourceOf(event) !== 'iam.amazonaws.com') return true
  return decision === 'denied' && lookingPrefixes.some(prefix => event.startsWith(prefix))
}

type Condition = { sql: string; values: string[] }

/** The same in SQL. */
export function readOnlyCondition(isWanted: boolean): Condition {
  const notIam = among([...stsEvents, ...trailEvents])
  const looking = lookingPrefixes.map(prefix => `substr(event, 1, ${prefix.length}) = '${prefix}'`)
  const sql = `(${notIam.sql} or (decision = 'denied' and (${looking.join(' or ')})))`
  return { sql: isWanted ? sql : `not ${sql}`, values: notIam.values }
}

export function sourceCondition(source: EventSource): Condition {
  if (source === 'sts.amazonaws.com') return among(stsEvents)
  if (source === 'cloudtrail.amazonaws.com') return among(trailEvents)
  const { sql, values } = among([...stsEvents, ...trailEvents])
  return { sql: `not ${sql}`, values }
}

function among(events: readonly string[]): Condition {
  return { sql: `(event in (${events.map(() => '?').join(', ')}))`, values: [...events] }
}
