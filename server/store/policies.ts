import type { Insertable, Selectable } from 'kysely'
import { deleteFree, insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import { createPolicyVersions, lock, type PolicyVersions, topicsOf } from './policy-versions.ts'
import type { PrincipalKind, Tags } from './principals.ts'
import type { Schema } from './schema.ts'
import { readStoredName, storedName } from './shipped-names.ts'

/** A managed policy. */
export type ManagedPolicy = {
  /** `ANPA...` */
  id: string
  name: string
  /** Ships with the service: `arn:aws:iam::aws:policy/...`, the same in every account. */
  shipped: boolean
  path: string
  description?: string
  defaultVersion: string
  tags: Tags
  createdAtMs: number
  updatedAtMs: number
  demo: boolean
}

export type AttachedPrincipal = { id: string; kind: PrincipalKind; name: string; path: string }

export type Policies = PolicyVersions & {
  /** By name, as it is written: case counts. */
  find(name: string, shipped?: boolean): Promise<ManagedPolicy | undefined>
  findById(id: string): Promise<ManagedPolicy | undefined>
  /** @throws {Refusal} entity.exists */
  create(policy: ManagedPolicy, document: string): Promise<void>
  /**
   * All its versions go with it.
   * @throws {Refusal} entity.inUse when it is attached, or somebody's boundary
   */
  delete(id: string): Promise<void>
  /** The document in force. */
  findDocument(id: string): Promise<string | undefined>
  /** @param change what the tags become; it may throw, and then they stay */
  changeTags(policy: ManagedPolicy, change: (tags: Tags) => Tags): Promise<void>
  /** Of each policy that is attached anywhere, by its id. */
  attachmentCounts(): Promise<ReadonlyMap<string, number>>
  /** Of each policy that is anybody's boundary, by its id. */
  boundaryCounts(): Promise<ReadonlyMap<string, number>>
  /** By name. */
  list(): Promise<ManagedPolicy[]>
  /** By name, those that it is attached to. */
  listAttached(id: string): Promise<AttachedPrincipal[]>
}

export function createPolicies(database: Database): Policies {
  const { db, catalogue, write } = database
  const byName = catalogue.cache<ManagedPolicy>('policy')
  const byId = catalogue.cache<ManagedPolicy>('policyId')
  const documents = catalogue.cache<string>('policyDocument')

  return {
    ...createPolicyVersions(database),
    find: (name, shipped = false) => {
      const stored = storedName({ name, shipped })
      return byName.get(stored, async () =>
        asPolicy(await db.selectFrom('policies').selectAll().where('name', '=', stored).executeTakeFirst()),
      )
    },
    findById: id =>
      byId.get(id, async () =>
        asPolicy(await db.selectFrom('policies').selectAll().where('id', '=', id).executeTakeFirst()),
      ),
    create: (policy, document) =>
      insertUnique('Policy', policy.name, () =>
        write(topicsOf(policy), async trx => {
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
      deleteFree(() =>
        write(['policy', `policyId:${id}`, `policyDocument:${id}`, 'documents'], async trx => {
          await trx.deleteFrom('policies').where('id', '=', id).execute()
        }),
      ),
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
    changeTags: (policy, change) =>
      write(topicsOf(policy), async trx => {
        const row = await lock(trx, policy.id)
        if (row === undefined) return
        const tags = JSON.stringify(change(JSON.parse(row.tags)))
        await trx.updateTable('policies').set({ tags }).where('id', '=', policy.id).execute()
      }),
    async attachmentCounts() {
      const rows = await db
        .selectFrom('attachments')
        .select(({ fn }) => ['policy_id', fn.countAll<number>().as('count')])
        .groupBy('policy_id')
        .execute()
      return new Map(rows.map(row => [row.policy_id, Number(row.count)]))
    },
    async boundaryCounts() {
      const rows = await db
        .selectFrom('principals')
        .select(({ fn }) => ['boundary_id', fn.countAll<number>().as('count')])
        .where('boundary_id', 'is not', null)
        .groupBy('boundary_id')
        .execute()
      return new Map(rows.map(row => [row.boundary_id ?? '', Number(row.count)]))
    },
    async list() {
      const rows = await db.selectFrom('policies').selectAll().orderBy('name_key').execute()
      return rows.flatMap(row => asPolicy(row) ?? [])
    },
    listAttached: id =>
      db
        .selectFrom('attachments')
        .innerJoin('principals', 'principals.id', 'attachments.principal_id')
        .select(['principals.id', 'principals.kind', 'principals.name', 'principals.path'])
        .where('attachments.policy_id', '=', id)
        .orderBy('principals.name_key')
        .execute(),
  }
}

function asRow(policy: ManagedPolicy): Insertable<Schema['policies']> {
  return {
    id: policy.id,
    name: storedName(policy),
    name_key: storedName(policy).toLowerCase(),
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
    ...readStoredName(row.name),
    path: row.path,
    ...(row.description === null ? {} : { description: row.description }),
    defaultVersion: row.default_version,
    tags: JSON.parse(row.tags),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    demo: row.demo === 1,
  }
}
