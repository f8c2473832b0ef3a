import type { ExpressionBuilder, Transaction } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** Beyond these what is noted is lost until the next `flush`: nothing but a date depends on it. */
const mostNoted = 50_000
/** Of more the other nodes could not be told by name what changed, and would forget all that they have cached. */
const mostAtOnce = 30

export type SecretAccesses = {
  /** The day on which a value was given out, at its beginning. */
  note(secretId: string, versionId: string, dayMs: number): void
  /** Writes what was noted. */
  flush(): Promise<void>
}

type Access = { secretId: string; versionId: string; dayMs: number }

/** When values were last given out. Written in its own time: a read is no reason to wait for the disk. */
export function createSecretAccesses({ write }: Pick<Database, 'write'>): SecretAccesses {
  let noted = new Map<string, Access>()
  return {
    note(secretId, versionId, dayMs) {
      const key = `${secretId} ${versionId}`
      if (noted.size < mostNoted || noted.has(key)) noted.set(key, { secretId, versionId, dayMs })
    },
    async flush() {
      // One order for everybody: two nodes that write the same days then wait for each other in no circle.
      const writing = [...noted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, access]) => access)
      noted = new Map()
      while (writing.length > 0) {
        const group = writing.splice(0, mostAtOnce)
        await write(group.flatMap(topicsOf), async trx => {
          for (const access of group) await writeOne(trx, access)
        })
      }
    },
  }
}

function topicsOf({ secretId, versionId }: Access): string[] {
  return [`secret:${secretId}`, `secretVersion:${secretId} ${versionId}`]
}

async function writeOne(trx: Transaction<Schema>, { secretId, versionId, dayMs }: Access): Promise<void> {
  const day = { accessed_on_ms: dayMs }
  await trx.updateTable('secrets').set(day).where('id', '=', secretId).where(isEarlier(dayMs)).execute()
  await trx
    .updateTable('secret_versions')
    .set(day)
    .where('secret_id', '=', secretId)
    .where('id', '=', versionId)
    .where(isEarlier(dayMs))
    .execute()
}

/** Of two nodes' notes the later day stays, whichever is written last. */
function isEarlier(dayMs: number) {
  return ({ eb, or }: ExpressionBuilder<Schema, 'secrets' | 'secret_versions'>) =>
    or([eb('accessed_on_ms', 'is', null), eb('accessed_on_ms', '<', dayMs)])
}
