import { randomBytes } from 'node:crypto'
import { openStore, type Store } from '../../server/store/open-store.ts'
import { createDatabase, skipWithoutPostgres } from './postgres.ts'

const log = { error() {} }

/** The embedded store. The caller closes it. */
export function openEmbeddedStore(file = ':memory:', clock = Date.now): Promise<Store> {
  return openStore({ location: { file }, clock, log })
}

/** One node on a PostgreSQL database. The caller closes it. */
export function openSharedStore(url: string, clock = Date.now, maxStalenessMs = 60_000): Promise<Store> {
  return openStore({ location: { url, maxStalenessMs }, clock, log })
}

/** What a whole service is started with on each kind of store. */
export const serviceKinds = [
  { kind: 'the embedded store', skip: false, settings: async () => ({}) },
  {
    kind: 'PostgreSQL',
    skip: skipWithoutPostgres,
    settings: async () => ({
      DATABASE_URL: await createDatabase(),
      ROLECALL_MASTER_KEY: randomBytes(32).toString('base64'),
    }),
  },
] as const

/** Every kind of store, empty: what holds of one must hold of all. */
export const storeKinds = [
  { kind: 'the embedded store', skip: false, open: () => openEmbeddedStore() },
  {
    kind: 'PostgreSQL',
    skip: skipWithoutPostgres,
    open: async () => openSharedStore(await createDatabase()),
  },
] as const
