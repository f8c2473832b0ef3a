import type { Kysely } from 'kysely'
import { insertReferring } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { readStoredName } from './shipped-names.ts'

export type AttachedPolicy = { id: string; name: string; shipped: boolean; path: string }
export type InlinePolicy = { name: string; document: string }

/** The policies of roles, users and groups, by the principal's id. */
export type PrincipalPolicies = {
  findInline(id: string, name: string): Promise<string | undefined>
  /** By name. */
  listInline(id: string): Promise<InlinePolicy[]>
  putInline(id: string, name: string, document: string): Promise<void>
  /** False when there was none of that name. */
  deleteInline(id: string, name: string): Promise<boolean>

  /**
   * Attaching twice is attaching once.
   * @throws {Refusal} entity.missing when one of them is gone meanwhile
   */
  attach(id: string, policyId: string, nowMs: number): Promise<void>
  /** False when it was not attached. */
  detach(id: string, policyId: string): Promise<boolean>
  /** By name. */
  listAttached(id: string): Promise<AttachedPolicy[]>

  /** All documents that speak for the principal: inline ones, then attached ones in their default version. */
  documents(id: string): Promise<readonly string[]>
}

export function createPrincipalPolicies(database: Database): PrincipalPolicies {
  const { db, catalogue } = database
  const documents = catalogue.cache<readonly string[]>('documents')
  return {
    ...inlinePolicies(database),
    ...attachments(database),
    documents: async id => (await documents.get(id, () => loadDocuments(db, id))) ?? [],
  }
}

function inlinePolicies({ db, write }: Database) {
  return {
    async findInline(id: string, name: string) {
      const row = await db
        .selectFrom('inline_policies')
        .select('document')
        .where('principal_id', '=', id)
        .where('name', '=', name)
        .executeTakeFirst()
      return row?.document
    },
    listInline: (id: string) =>
      db
        .selectFrom('inline_policies')
        .select(['name', 'document'])
        .where('principal_id', '=', id)
        .orderBy('name')
        .execute(),
    putInline: (id: string, name: string, document: string) =>
      insertReferring(() =>
        write([`documents:${id}`], async trx => {
          await trx
            .insertInto('inline_policies')
            .values({ principal_id: id, name, document })
            .onConflict(conflict => conflict.columns(['principal_id', 'name']).doUpdateSet({ document }))
            .execute()
        }),
      ),
    deleteInline: (id: string, name: string) =>
      write([`documents:${id}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('inline_policies')
          .where('principal_id', '=', id)
          .where('name', '=', name)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

function attachments({ db, write }: Database) {
  return {
    attach: (id: string, policyId: string, nowMs: number) =>
      insertReferring(() =>
        write([`documents:${id}`], async trx => {
          await trx
            .insertInto('attachments')
            .values({ principal_id: id, policy_id: policyId, attached_at_ms: nowMs })
            .onConflict(conflict => conflict.columns(['principal_id', 'policy_id']).doNothing())
            .execute()
        }),
      ),
    detach: (id: string, policyId: string) =>
      write([`documents:${id}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('attachments')
          .where('principal_id', '=', id)
          .where('policy_id', '=', policyId)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
    async listAttached(id: string) {
      const rows = await db
        .selectFrom('attachments')
        .innerJoin('policies', 'policies.id', 'attachments.policy_id')
        .select(['policies.id', 'policies.name', 'policies.path'])
        .where('attachments.principal_id', '=', id)
        .orderBy('policies.name_key')
        .execute()
      return rows.map(row => ({ id: row.id, ...readStoredName(row.name), path: row.path }))
    },
  }
}

async function loadDocuments(db: Kysely<Schema>, id: string): Promise<string[]> {
  const inline = await db
    .selectFrom('inline_policies')
    .select('document')
    .where('principal_id', '=', id)
    .orderBy('name')
    .execute()
  const attached = await db
    .selectFrom('attachments')
    .innerJoin('policies', 'policies.id', 'attachments.policy_id')
    .innerJoin('policy_versions', join =>
      join
        .onRef('policy_versions.policy_id', '=', 'policies.id')
        .onRef('policy_versions.version', '=', 'policies.default_version'),
    )
    .select('policy_versions.document')
    .where('attachments.principal_id', '=', id)
    .orderBy('policies.name_key')
    .execute()
  return [...inline, ...attached].map(row => row.document)
}
