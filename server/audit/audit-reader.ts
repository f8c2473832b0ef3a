import {
  aboutSecrets,
  type EventSource,
  isAboutSecrets,
  readOnlyCondition,
  sourceCondition,
  sourceOf,
} from './event-kinds.ts'

/** A row of the audit log, as it lies there. */
export type StoredEvent = {
  sequence: number
  at_ms: number
  event: string
  decision: 'allowed' | 'denied'
  reason: string | null
  request_id: string
  source_ip: string
  user_agent: string | null
  issuer: string | null
  subject: string | null
  caller_arn: string | null
  caller_access_key_id: string | null
  resource: string | null
  access_key_id: string | null
  session_name: string | null
  expires_at_ms: number | null
  detail: string | null
  count: number
}

/** What is looked for; all of it must hold. */
export type AuditQuery = {
  event?: string
  /** A person's or user's name: of the session that was given, or at the end of the caller's ARN; `root` of the owner. */
  userName?: string
  accessKeyId?: string
  /** An ARN, or the name at its end. */
  resource?: string
  source?: EventSource
  readOnly?: boolean
  /** A kind of IAM's entities, as it stands in their ARNs; of access keys, those that were handed out. */
  resourceKind?: 'role' | 'user' | 'group' | 'policy' | 'accessKey'
  sequence?: number
  requestId?: string
  /** Only rows that stand for several refusals. */
  folded?: true
  fromMs?: number
  toMs?: number
  /** Rows before this one: the newest come first. */
  before?: number
  most: number
}

/** Where `next` is there, there may be more before it. Fewer rows than asked for is no sign of the end. */
export type AuditPage = { events: StoredEvent[]; next?: number }

export type AuditReader = {
  lookUp(query: AuditQuery): Promise<AuditPage>
  /** When each caller last did what, in one stretch of the log; where `next` is there, more lies before it. */
  lastUses(stretch: { fromMs: number; before?: number }): Promise<{ uses: LastUse[]; next?: number }>
}

export type LastUse = { callerArn: string; event: string; source: EventSource; atMs: number }

/** From which row on, and down to which one, an answer looks. */
export function stretchOf(newest: number, from: number | undefined): { before: number; lowest: number } {
  const before = Math.min(from ?? newest + 1, newest + 1)
  return { before, lowest: Math.max(1, before - mostScanned) }
}

/** In SQL with `?` for the first row that is not looked at, the last one that is, and the time. */
export const lastUsesSql = `select caller_arn, event, ${isAboutSecrets} as about_secrets, max(at_ms) as at_ms from audit
  where sequence < ? and sequence >= ? and at_ms >= ? and caller_arn is not null group by 1, 2, 3`

type UseRow = { caller_arn: string; event: string; about_secrets: number; at_ms: number | string }

export function lastUsesOf(rows: readonly object[], lowest: number): { uses: LastUse[]; next?: number } {
  const uses = (rows as UseRow[]).map(row => ({
    callerArn: row.caller_arn,
    event: row.event,
    source: sourceOf({ event: row.event, resource: row.about_secrets === 1 ? aboutSecrets : null }),
    atMs: Number(row.at_ms),
  }))
  return lowest > 1 ? { uses, next: lowest } : { uses }
}

/** No answer looks at more rows: a rare name in a long log is found in several pages, and nobody waits for one. */
const mostScanned = 50_000

/**
 * The conditions of a query, in SQL with `?` for each value. LIKE is not used: names may hold its wildcards.
 */
export function conditionsOf(query: AuditQuery): { sql: string; values: (string | number)[] } {
  const parts: string[] = []
  const values: (string | number)[] = []
  const add = (sql: string, ...more: (string | number | undefined)[]) => {
    if (more.some(value => value === undefined)) return
    parts.push(sql)
    values.push(...(more as (string | number)[]))
  }
  const endsWith = (column: string) => `substr(${column}, length(${column}) - length(?)) = '/' || ?`
  const { userName, accessKeyId, resource, source, readOnly, resourceKind } = query
  add('event = ?', query.event)
  const ofOwner = userName === 'root' ? ` or substr(caller_arn, length(caller_arn) - 4) = ':root'` : ''
  add(
    `(session_name = ? or subject = ? or ${endsWith('caller_arn')}${ofOwner})`,
    userName,
    userName,
    userName,
    userName,
  )
  add('(access_key_id = ? or caller_access_key_id = ?)', accessKeyId, accessKeyId)
  add(`(resource = ? or ${endsWith('resource')})`, resource, resource, resource)
  for (const condition of [
    ...(source === undefined ? [] : [sourceCondition(source)]),
    ...(readOnly === undefined ? [] : [readOnlyCondition(readOnly)]),
    ...(resourceKind === undefined ? [] : [kindCondition(resourceKind)]),
  ]) {
    add(condition.sql, ...condition.values)
  }
  add('sequence = ?', query.sequence)
  add('request_id = ?', query.requestId)
  add('count > ?', query.folded && 1)
  add('at_ms >= ?', query.fromMs)
  add('at_ms <= ?', query.toMs)
  return { sql: parts.length === 0 ? 'true' : parts.join(' and '), values }
}

/** `arn:aws:iam::ACCOUNT:role/...`: the kind begins at the 27th character. */
function kindCondition(kind: NonNullable<AuditQuery['resourceKind']>): { sql: string; values: string[] } {
  if (kind === 'accessKey') return { sql: 'access_key_id is not null', values: [] }
  const sql = `(substr(resource, 1, 13) = 'arn:aws:iam::' and substr(resource, 27, ${kind.length + 1}) = ?)`
  return { sql, values: [`${kind}/`] }
}

/** One page out of the rows from `lowest` on, which is where the scan ended. */
export function pageOf(events: StoredEvent[], most: number, lowest: number): AuditPage {
  const last = events.at(-1)
  if (events.length >= most && last !== undefined) return { events, next: last.sequence }
  return lowest > 1 ? { events, next: lowest } : { events }
}
