import type { Insertable, Selectable, Transaction } from 'kysely'
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

export type PolicyVersion = { version: string; document: string; createdAtMs: number }
export type AttachedRole = { id: string; name: string; path: string }

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
  /** Of each policy that is attached anywhere, by its id. */
  attachmentCounts(): Promise<ReadonlyMap<string, number>>
  /** By name. */
  list(): Promise<ManagedPolicy[]>
  /** By name, those that it is attached to. */
  listAttachedRoles(id: string): Promise<AttachedRole[]>

  /** The newest first. */
  listVersions(id: string): Promise<PolicyVersion[]>
  findVersion(id: string, version: string): Promise<PolicyVersion | undefined>
  /** Answers its name, or undefined where there are as many as there may be. */
  addVersion(policy: ManagedPolicy, added: NewVersion): Promise<string | undefined>
  /** False when there is no such version. */
  setDefaultVersion(policy: ManagedPolicy, version: string): Promise<boolean>
  /** False when there is no such version. The caller has seen that it is not the one in force. */
  deleteVersion(id: string, version: string): Promise<boolean>
}

export type NewVersion = { document: string; asDefault: boolean; nowMs: number; mostVersions: number }

export function createPolicies({ db, catalogue, write }: Database): Policies {
  const byName = catalogue.cache<ManagedPolicy>('policy')
  const documents = catalogue.cache<string>('policyDocument')
  const topicsOf = ({ id, name }: ManagedPolicy) => [`policy:${name}`, `policyDocument:${id}`]

  return {
    find: name =>
      byName.get(name, async () =>
        asPolicy(await db.selectFrom('policies').selectAll().where('name', '=', name).executeTakeFirst()),
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
    async attachmentCounts() {
      const rows = await db
        .selectFrom('role_attachments')
        .select(({ fn }) => ['policy_id', fn.countAll<number>().as('count')])
        .groupBy('policy_id')
        .execute()
      return new Map(rows.map(row => [row.policy_id, Number(row.count)]))
    },
    async list() {
      const rows = await db.selectFrom('policies').selectAll().orderBy('name_key').execute()
      return rows.flatMap(row => asPolicy(row) ?? [])
    },
    listAttachedRoles: id =>
      db
        .selectFrom('role_attachments')
        .innerJoin('roles', 'roles.id', 'role_attachments.role_id')
        .select(['roles.id', 'roles.name', 'roles.path'])
        .where('role_attachments.policy_id', '=', id)
        .orderBy('roles.name_key')
        .execute(),

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
    addVersion: (policy, { document, asDefault, nowMs, mostVersions }) =>
      // Whatever it is attached to may have another document: nobody's can be told from here.
      write(asDefault ? [...topicsOf(policy), 'documents'] : topicsOf(policy), async trx => {
        // First, since it locks the row: of two that come at once the second sees what the first has added.
        const row = await trx
          .updateTable('policies')
          .set(({ eb }) => ({ last_version: eb('last_version', '+', 1), updated_at_ms: nowMs }))
          .where('id', '=', policy.id)
          .returning('last_version')
          .executeTakeFirst()
        if (row === undefined) return undefined
        const version = `v${row.last_version}`
        const { count } = await trx
          .selectFrom('policy_versions')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('policy_id', '=', policy.id)
          .executeTakeFirstOrThrow()
        if (Number(count) >= mostVersions) throw new TooMany()
        await trx
          .insertInto('policy_versions')
          .values({ policy_id: policy.id, version, document, created_at_ms: nowMs })
          .execute()
        if (asDefault) await makeDefault(trx, policy.id, version)
        return version
      }).catch(error => {
        if (error instanceof TooMany) return undefined
        throw error
      }),
    setDefaultVersion: (policy, version) =>
      write([...topicsOf(policy), 'documents'], async trx => {
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
        const { numDeletedRows } = await trx
          .deleteFrom('policy_versions')
          .where('policy_id', '=', id)
          .where('version', '=', version)
          .where('version', '!=', ({ selectFrom }) =>
            selectFrom('policies').select('default_version').where('id', '=', id),
          )
          .executeTakeFirstOrThrow()
        return numDeletedRows > 0n
      }),
  }
}

/** Takes back what was done so far. */
class TooMany extends Error {}

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

function asRow(policy: ManagedPolicy): Insertable<Schema['policies']> {
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
