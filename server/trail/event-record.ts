import type { StoredEvent } from '../audit/audit-reader.ts'
import { isReadOnly, sourceOf } from '../audit/event-kinds.ts'
import type { Result } from '../aws/action.ts'
import { region } from '../base/arn.ts'
import { isoSeconds, toSeconds } from '../base/clock.ts'

/** Stable, and told from others by the place in the log alone. */
export function eventIdOf(sequence: number): string {
  return `00000000-0000-4000-8000-${sequence.toString(16).padStart(12, '0')}`
}

export function sequenceOf(eventId: string): number | undefined {
  const [, hex] = /^00000000-0000-4000-8000-([0-9a-f]{12})$/.exec(eventId) ?? []
  return hex === undefined ? undefined : Number.parseInt(hex, 16)
}

/** One event as LookupEvents lists it. @see AWS CloudTrail API reference, Event */
export function wireEvent(row: StoredEvent, accountId: string): Result {
  const userName = userNameOf(row)
  return {
    EventId: eventIdOf(row.sequence),
    EventName: row.event,
    ReadOnly: String(isReadOnly(row)),
    EventTime: row.at_ms / 1000,
    EventSource: sourceOf(row),
    ...(userName === undefined ? {} : { Username: userName }),
    ...accessKeyOf(row),
    Resources: resourcesOf(row),
    CloudTrailEvent: JSON.stringify(recordOf(row, accountId)),
  }
}

/** The whole record. @see AWS CloudTrail User Guide, "CloudTrail record contents" */
function recordOf(row: StoredEvent, accountId: string): object {
  const detail: Record<string, unknown> = row.detail === null ? {} : JSON.parse(row.detail)
  return {
    eventVersion: '1.11',
    userIdentity: identityOf(row, accountId),
    eventTime: isoSeconds(toSeconds(row.at_ms)),
    eventSource: sourceOf(row),
    eventName: row.event,
    awsRegion: region,
    sourceIPAddress: row.source_ip,
    ...(row.user_agent === null ? {} : { userAgent: row.user_agent }),
    ...(row.decision === 'denied' ? { errorCode: codeOf(row.reason), errorMessage: row.reason } : {}),
    ...responseOf(row, accountId),
    requestID: row.request_id,
    eventID: eventIdOf(row.sequence),
    readOnly: isReadOnly(row),
    ...(row.resource === null ? {} : { resources: [{ ARN: row.resource, accountId }] }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: accountId,
    eventCategory: 'Management',
    ...(Object.keys(detail).length === 0 && row.count === 1
      ? {}
      : { additionalEventData: { ...detail, ...(row.count === 1 ? {} : { count: row.count }) } }),
  }
}

function identityOf(row: StoredEvent, accountId: string): object {
  const { issuer, subject, caller_arn: arn, caller_access_key_id: accessKeyId } = row
  const person = issuer === null || subject === null ? undefined : { issuer, subject }
  if (arn === null) {
    if (person === undefined) return { type: 'Unknown' }
    return {
      type: isSaml(person) ? 'SAMLUser' : 'WebIdentityUser',
      principalId: `${person.issuer}:${person.subject}`,
      userName: person.subject,
      identityProvider: person.issuer,
    }
  }
  const [, kind = '', name = ''] = /^arn:aws:(?:iam|sts)::\d{12}:([\w-]+)(?:\/(.*))?$/.exec(arn) ?? []
  return {
    type: types[kind] ?? 'Unknown',
    arn,
    accountId,
    ...(accessKeyId === null ? {} : { accessKeyId }),
    ...(kind === 'user' ? { userName: name.slice(name.lastIndexOf('/') + 1) } : {}),
    ...(kind === 'assumed-role' ? { sessionContext: sessionContextOf(name, accountId, person) } : {}),
  }
}

/** People whom a SAML provider vouched for are known by its ARN. */
function isSaml({ issuer }: { issuer: string }): boolean {
  return issuer.includes(':saml-provider/')
}

const types: Readonly<Record<string, string>> = {
  root: 'Root',
  user: 'IAMUser',
  'assumed-role': 'AssumedRole',
  'federated-user': 'FederatedUser',
}

function sessionContextOf(
  name: string,
  accountId: string,
  person: { issuer: string; subject: string } | undefined,
): object {
  const [userName = ''] = name.split('/')
  return {
    sessionIssuer: { type: 'Role', accountId, userName },
    webIdFederationData:
      person === undefined
        ? {}
        : { federatedProvider: person.issuer, attributes: { subject: person.subject } },
  }
}

/** What was handed out, but for what is secret in it. */
function responseOf(row: StoredEvent, accountId: string): object {
  if (row.access_key_id === null || row.expires_at_ms === null) return {}
  return {
    responseElements: {
      credentials: {
        accessKeyId: row.access_key_id,
        expiration: isoSeconds(toSeconds(row.expires_at_ms)),
      },
      ...(row.session_name === null || row.resource === null
        ? {}
        : { sessionName: row.session_name, role: row.resource, accountId }),
    },
  }
}

/** AWS's codes for what it refuses in general; the reason itself stands beside it. */
function codeOf(reason: string | null): string {
  if (reason === 'access.denied' || reason === 'trust.denied') return 'AccessDenied'
  if (reason?.startsWith('signature.') || reason?.startsWith('session.')) return 'InvalidClientTokenId'
  if (reason?.startsWith('token.')) return 'InvalidIdentityToken'
  return 'ClientError'
}

function userNameOf({ caller_arn: arn, session_name: session, subject }: StoredEvent): string | undefined {
  if (arn !== null) return arn.endsWith(':root') ? 'root' : arn.slice(arn.lastIndexOf('/') + 1)
  return session ?? subject ?? undefined
}

function accessKeyOf({ caller_access_key_id: caller, access_key_id: given }: StoredEvent): Result {
  const id = caller ?? given
  return id === null ? {} : { AccessKeyId: id }
}

function resourcesOf({ resource, access_key_id: accessKeyId }: StoredEvent): Result[] {
  return [
    ...(resource === null ? [] : [{ ResourceName: resource, ...typeOf(resource) }]),
    ...(accessKeyId === null ? [] : [{ ResourceName: accessKeyId, ResourceType: 'AWS::IAM::AccessKey' }]),
  ]
}

function typeOf(arn: string): { ResourceType?: string } {
  const [, kind] = /^arn:aws:iam::\d{12}:(role|user|group|policy)\//.exec(arn) ?? []
  return kind === undefined
    ? {}
    : { ResourceType: `AWS::IAM::${kind.charAt(0).toUpperCase()}${kind.slice(1)}` }
}
