import type { Selectable } from 'kysely'
import { insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import type { Tags } from './principals.ts'
import type { Schema } from './schema.ts'

/** A SAML identity provider that the operator trusts to vouch for people. */
export type SamlProvider = {
  /** The last part of its ARN. */
  name: string
  /** Never given twice, unlike the name. */
  id: string
  metadata: string
  /** Whether assertions must be encrypted; undefined where nothing was said. */
  encryption?: 'Required' | 'Allowed'
  /** What decrypts them: PEM, each sealed for its id. */
  privateKeys: readonly { id: string; sealed: string; addedAtMs: number }[]
  tags: Tags
  createdAtMs: number
}

export type SamlProviderChange = Partial<
  Pick<SamlProvider, 'metadata' | 'encryption' | 'privateKeys' | 'tags'>
>

export type SamlProviders = {
  find(name: string): Promise<SamlProvider | undefined>
  /** By name. */
  list(): Promise<SamlProvider[]>
  /** @throws {Refusal} entity.exists */
  create(provider: SamlProvider): Promise<void>
  /** @param change what becomes of it; it may throw, and then it stays as it was */
  change(name: string, change: (provider: SamlProvider) => SamlProviderChange): Promise<void>
  /** False when there was none. */
  delete(name: string): Promise<boolean>
}

export function createSamlProviders({ db, catalogue, write }: Database): SamlProviders {
  const byName = catalogue.cache<SamlProvider>('samlProvider')
  return {
    find: name =>
      byName.get(name, async () => {
        const row = await db
          .selectFrom('saml_providers')
          .selectAll()
          .where('name', '=', name)
          .executeTakeFirst()
        return row && asProvider(row)
      }),
    async list() {
      const rows = await db.selectFrom('saml_providers').selectAll().orderBy('name').execute()
      return rows.map(asProvider)
    },
    create: provider =>
      insertUnique('SAMLProvider', provider.name, () =>
        write([`samlProvider:${provider.name}`], async trx => {
          await trx.insertInto('saml_providers').values(asRow(provider)).execute()
        }),
      ),
    change: (name, change) =>
      write([`samlProvider:${name}`], async trx => {
        // It locks the row, so that two changes at once are both made.
        const row = await trx
          .updateTable('saml_providers')
          .set(({ ref }) => ({ name: ref('name') }))
          .where('name', '=', name)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return
        const provider = asProvider(row)
        const changed = asRow({ ...provider, ...change(provider) })
        await trx.updateTable('saml_providers').set(changed).where('name', '=', name).execute()
      }),
    delete: name =>
      write([`samlProvider:${name}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('saml_providers')
          .where('name', '=', name)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

function asRow(provider: SamlProvider): Selectable<Schema['saml_providers']> {
  return {
    name: provider.name,
    id: provider.id,
    metadata: provider.metadata,
    encryption: provider.encryption ?? null,
    private_keys: JSON.stringify(provider.privateKeys),
    tags: JSON.stringify(provider.tags),
    created_at_ms: provider.createdAtMs,
  }
}

function asProvider(row: Selectable<Schema['saml_providers']>): SamlProvider {
  return {
    name: row.name,
    id: row.id,
    metadata: row.metadata,
    ...(row.encryption === null ? {} : { encryption: row.encryption }),
    privateKeys: JSON.parse(row.private_keys),
    tags: JSON.parse(row.tags),
    createdAtMs: row.created_at_ms,
  }
}
