import { deleteFree, insertReferring, insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import { asPrincipal, asPrincipalRow, type Principal, topicsOf } from './principals.ts'

/** `AIDA...` */
export type User = Principal
/** `AGPA...` */
export type Group = Principal
export type Renaming = { name?: string; path?: string }

/** What users and groups have alike; case counts in a name that is asked for. */
type Entities = {
  find(name: string): Promise<Principal | undefined>
  findById(id: string): Promise<Principal | undefined>
  /** By name, those with this path before it. */
  list(pathPrefix?: string): Promise<Principal[]>
  /** @throws {Refusal} entity.exists */
  create(entity: Principal): Promise<void>
  /** @throws {Refusal} entity.exists */
  rename(entity: Principal, to: Renaming): Promise<void>
  /**
   * Its inline policies go with it.
   * @throws {Refusal} entity.inUse when policies are attached, or keys or memberships left
   */
  delete(entity: Principal): Promise<void>
}

export type Users = Entities & {
  /** The groups that the user is in, by name. */
  listGroups(userId: string): Promise<Group[]>
  /** The ids of those groups: asked at each request. */
  groupIds(userId: string): Promise<readonly string[]>
}

export type Groups = Entities & {
  /** By name. */
  listUsers(groupId: string): Promise<User[]>
  /**
   * Adding twice is adding once.
   * @throws {Refusal} entity.missing when one of them is gone meanwhile
   */
  addUser(groupId: string, userId: string): Promise<void>
  /** False when the user was not in it. */
  removeUser(groupId: string, userId: string): Promise<boolean>
}

export function createUsers(database: Database): Users {
  const { db, catalogue } = database
  const groupIds = catalogue.cache<readonly string[]>('groupIds')
  const groupsOf = (userId: string) =>
    db
      .selectFrom('memberships')
      .innerJoin('principals', 'principals.id', 'memberships.group_id')
      .where('memberships.user_id', '=', userId)
      .orderBy('name_key')
  return {
    ...createEntities(database, 'user', 'User'),
    async listGroups(userId) {
      return (await groupsOf(userId).selectAll('principals').execute()).map(asPrincipal)
    },
    async groupIds(userId) {
      const ids = await groupIds.get(userId, async () =>
        (await groupsOf(userId).select('principals.id').execute()).map(({ id }) => id),
      )
      return ids ?? []
    },
  }
}

export function createGroups(database: Database): Groups {
  const { db, write } = database
  return {
    ...createEntities(database, 'group', 'Group'),
    async listUsers(groupId) {
      const rows = await db
        .selectFrom('memberships')
        .innerJoin('principals', 'principals.id', 'memberships.user_id')
        .selectAll('principals')
        .where('memberships.group_id', '=', groupId)
        .orderBy('name_key')
        .execute()
      return rows.map(asPrincipal)
    },
    addUser: (groupId, userId) =>
      insertReferring(() =>
        write([`groupIds:${userId}`], async trx => {
          await trx
            .insertInto('memberships')
            .values({ group_id: groupId, user_id: userId })
            .onConflict(conflict => conflict.columns(['group_id', 'user_id']).doNothing())
            .execute()
        }),
      ),
    removeUser: (groupId, userId) =>
      write([`groupIds:${userId}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('memberships')
          .where('group_id', '=', groupId)
          .where('user_id', '=', userId)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

function createEntities(
  { db, catalogue, write }: Database,
  kind: 'user' | 'group',
  calledKind: string,
): Entities {
  const byName = catalogue.cache<Principal>(kind)
  const byId = catalogue.cache<Principal>(`${kind}Id`)
  const all = () => db.selectFrom('principals').selectAll().where('kind', '=', kind)
  const one = async (column: 'name' | 'id', value: string) => {
    const row = await all().where(column, '=', value).executeTakeFirst()
    return row && asPrincipal(row)
  }
  return {
    find: name => byName.get(name, () => one('name', name)),
    findById: id => byId.get(id, () => one('id', id)),
    async list(pathPrefix = '/') {
      const rows = await all().orderBy('name_key').execute()
      return rows.filter(({ path }) => path.startsWith(pathPrefix)).map(asPrincipal)
    },
    create: entity =>
      insertUnique(calledKind, entity.name, () =>
        write(topicsOf(kind, entity), async trx => {
          await trx.insertInto('principals').values(asPrincipalRow(kind, entity)).execute()
        }),
      ),
    rename: (entity, { name = entity.name, path = entity.path }) =>
      insertUnique(calledKind, name, () =>
        write([...topicsOf(kind, entity), `${kind}:${name}`], async trx => {
          await trx
            .updateTable('principals')
            .set({ name, name_key: name.toLowerCase(), path })
            .where('id', '=', entity.id)
            .execute()
        }),
      ),
    delete: entity =>
      deleteFree(() =>
        write([...topicsOf(kind, entity), `documents:${entity.id}`], async trx => {
          await trx.deleteFrom('principals').where('id', '=', entity.id).execute()
        }),
      ),
  }
}
