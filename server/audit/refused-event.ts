import type { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { AuditEvent } from './audit-event.ts'

/** A row is there for good: no refusal makes it long. */
const longestDetail = 1_000

/** Of what a caller is told, that which says why. The rest may quote what they sent, and that may be a secret. */
const telling = ['why', 'what', 'claim', 'issuer', 'action'] as const

/**
 * A refusal as every door writes it down. Whoever asks later, by the request's id, why somebody was refused has nothing
 * but this row.
 */
export function refusedEvent(
  event: string,
  { reason, detail, said, about }: Refusal,
  { atMs, requestId, sourceIp, userAgent }: RequestFacts,
  caller?: { arn: string; accessKeyId: string },
): AuditEvent {
  const more = Object.fromEntries([
    ...(detail === undefined ? [] : [['detail', shortened(detail)]]),
    ...telling.flatMap(name => (said[name] === undefined ? [] : [[name, shortened(said[name])]])),
  ])
  return {
    atMs,
    event,
    decision: 'denied',
    reason,
    requestId,
    sourceIp,
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(caller === undefined ? {} : { callerArn: caller.arn, callerAccessKeyId: caller.accessKeyId }),
    ...about,
    ...(Object.keys(more).length === 0 ? {} : { detail: more }),
  }
}

function shortened(text: string): string {
  return text.length <= longestDetail ? text : `${text.slice(0, longestDetail - 1)}…`
}
