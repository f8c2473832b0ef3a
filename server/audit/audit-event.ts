/** One decision. What is unknown is left out. */
export type AuditEvent = {
  atMs: number
  /** The action's name, as AWS writes it, or the door's own: `SignIn`. */
  event: string
  decision: 'allowed' | 'denied'
  /** Why it was denied: the refusal's reason. */
  reason?: string
  requestId: string
  sourceIp: string
  userAgent?: string
  /** Who stands behind it: a provider's subject, or the signed caller's ARN. */
  issuer?: string
  subject?: string
  /** Of somebody with linked ways in: the same whichever way they came. Kept in the detail, as `person`. */
  personId?: string
  callerArn?: string
  callerAccessKeyId?: string
  /** What it was about: the role that was assumed, the entity that was changed. */
  resource?: string
  /** The access key id that was handed out. */
  accessKeyId?: string
  sessionName?: string
  expiresAtMs?: number
  /** More of it, for people; a JSON object. */
  detail?: Readonly<Record<string, unknown>>
  /** How many like it this row stands for: 1 unless refusals were folded. */
  count?: number
}

/** The columns of a row, in the order in which they cross to the worker. */
export const columns = [
  'at_ms',
  'event',
  'decision',
  'reason',
  'request_id',
  'source_ip',
  'user_agent',
  'issuer',
  'subject',
  'caller_arn',
  'caller_access_key_id',
  'resource',
  'access_key_id',
  'session_name',
  'expires_at_ms',
  'detail',
  'count',
] as const

export type AuditRow = (string | number | null)[]

export function rowOf(event: AuditEvent): AuditRow {
  return [
    event.atMs,
    event.event,
    event.decision,
    event.reason ?? null,
    event.requestId,
    event.sourceIp,
    event.userAgent ?? null,
    event.issuer ?? null,
    event.subject ?? null,
    event.callerArn ?? null,
    event.callerAccessKeyId ?? null,
    event.resource ?? null,
    event.accessKeyId ?? null,
    event.sessionName ?? null,
    event.expiresAtMs ?? null,
    detailOf(event),
    event.count ?? 1,
  ]
}

function detailOf({ personId, detail }: AuditEvent): string | null {
  if (personId === undefined) return detail === undefined ? null : JSON.stringify(detail)
  return JSON.stringify({ ...detail, person: personId })
}
