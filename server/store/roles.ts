import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { insertUnique } from './unique.ts'

export type Role = {
  /** `AROA...` */
  id: string
  name: string
  path: string
  description?: string
  /** The document as it was written. */
  trustPolicy: string
  maxSessionSeconds: number
  tags: Readonly<Record<string, string>>
  createdAtMs: number
  demo: boolean
}

export type NewRole = Role
export type AttachedPolicy = { id: string; name: string; path: string }

export type Roles = {
  /** By name, as it is written: case counts. */
  find(name: string): Promise<Role | undefined>
  findById(id: string): Promise<Role | undefined>
  /** By name, those with this path before it. */
  list(pathPrefix?: string): Promise<Role[]>
  /** @throws {Refusal} entity.exists */
  create(role: NewRole): Promise<void>
  setTrustPolicy(id: string, document: string): Promise<void>
  /** Its inline policies go with it. The caller has seen that nothing is attached any more. */
  delete(id: string): Promise<void>

  findInlinePolicy(id: string, name: string): Promise<string | undefined>
  listInlinePolicies(id: string): Promise<string[]>
  putInlinePolicy(id: string, name: string, document: string): Promise<void>
  /** False when there was none of that name. */
  deleteInlinePolicy(id: string, name: string): Promise<boolean>

  /** Attaching twice is attaching once. */
  attach(id: string, policyId: string, nowMs: number): Promise<void>
  /** False when it was not attached. */
  detach(id: string, policyId: string): Promise<boolean>
  listAttached(id: string): Promise<AttachedPolicy[]>

  /** All documents that speak for the role: inline ones, then attached ones in their default version. */
  documents(id: string): Promise<readonly string[]>
}

export function createRoles(database: Database): Roles {
  const { db, catalogue } = database
  const byName = catalogue.cache<Role>('role')
  const byId = catalogue.cache<Role>('roleId')
  const documents = catalogue.cache<readonly string[]>('documents')

  /** A role's own row, under both of its names. */
  const change = (role: { id: string; name: string }, run: Run<void>) =>
    database.write([`role:${role.name}`, `roleId:${role.id}`, `documents:${role.id}`], run)
  const nameOf = async (id: string) =>
    (await db.selectFrom('roles').select('name').where('id', '=', id).executeTakeFirst())?.name ?? ''

  return {
    find: name =>
      byName.get(name, async () =>
        asRole(await db.selectFrom('roles').selectAll().where('name', '=', name).executeTakeFirst()),
      ),
    findById: id =>
      byId.get(id, async () =>
        asRole(await db.selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst()),
      ),
    async list(pathPrefix = '/') {
      const rows = await db.selectFrom('roles').selectAll().orderBy('name_key').execute()
      return rows.flatMap(row => (row.path.startsWith(pathPrefix) ? (asRole(row) ?? []) : []))
    },
    create: role =>
      insertUnique('Role', role.name, () =>
        change(role, async trx => {
          await trx.insertInto('roles').values(asRow(role)).execute()
        }),
      ),
    setTrustPolicy: async (id, document) =>
      change({ id, name: await nameOf(id) }, async trx => {
        await trx.updateTable('roles').set({ trust_policy: document }).where('id', '=', id).execute()
      }),
    delete: async id =>
      change({ id, name: await nameOf(id) }, async trx => {
        await trx.deleteFrom('roles').where('id', '=', id).execute()
      }),

    ...inlinePolicies(database),
    ...attachments(database),
    documents: async id => (await documents.get(id, () => loadDocuments(db, id))) ?? [],
  }
}

type Run<T> = (trx: Transaction<Schema>) => Promise<T>

function inlinePolicies({ db, write }: Database) {
  return {
    async findInlinePolicy(id: string, name: string) {
      const row = await db
        .selectFrom('role_policies')
        .select('document')
        .where('role_id', '=', id)
        .where('name', '=', name)
        .executeTakeFirst()
      return row?.document
    },
    async listInlinePolicies(id: string) {
      const rows = await db
        .selectFrom('role_policies')
        .select('name')
        .where('role_id', '=', id)
        .orderBy('name')
        .execute()
      return rows.map(row => row.name)
    },
    putInlinePolicy: (id: string, name: string, document: string) =>
      write([`documents:${id}`], async trx => {
        await trx
          .insertInto('role_policies')
          .values({ role_id: id, name, document })
          .onConflict(conflict => conflict.columns(['role_id', 'name']).doUpdateSet({ document }))
          .execute()
      }),
    deleteInlinePolicy: (id: string, name: string) =>
      write([`documents:${id}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('role_policies')
          .where('role_id', '=', id)
          .where('name', '=', name)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

function attachments({ db, write }: Database) {
  return {
    attach: (id: string, policyId: string, nowMs: number) =>
      write([`documents:${id}`], async trx => {
        await trx
          .insertInto('role_attachments')
          .values({ role_id: id, policy_id: policyId, attached_at_ms: nowMs })
          .onConflict(conflict => conflict.columns(['role_id', 'policy_id']).doNothing())
          .execute()
      }),
    detach: (id: string, policyId: string) =>
      write([`documents:${id}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('role_attachments')
          .where('role_id', '=', id)
          .where('policy_id', '=', policyId)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
    listAttached: (id: string) =>
      db
        .selectFrom('role_attachments')
        .innerJoin('policies', 'policies.id', 'role_attachments.policy_id')
        .select(['policies.id', 'policies.name', 'policies.path'])
        .where('role_attachments.role_id', '=', id)
        .orderBy('policies.name_key')
        .execute(),
  }
}

async function loadDocuments(db: Kysely<Schema>, id: string): Promise<string[]> {
  const inline = await db
    .selectFrom('role_policies')
    .select('document')
    .where('role_id', '=', id)
    .orderBy('name')
    .execute()
  const attached = await db
    .selectFrom('role_attachments')
    .innerJoin('policies', 'policies.id', 'role_attachments.policy_id')
    .innerJoin('policy_versions', join =>
      join
        .onRef('policy_versions.policy_id', '=', 'policies.id')
        .onRef('policy_versions.version', '=', 'policies.default_version'),
    )
    .select('policy_versions.document')
    .where('role_attachments.role_id', '=', id)
    .orderBy('policies.name_key')
    .execute()
  return [...inline, ...attached].map(row => row.document)
}

function asRow(role: NewRole): Selectable<Schema['roles']> {
  return {
    id: role.id,
    name: role.name,
    name_key: role.name.toLowerCase(),
    path: role.path,
    description: role.description ?? null,
    trust_policy: role.trustPolicy,
    max_session_seconds: role.maxSessionSeconds,
    tags: JSON.stringify(role.tags),
    created_at_ms: role.createdAtMs,
    demo: role.demo ? 1 : 0,
  }
}

function asRole(row: Selectable<Schema['roles']> | undefined): Role | undefined {
  if (row === undefined) return undefined
  return {
    id: row.id,
    name: row.name,
    path: row.path,
    ...(row.description === null ? {} : { description: row.description }),
    trustPolicy: row.trust_policy,
    maxSessionSeconds: row.max_session_seconds,
    tags: JSON.parse(row.tags),
    createdAtMs: row.created_at_ms,
    demo: row.demo === 1,
  }
}
