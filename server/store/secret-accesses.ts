import type { ExpressionBuilder, Transaction } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import type { SecretVersion } from './secret-versions.ts'

/** Beyond these what is noted is lost until the next `flush`: nothing but a date depends on it. */
const mostNoted = 50_000
/** Bounds the statement that a group becomes, and how long others wait for it. */
const mostAtOnce = 100

export type SecretAccesses = {
  /**
   * The day on which a value was given out, at its beginning. Whoever has the version in memory goes on with the day that
   * it had: what asks for days asks the database.
   */
  note(secretId: string, version: SecretVersion, dayMs: number): void
  /** Writes what was noted. What could not be written is noted again. */
  flush(): Promise<void>
}

type Access = { secretId: string; versionId: string; dayMs: number }

/** When values were last given out. Written in its own time: a read is no reason to wait for the disk. */
export function createSecretAccesses({ write }: Pick<Database, 'write'>): SecretAccesses {
  let noted = new Map<string, Access>()
  // Nobody is told to forget a version because it was used, or each day would begin with all caches empty.
  const notedOn = new WeakMap<SecretVersion, number>()
  /** False when there is no room for it. */
  const add = (access: Access): boolean => {
    const key = `${access.secretId} ${access.versionId}`
    const known = noted.get(key)
    if (known === undefined && noted.size >= mostNoted) return false
    if ((known?.dayMs ?? 0) < access.dayMs) noted.set(key, access)
    return true
  }
  return {
    note(secretId, version, dayMs) {
      if ((version.accessedOnMs ?? 0) >= dayMs || (notedOn.get(version) ?? 0) >= dayMs) return
      if (add({ secretId, versionId: version.id, dayMs })) notedOn.set(version, dayMs)
    },
    async flush() {
      // One order for everybody: two nodes that write the same days then wait for each other in no circle.
      const writing = [...noted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, access]) => access)
      noted = new Map()
      try {
        while (writing.length > 0) {
          await write([], trx => writeDays(trx, writing.slice(0, mostAtOnce)))
          writing.splice(0, mostAtOnce)
        }
      } finally {
        for (const access of writing) add(access)
      }
    },
  }
}

async function writeDays(trx: Transaction<Schema>, accesses: readonly Access[]): Promise<void> {
  for (const [dayMs, ofDay] of Map.groupBy(accesses, access => access.dayMs)) {
    const day = { accessed_on_ms: dayMs }
    const ids = ofDay.map(({ secretId }) => secretId)
    await trx.updateTable('secrets').set(day).where('id', 'in', ids).where(isEarlier(dayMs)).execute()
    await trx
      .updateTable('secret_versions')
      .set(day)
      .where(({ and, eb, or }) =>
        or(
          ofDay.map(({ secretId, versionId }) =>
            and([eb('secret_id', '=', secretId), eb('id', '=', versionId)]),
          ),
        ),
      )
      .where(isEarlier(dayMs))
      .execute()
  }
}

/** Of two nodes' notes the later day stays, whichever is written last. */
function isEarlier(dayMs: number) {
  return ({ eb, or }: ExpressionBuilder<Schema, 'secrets' | 'secret_versions'>) =>
    or([eb('accessed_on_ms', 'is', null), eb('accessed_on_ms', '<', dayMs)])
}
