import type { Selectable } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { insertUnique } from './unique.ts'

/** A managed policy. */
export type ManagedPolicy = {
  /** `ANPA...` */
  id: string
  name: string
  path: string
  description?: string
  defaultVersion: string
  tags: Readonly<Record<string, string>>
  createdAtMs: number
  updatedAtMs: number
  demo: boolean
}

export type Policies = {
  /** By name, as it is written: case counts. */
  find(name: string): Promise<ManagedPolicy | undefined>
  /** @throws {Refusal} entity.exists */
  create(policy: ManagedPolicy, document: string): Promise<void>
  /** All its versions go with it. The caller has seen that it is attached nowhere. */
  delete(id: string): Promise<void>
  /** The document in force. */
  findDocument(id: string): Promise<string | undefined>
  countAttachments(id: string): Promise<number>
}

export function createPolicies({ db, catalogue, write }: Database): Policies {
  const byName = catalogue.cache<ManagedPolicy>('policy')
  const documents = catalogue.cache<string>('policyDocument')

  return {
    find: name =>
      byName.get(name, async () =>
        asPolicy(await db.selectFrom('policies').selectAll().where('name', '=', name).executeTakeFirst()),
      ),
    create: (policy, document) =>
      insertUnique('Policy', policy.name, () =>
        write([`policy:${policy.name}`, `policyDocument:${policy.id}`], async trx => {
          await trx.insertInto('policies').values(asRow(policy)).execute()
          await trx
            .insertInto('policy_versions')
            .values({
              policy_id: policy.id,
              version: policy.defaultVersion,
              document,
              created_at_ms: policy.createdAtMs,
            })
            .execute()
        }),
      ),
    // Whatever it was attached to has lost it: nobody's documents can be told from here.
    delete: id =>
      write(['policy', `policyDocument:${id}`, 'documents'], async trx => {
        await trx.deleteFrom('policies').where('id', '=', id).execute()
      }),
    findDocument: id =>
      documents.get(id, async () => {
        const row = await db
          .selectFrom('policies')
          .innerJoin('policy_versions', join =>
            join
              .onRef('policy_versions.policy_id', '=', 'policies.id')
              .onRef('policy_versions.version', '=', 'policies.default_version'),
          )
          .select('policy_versions.document')
          .where('policies.id', '=', id)
          .executeTakeFirst()
        return row?.document
      }),
    async countAttachments(id) {
      const { count } = await db
        .selectFrom('role_attachments')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('policy_id', '=', id)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
  }
}

function asRow(policy: ManagedPolicy): Selectable<Schema['policies']> {
  return {
    id: policy.id,
    name: policy.name,
    name_key: policy.name.toLowerCase(),
    path: policy.path,
    description: policy.description ?? null,
    default_version: policy.defaultVersion,
    tags: JSON.stringify(policy.tags),
    created_at_ms: policy.createdAtMs,
    updated_at_ms: policy.updatedAtMs,
    demo: policy.demo ? 1 : 0,
  }
}

function asPolicy(row: Selectable<Schema['policies']> | undefined): ManagedPolicy | undefined {
  if (row === undefined) return undefined
  return {
    id: row.id,
    name: row.name,
    path: row.path,
    ...(row.description === null ? {} : { description: row.description }),
    defaultVersion: row.default_version,
    tags: JSON.parse(row.tags),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    demo: row.demo === 1,
  }
}
