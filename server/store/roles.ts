import type { Selectable } from 'kysely'
import { deleteFree, insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import { asPrincipal, asPrincipalRow, type Principal, topicsOf } from './principals.ts'
import type { Schema } from './schema.ts'

export type Role = Principal & {
  description?: string
  /** The document as it was written. */
  trustPolicy: string
  /** The users and roles that it names, by ARN, to whose ids they were when it was written. */
  trustedIds?: Readonly<Record<string, string>>
  maxSessionSeconds: number
  demo: boolean
}

export type RoleChange = {
  trustPolicy?: string
  trustedIds?: Readonly<Record<string, string>>
  description?: string
  maxSessionSeconds?: number
}

export type Roles = {
  /** By name, as it is written: case counts. */
  find(name: string): Promise<Role | undefined>
  findById(id: string): Promise<Role | undefined>
  /** By name, those with this path before it. */
  list(pathPrefix?: string): Promise<Role[]>
  /** @throws {Refusal} entity.exists */
  create(role: Role): Promise<void>
  change(role: Principal, change: RoleChange): Promise<void>
  /**
   * Its inline policies go with it.
   * @throws {Refusal} entity.inUse when policies are attached
   */
  delete(role: Principal): Promise<void>
}

export function createRoles({ db, catalogue, write }: Database): Roles {
  const byName = catalogue.cache<Role>('role')
  const byId = catalogue.cache<Role>('roleId')
  const all = () => db.selectFrom('roles').innerJoin('principals', 'principals.id', 'roles.id').selectAll()

  return {
    find: name =>
      byName.get(name, async () => asRole(await all().where('name', '=', name).executeTakeFirst())),
    findById: id =>
      byId.get(id, async () => asRole(await all().where('roles.id', '=', id).executeTakeFirst())),
    async list(pathPrefix = '/') {
      const rows = await all().orderBy('name_key').execute()
      return rows.flatMap(row => (row.path.startsWith(pathPrefix) ? (asRole(row) ?? []) : []))
    },
    create: role =>
      insertUnique('Role', role.name, () =>
        write(topicsOf('role', role), async trx => {
          await trx.insertInto('principals').values(asPrincipalRow('role', role)).execute()
          await trx.insertInto('roles').values(asRow(role)).execute()
        }),
      ),
    change: (role, { trustPolicy, trustedIds = {}, description, maxSessionSeconds }) =>
      write(topicsOf('role', role), async trx => {
        await trx
          .updateTable('roles')
          .set({
            id: role.id,
            ...(trustPolicy === undefined
              ? {}
              : { trust_policy: trustPolicy, trusted_ids: JSON.stringify(trustedIds) }),
            ...(description === undefined ? {} : { description }),
            ...(maxSessionSeconds === undefined ? {} : { max_session_seconds: maxSessionSeconds }),
          })
          .where('id', '=', role.id)
          .execute()
      }),
    delete: role =>
      deleteFree(() =>
        write([...topicsOf('role', role), `documents:${role.id}`], async trx => {
          await trx.deleteFrom('principals').where('id', '=', role.id).execute()
        }),
      ),
  }
}

function asRow(role: Role): Selectable<Schema['roles']> {
  return {
    id: role.id,
    description: role.description ?? null,
    trust_policy: role.trustPolicy,
    trusted_ids: JSON.stringify(role.trustedIds ?? {}),
    max_session_seconds: role.maxSessionSeconds,
    demo: role.demo ? 1 : 0,
  }
}

function asRole(row: Selectable<Schema['roles'] & Schema['principals']> | undefined): Role | undefined {
  if (row === undefined) return undefined
  return {
    ...asPrincipal(row),
    ...(row.description === null ? {} : { description: row.description }),
    trustPolicy: row.trust_policy,
    ...(row.trusted_ids === '{}' ? {} : { trustedIds: JSON.parse(row.trusted_ids) }),
    maxSessionSeconds: row.max_session_seconds,
    demo: row.demo === 1,
  }
}
