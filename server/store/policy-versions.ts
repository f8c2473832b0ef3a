import type { Selectable, Transaction } from 'kysely'
import { Refusal } from '../base/refusal.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { type PolicyName, storedName } from './shipped-names.ts'

export type PolicyVersion = { version: string; document: string; createdAtMs: number }
export type NewVersion = { document: string; asDefault: boolean; nowMs: number; mostVersions: number }
type PolicyKey = PolicyName & { id: string }

export type PolicyVersions = {
  /** The newest first. */
  listVersions(id: string): Promise<PolicyVersion[]>
  findVersion(id: string, version: string): Promise<PolicyVersion | undefined>
  /**
   * Answers its name, or undefined where there are as many as there may be.
   * @throws {Refusal} entity.missing when the policy is gone
   */
  addVersion(policy: PolicyKey, added: NewVersion): Promise<string | undefined>
  /** False when there is no such version. */
  setDefaultVersion(policy: PolicyKey, version: string): Promise<boolean>
  /** False when there is no such version, or it is the one in force. */
  deleteVersion(id: string, version: string): Promise<boolean>
}

/** What must be forgotten when a policy's row changes. */
export function topicsOf(policy: PolicyKey): string[] {
  const { id } = policy
  return [`policy:${storedName(policy)}`, `policyId:${id}`, `policyDocument:${id}`]
}

/** The versions of managed policies: several are kept, one is in force. */
export function createPolicyVersions({ db, write }: Database): PolicyVersions {
  return {
    async listVersions(id) {
      const rows = await db.selectFrom('policy_versions').selectAll().where('policy_id', '=', id).execute()
      return rows.map(asVersion).sort((a, b) => numberOf(b.version) - numberOf(a.version))
    },
    async findVersion(id, version) {
      const row = await db
        .selectFrom('policy_versions')
        .selectAll()
        .where('policy_id', '=', id)
        .where('version', '=', version)
        .executeTakeFirst()
      return row && asVersion(row)
    },
    addVersion: (policy, added) =>
      // Whatever it is attached to may have another document: nobody's can be told from here.
      write(added.asDefault ? [...topicsOf(policy), 'documents'] : topicsOf(policy), trx =>
        addVersion(trx, policy.id, added),
      ).catch(error => {
        if (error instanceof TooMany) return undefined
        throw error
      }),
    setDefaultVersion: (policy, version) =>
      write([...topicsOf(policy), 'documents'], async trx => {
        await lock(trx, policy.id)
        const found = await trx
          .selectFrom('policy_versions')
          .select('version')
          .where('policy_id', '=', policy.id)
          .where('version', '=', version)
          .executeTakeFirst()
        if (found !== undefined) await makeDefault(trx, policy.id, version)
        return found !== undefined
      }),
    deleteVersion: (id, version) =>
      write([], async trx => {
        if ((await lock(trx, id))?.default_version === version) return false
        const { numDeletedRows } = await trx
          .deleteFrom('policy_versions')
          .where('policy_id', '=', id)
          .where('version', '=', version)
          .executeTakeFirstOrThrow()
        return numDeletedRows > 0n
      }),
  }
}

/** Takes back what was done so far. */
class TooMany extends Error {}

async function addVersion(
  trx: Transaction<Schema>,
  id: string,
  { document, asDefault, nowMs, mostVersions }: NewVersion,
): Promise<string> {
  // First, since it locks the row: of two that come at once the second sees what the first has added.
  const row = await trx
    .updateTable('policies')
    .set(({ eb }) => ({ last_version: eb('last_version', '+', 1), updated_at_ms: nowMs }))
    .where('id', '=', id)
    .returning('last_version')
    .executeTakeFirst()
  if (row === undefined) throw new Refusal('entity.missing', { detail: `policy ${id} is gone` })
  const version = `v${row.last_version}`
  const { count } = await trx
    .selectFrom('policy_versions')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('policy_id', '=', id)
    .executeTakeFirstOrThrow()
  if (Number(count) >= mostVersions) throw new TooMany()
  await trx
    .insertInto('policy_versions')
    .values({ policy_id: id, version, document, created_at_ms: nowMs })
    .execute()
  if (asDefault) await makeDefault(trx, id, version)
  return version
}

/**
 * Holds the policy's row, so that the version in force can't be deleted by somebody who saw another one in force:
 * a policy without a document would be a Deny that is gone.
 */
export function lock(trx: Transaction<Schema>, id: string) {
  return trx
    .updateTable('policies')
    .set(({ ref }) => ({ default_version: ref('default_version') }))
    .where('id', '=', id)
    .returning(['default_version', 'tags'])
    .executeTakeFirst()
}

async function makeDefault(trx: Transaction<Schema>, id: string, version: string): Promise<void> {
  await trx.updateTable('policies').set({ default_version: version }).where('id', '=', id).execute()
}

function asVersion(row: Selectable<Schema['policy_versions']>): PolicyVersion {
  return { version: row.version, document: row.document, createdAtMs: row.created_at_ms }
}

/** `v12` */
function numberOf(version: string): number {
  return Number(version.slice(1))
}
