import type { Selectable } from 'kysely'
import type { RoleMapping } from '../base/role-mapping.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** Which roles people of a provider may have, by their claims: these and no others. */
export type ProviderRoleMapping = {
  /** As `FederatedIdentity.provider` has it. */
  provider: string
  mapping: RoleMapping
  /** Of whom the mapping gives no role, where ambiguity is not denied. */
  defaultRole?: string | undefined
}

export type RoleMappings = {
  find(provider: string): Promise<ProviderRoleMapping | undefined>
  /** By provider. */
  list(): Promise<ProviderRoleMapping[]>
  /** In the place of the one that there was. */
  put(mapping: ProviderRoleMapping): Promise<void>
  /** False when there was none. */
  delete(provider: string): Promise<boolean>
}

export function createRoleMappings({ db, catalogue, write }: Database): RoleMappings {
  const byProvider = catalogue.cache<ProviderRoleMapping>('roleMapping')
  return {
    find: provider =>
      byProvider.get(provider, async () => {
        const row = await db
          .selectFrom('role_mappings')
          .selectAll()
          .where('provider', '=', provider)
          .executeTakeFirst()
        return row && asMapping(row)
      }),
    async list() {
      const rows = await db.selectFrom('role_mappings').selectAll().orderBy('provider').execute()
      return rows.map(asMapping)
    },
    put: ({ provider, mapping, defaultRole }) =>
      write([`roleMapping:${provider}`], async trx => {
        const row = { mapping: JSON.stringify(mapping), default_role: defaultRole ?? null }
        await trx
          .insertInto('role_mappings')
          .values({ provider, ...row })
          .onConflict(conflict => conflict.column('provider').doUpdateSet(row))
          .execute()
      }),
    delete: provider =>
      write([`roleMapping:${provider}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('role_mappings')
          .where('provider', '=', provider)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

function asMapping(row: Selectable<Schema['role_mappings']>): ProviderRoleMapping {
  return {
    provider: row.provider,
    mapping: JSON.parse(row.mapping),
    ...(row.default_role === null ? {} : { defaultRole: row.default_role }),
  }
}
