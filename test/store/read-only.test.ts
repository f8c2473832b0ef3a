import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openStoreToRead } from '../../server/store/open-store.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'
import { openEmbeddedStore, openSharedStore } from '../support/stores.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const log = { error() {} }
const provider = {
  urlPath: 'idp.example',
  issuer: 'https://idp.example',
  clientIds: ['x'],
  thumbprints: [],
  tags: {},
  createdAtMs: 1,
  demo: false,
}

for (const { kind, skip, make } of [
  {
    kind: 'the embedded store',
    skip: false,
    async make() {
      const file = join(temporaryFolder(), 'rolecall.db')
      return { location: { file }, store: await openEmbeddedStore(file) }
    },
  },
  {
    kind: 'PostgreSQL',
    skip: skipWithoutPostgres,
    async make() {
      const url = await createDatabase()
      return { location: { url, maxStalenessMs: 1 }, store: await openSharedStore(url) }
    },
  },
]) {
  test(`${kind} can be read beside whoever has it, and not be written`, { skip }, async () => {
    const { location, store } = await make()
    after(() => store.close())
    await store.oidcProviders.create(provider)
    const beside = await openStoreToRead({ location, clock: Date.now, log })
    after(() => beside.close())
    assert.deepEqual(await beside.oidcProviders.list(), [provider])
    await assert.rejects(beside.oidcProviders.delete(provider.urlPath))
    await assert.rejects(beside.settings.set('name', 'value'), /read-?only/)
    assert.deepEqual(await store.oidcProviders.list(), [provider])
  })
}

test('a store of another version is not read, nor brought up to date', async () => {
  const file = join(temporaryFolder(), 'empty.db')
  new DatabaseSync(file).close()
  await assert.rejects(
    openStoreToRead({ location: { file }, clock: Date.now, log }),
    /start the service once/,
  )
})
