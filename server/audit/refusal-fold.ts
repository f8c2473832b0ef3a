import ipaddr from 'ipaddr.js'
import type { Clock } from '../base/clock.ts'
import type { AuditEvent } from './audit-event.ts'

const perAddress = { burst: 20, perSecond: 1 }
const inAll = { burst: 500, perSecond: 50 }
const mostAddresses = 10_000
const mostFolded = 1_000

type Bucket = { tokens: number; atMs: number }

export type RefusalFold = {
  /** Whether this refusal gets a row of its own: not when its address, or all together, has had too many. */
  mayPass(event: AuditEvent): boolean
  /** Counts it, or as many as it stands for, with others of its kind. */
  add(event: AuditEvent): void
  /** The counted rows so far; the counting begins anew. */
  take(): AuditEvent[]
}

/**
 * Keeps strangers from filling the disk. In all, refusals cost at most 50 rows a second and 1,000
 * counted rows a fold; memory is bounded alike. Nothing is lost but detail: every refusal is in some
 * row's count.
 */
export function createRefusalFold(clock: Clock): RefusalFold {
  const addresses = new Map<string, Bucket>()
  const everybody: Bucket = { tokens: inAll.burst, atMs: clock() }
  let folded = new Map<string, AuditEvent & { count: number }>()

  return {
    mayPass(event) {
      const nowMs = clock()
      const key = networkOf(event.sourceIp)
      const bucket = addresses.get(key) ?? { tokens: perAddress.burst, atMs: nowMs }
      addresses.delete(key)
      if (addresses.size >= mostAddresses) dropEldest(addresses)
      addresses.set(key, bucket)
      return takeToken(bucket, perAddress, nowMs) && takeToken(everybody, inAll, nowMs)
    },
    add(event) {
      const network = networkOf(event.sourceIp)
      const kind = `${event.event} ${event.reason}`
      const key = `${network} ${kind}`
      const known = folded.get(key)
      if (known !== undefined) known.count += event.count ?? 1
      else if (folded.size < mostFolded) folded.set(key, countedRow(event, network))
      else addToRest(folded, kind, event)
    },
    take() {
      const rows = [...folded.values()]
      folded = new Map()
      return rows
    },
  }
}

/** When even the table of kinds is full, the address is given up and only the kind is counted. */
function addToRest(
  folded: Map<string, AuditEvent & { count: number }>,
  kind: string,
  event: AuditEvent,
): void {
  const rest = folded.get(kind)
  if (rest === undefined) folded.set(kind, countedRow(event, 'various'))
  else rest.count += event.count ?? 1
}

/** Only what the folded ones have in common. */
function countedRow(event: AuditEvent, sourceIp: string): AuditEvent & { count: number } {
  return {
    atMs: event.atMs,
    event: event.event,
    decision: event.decision,
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    requestId: event.requestId,
    sourceIp,
    count: event.count ?? 1,
  }
}

/** One household's IPv6 is a /64: counting single addresses would give everybody 2^64 budgets. */
function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`).toString()}/64`
}

function takeToken(bucket: Bucket, rate: { burst: number; perSecond: number }, nowMs: number): boolean {
  const gained = (Math.max(0, nowMs - bucket.atMs) / 1000) * rate.perSecond
  bucket.tokens = Math.min(rate.burst, bucket.tokens + gained)
  bucket.atMs = nowMs
  if (bucket.tokens < 1) return false
  bucket.tokens -= 1
  return true
}

function dropEldest(addresses: Map<string, Bucket>): void {
  const eldest = addresses.keys().next()
  if (!eldest.done) addresses.delete(eldest.value)
}
