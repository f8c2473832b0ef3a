import type { Clock } from '../base/clock.ts'
import { networkOf } from '../http/network-of.ts'
import { createRateLimit } from '../http/rate-limit.ts'
import type { AuditEvent } from './audit-event.ts'

/**
 * Strangers are counted by network, callers by access key id, and each kind has a budget of its own: no flood of
 * strangers' refusals makes a prober with stolen credentials anonymous.
 */
const budgets = {
  stranger: { each: { burst: 20, perSecond: 1 }, inAll: { burst: 500, perSecond: 50 } },
  caller: { each: { burst: 200, perSecond: 5 }, inAll: { burst: 2_000, perSecond: 100 } },
}
const mostSources = 10_000
const mostFolded = 1_000

export type RefusalFold = {
  /** Whether this refusal gets a row of its own: not when its source, or all together, has had too many. */
  mayPass(event: AuditEvent): boolean
  /** Counts it, or as many as it stands for, with others of its kind. */
  add(event: AuditEvent): void
  /** The counted rows so far; the counting begins anew. */
  take(): AuditEvent[]
}

type Counted = AuditEvent & { count: number }

/**
 * Keeps refusals from filling the disk. In all they cost at most 150 rows a second and 2,000 counted rows a
 * fold; memory is bounded alike. Nothing is lost but detail: every refusal is in some row's count.
 */
export function createRefusalFold(clock: Clock): RefusalFold {
  const ledgers = {
    stranger: createLedger(budgets.stranger, clock),
    caller: createLedger(budgets.caller, clock),
  }
  const ledgerOf = (event: AuditEvent) =>
    ledgers[event.callerAccessKeyId === undefined ? 'stranger' : 'caller']

  return {
    mayPass(event) {
      const { each, inAll } = ledgerOf(event)
      return each.take(sourceOf(event)) && inAll.take('')
    },
    add(event) {
      const { folded } = ledgerOf(event)
      const kind = `${event.event} ${event.reason}`
      const key = `${sourceOf(event)} ${kind}`
      const known = folded.get(key)
      if (known !== undefined) known.count += event.count ?? 1
      else if (folded.size < mostFolded) folded.set(key, countedRow(event))
      else addToRest(folded, kind, event)
    },
    take() {
      const rows = Object.values(ledgers).flatMap(({ folded }) => [...folded.values()])
      for (const { folded } of Object.values(ledgers)) folded.clear()
      return rows
    },
  }
}

function createLedger({ each, inAll }: (typeof budgets)['caller'], clock: Clock) {
  return {
    each: createRateLimit({ ...each, mostKeys: mostSources }, clock),
    inAll: createRateLimit(inAll, clock),
    folded: new Map<string, Counted>(),
  }
}

function sourceOf({ callerAccessKeyId, sourceIp }: AuditEvent): string {
  return callerAccessKeyId ?? networkOf(sourceIp)
}

/** When even the table of kinds is full, the source is given up and only the kind is counted. */
function addToRest(folded: Map<string, Counted>, kind: string, event: AuditEvent): void {
  const rest = folded.get(kind)
  if (rest !== undefined) rest.count += event.count ?? 1
  else {
    const { callerArn: _arn, callerAccessKeyId: _id, ...unnamed } = countedRow(event)
    folded.set(kind, { ...unnamed, sourceIp: 'various' })
  }
}

/** Only what the folded ones have in common. */
function countedRow(event: AuditEvent): Counted {
  const { atMs, decision, requestId, reason, callerArn, callerAccessKeyId } = event
  return {
    atMs,
    event: event.event,
    decision,
    requestId,
    sourceIp: networkOf(event.sourceIp),
    ...(reason === undefined ? {} : { reason }),
    ...(callerArn === undefined ? {} : { callerArn }),
    ...(callerAccessKeyId === undefined ? {} : { callerAccessKeyId }),
    count: event.count ?? 1,
  }
}
