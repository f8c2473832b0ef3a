import type { AuditQuery, AuditReader, StoredEvent } from '../../audit/audit-reader.ts'
import { requestTimeMs } from '../../base/ids.ts'

export type FoundRequest =
  /** What the log has under this very id, the oldest first. */
  | { found: 'rows'; rows: readonly StoredEvent[] }
  /** It has no row of its own; these were counted at its time, the nearest first. */
  | { found: 'counted'; atMs: number; rows: readonly StoredEvent[] }
  | { found: 'nothing'; atMs: number | undefined; isKept: boolean }

const mostRows = 50
const mostCounted = 5
/** Refusals are counted for ten seconds, and for longer while the disk does not keep up. */
const longestCountMs = 60_000

/** What the audit log knows of a request. */
export async function findRequest(
  reader: Pick<AuditReader, 'lookUp'>,
  requestId: string,
): Promise<FoundRequest> {
  const atMs = requestTimeMs(requestId)
  const rows = await lookUpAll(
    reader,
    { requestId, ...(atMs === undefined ? {} : around(atMs, 0)) },
    mostRows,
  )
  if (rows.length > 0) return { found: 'rows', rows: rows.reverse() }
  if (atMs === undefined) return { found: 'nothing', atMs, isKept: true }
  const counted = await lookUpAll(reader, { folded: true, ...around(atMs, longestCountMs) }, mostCounted)
  if (counted.length > 0) return { found: 'counted', atMs, rows: counted }
  return { found: 'nothing', atMs, isKept: await hasRowsBefore(reader, atMs) }
}

function around(atMs: number, beforeMs: number) {
  return { fromMs: atMs - beforeMs, toMs: atMs }
}

/** Page by page: no answer looks at the whole log at once. */
async function lookUpAll(
  reader: Pick<AuditReader, 'lookUp'>,
  query: Omit<AuditQuery, 'most'>,
  most: number,
): Promise<StoredEvent[]> {
  const rows: StoredEvent[] = []
  let before: number | undefined
  do {
    const page = await reader.lookUp({
      ...query,
      ...(before === undefined ? {} : { before }),
      most: most - rows.length,
    })
    rows.push(...page.events)
    before = page.next
  } while (before !== undefined && rows.length < most)
  return rows
}

/** Whether the log goes back so far. */
async function hasRowsBefore(reader: Pick<AuditReader, 'lookUp'>, atMs: number): Promise<boolean> {
  const rows = await lookUpAll(reader, { toMs: atMs }, 1)
  return rows.length > 0
}
