import type { StoredEvent } from '../../audit/audit-reader.ts'
import type { Reason } from '../../base/refusal.ts'
import { type Advice, refusalAdvice } from './refusal-advice.ts'

/** A row of the audit log in words. */
export type DescribedEvent = {
  /** `AssumeRoleWithWebIdentity was refused.` */
  headline: string
  /** What is known, by what it is called. */
  facts: readonly (readonly [name: string, value: string])[]
  /** Of a refusal. */
  advice?: Advice
}

export function describeEvent(row: StoredEvent): DescribedEvent {
  const isRefused = row.decision === 'denied'
  return {
    headline: `${row.event} was ${isRefused ? 'refused' : 'allowed'}.`,
    facts: factsOf(row).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    ...(isRefused && isReason(row.reason) ? { advice: refusalAdvice[row.reason] } : {}),
  }
}

function factsOf(row: StoredEvent): [string, string | null][] {
  const detail: Record<string, unknown> = row.detail === null ? {} : JSON.parse(row.detail)
  return [
    ['when', new Date(row.at_ms).toISOString()],
    [
      'counted',
      row.count === 1 ? null : `one of ${row.count} alike, counted together; only the first has its id here`,
    ],
    ['who', whoOf(row)],
    ['from', [row.source_ip, row.user_agent].filter(text => text !== null).join(', ')],
    ['about', row.resource],
    ['given', row.access_key_id],
    ['reason', row.reason],
    ...Object.entries(detail).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ]
}

function whoOf(row: StoredEvent): string {
  if (row.caller_arn !== null)
    return `${row.caller_arn} (access key ${row.caller_access_key_id ?? 'unknown'})`
  if (row.subject !== null) return `${row.subject} of ${row.issuer ?? 'an unknown issuer'}`
  return row.issuer === null ? 'a stranger: nothing they showed was good' : `somebody of ${row.issuer}`
}

function isReason(reason: string | null): reason is Reason {
  return reason !== null && Object.hasOwn(refusalAdvice, reason)
}
