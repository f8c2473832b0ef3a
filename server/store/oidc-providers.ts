import type { Selectable } from 'kysely'
import { insertUnique } from './constraints.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** An OpenID Connect issuer that the operator trusts to vouch for people. */
export type OidcProvider = {
  /** The issuer without its scheme. */
  urlPath: string
  issuer: string
  clientIds: readonly string[]
  thumbprints: readonly string[]
  tags: Readonly<Record<string, string>>
  createdAtMs: number
  demo: boolean
}

export type OidcProviders = {
  find(urlPath: string): Promise<OidcProvider | undefined>
  list(): Promise<OidcProvider[]>
  /** @throws {Refusal} entity.exists */
  create(provider: OidcProvider): Promise<void>
  /** @param change what becomes of it; it may throw, and then it stays as it was */
  change(
    urlPath: string,
    change: (provider: OidcProvider) => Partial<Pick<OidcProvider, 'clientIds' | 'thumbprints' | 'tags'>>,
  ): Promise<void>
  /** False when there was none. */
  delete(urlPath: string): Promise<boolean>
}

export function createOidcProviders({ db, catalogue, write }: Database): OidcProviders {
  const byPath = catalogue.cache<OidcProvider>('oidcProvider')
  return {
    async find(urlPath) {
      // Strangers choose it: a token's `iss` may hold what no database takes for text.
      if (!/^[\x21-\x7e]+$/.test(urlPath)) return undefined
      return byPath.get(urlPath, async () =>
        asProvider(
          await db
            .selectFrom('oidc_providers')
            .selectAll()
            .where('url_path', '=', urlPath)
            .executeTakeFirst(),
        ),
      )
    },
    async list() {
      const rows = await db.selectFrom('oidc_providers').selectAll().orderBy('url_path').execute()
      return rows.flatMap(row => asProvider(row) ?? [])
    },
    create: provider =>
      insertUnique('Provider', provider.issuer, () =>
        write([`oidcProvider:${provider.urlPath}`], async trx => {
          await trx.insertInto('oidc_providers').values(asRow(provider)).execute()
        }),
      ),
    change: (urlPath, change) =>
      write([`oidcProvider:${urlPath}`], async trx => {
        // It locks the row, so that two changes at once are both made.
        const row = await trx
          .updateTable('oidc_providers')
          .set(({ ref }) => ({ url_path: ref('url_path') }))
          .where('url_path', '=', urlPath)
          .returningAll()
          .executeTakeFirst()
        const provider = asProvider(row)
        if (provider === undefined) return
        const changed = asRow({ ...provider, ...change(provider) })
        await trx.updateTable('oidc_providers').set(changed).where('url_path', '=', urlPath).execute()
      }),
    delete: urlPath =>
      write([`oidcProvider:${urlPath}`], async trx => {
        const { numDeletedRows } = await trx
          .deleteFrom('oidc_providers')
          .where('url_path', '=', urlPath)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

function asRow(provider: OidcProvider): Selectable<Schema['oidc_providers']> {
  return {
    url_path: provider.urlPath,
    issuer: provider.issuer,
    client_ids: JSON.stringify(provider.clientIds),
    thumbprints: JSON.stringify(provider.thumbprints),
    tags: JSON.stringify(provider.tags),
    created_at_ms: provider.createdAtMs,
    demo: provider.demo ? 1 : 0,
  }
}

function asProvider(row: Selectable<Schema['oidc_providers']> | undefined): OidcProvider | undefined {
  if (row === undefined) return undefined
  return {
    urlPath: row.url_path,
    issuer: row.issuer,
    clientIds: JSON.parse(row.client_ids),
    thumbprints: JSON.parse(row.thumbprints),
    tags: JSON.parse(row.tags),
    createdAtMs: row.created_at_ms,
    demo: row.demo === 1,
  }
}
