import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { createSecretAccesses } from '../../server/store/secret-accesses.ts'
import type { SecretVersion } from '../../server/store/secret-versions.ts'
import { createSecrets } from '../../server/store/secrets.ts'
import { openSqliteDatabase } from '../../server/store/sqlite-database.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { openSharedStore, storeKinds } from '../support/stores.ts'

const dayMs = 24 * 3_600_000
const createdAtMs = 1_000 * dayMs

function versionOf(n: number, atMs: number): SecretVersion {
  const bytes = Buffer.from([n])
  const kind = 'string'
  return { id: `v${n}`, kind, wrappedKey: bytes, wrappedUnder: 'key', sealedValue: bytes, createdAtMs: atMs }
}

for (const { kind, skip, open } of storeKinds) {
  describe(`the secrets of ${kind}`, { skip }, async () => {
    if (skip !== false) return
    const store = await open()
    after(() => store.close())
    const { secrets } = store
    const create = (name: string, more = {}) =>
      secrets.create(
        { id: `${name}-AAAAAA`, name, tags: {}, stages: {}, createdAtMs, changedAtMs: createdAtMs, ...more },
        versionOf(0, createdAtMs),
      )

    test('keep a hundred versions, besides those with stages and those of the last day', async () => {
      await create('many', { stages: { AWSCURRENT: 'v0' } })
      const id = 'many-AAAAAA'
      const add = (n: number, atMs: number) => secrets.addVersion(id, versionOf(n, atMs), () => ({}))
      for (let n = 1; n <= 120; n++) await add(n, createdAtMs + n)
      assert.equal((await secrets.versions(id)).length, 121)
      await add(121, createdAtMs + 2 * dayMs)
      const kept = (await secrets.versions(id)).map(version => version.id)
      assert.deepEqual(kept, ['v0', ...Array.from({ length: 100 }, (_, n) => `v${n + 22}`)])
    })

    test('make no room for version after version of one day: some number is enough', async () => {
      await create('endless', { stages: { AWSCURRENT: 'v0' } })
      const id = 'endless-AAAAAA'
      const add = (n: number, atMs: number) => secrets.addVersion(id, versionOf(n, atMs), () => ({}))
      for (let n = 1; n < 500; n++) await add(n, createdAtMs + n)
      const refusal = await refusalOf(add(500, createdAtMs + 500))
      assert.equal(refusal.reason, 'entity.limit')
      assert.equal((await secrets.versions(id)).length, 500)
      assert.equal(await secrets.findVersion(id, 'v500'), undefined)
      await add(500, createdAtMs + 2 * dayMs)
      assert.equal((await secrets.versions(id)).length, 101)
    })

    test('are listed by creation and by name, from either end, each once', async () => {
      const names = ['b/2', 'a.1', 'c=3', 'a-1', 'a']
      for (const [n, name] of names.entries()) await create(name, { createdAtMs: 10 + (n >> 1) })
      for (const by of ['creation', 'name'] as const) {
        const ways = [false, true].map(async backwards => {
          const seen: string[] = []
          for (let page = await secrets.list({ by, most: 2, backwards }); page.length > 0; ) {
            seen.push(...page.map(({ name }) => name))
            page = await secrets.list({ by, most: 2, backwards, after: page.at(-1) })
          }
          return seen.filter(name => !['many', 'endless'].includes(name))
        })
        const [forwards = [], backwards = []] = await Promise.all(ways)
        assert.deepEqual(forwards.toSorted(), names.toSorted())
        assert.deepEqual(backwards, forwards.toReversed())
      }
    })

    test('a list does not bring policies along, which are long', async () => {
      await create('guarded', { policy: { document: '{}', meantIds: {} } })
      assert.deepEqual((await secrets.find('guarded-AAAAAA'))?.policy, { document: '{}', meantIds: {} })
      const listed = await secrets.list({ most: 100 })
      assert.ok(listed.every(secret => !('policy' in secret)))
    })

    test('the later of two days of use stays, and is written in its own time', async () => {
      await create('read')
      const { accesses } = secrets
      for (const day of [2 * dayMs, dayMs]) {
        accesses.note('read-AAAAAA', versionOf(0, createdAtMs), day)
        if (day === 2 * dayMs) assert.equal((await secrets.findAnew('read-AAAAAA'))?.accessedOnMs, undefined)
        await accesses.flush()
      }
      assert.equal((await secrets.findAnew('read-AAAAAA'))?.accessedOnMs, 2 * dayMs)
      const [version] = await secrets.versions('read-AAAAAA')
      assert.equal(version?.accessedOnMs, 2 * dayMs)
    })

    test('a secret’s versions go with it', async () => {
      await create('whole')
      assert.ok(await secrets.findVersion('whole-AAAAAA', 'v0'))
      assert.equal(await secrets.delete('whole-AAAAAA'), true)
      assert.equal(await secrets.delete('whole-AAAAAA'), false)
      assert.deepEqual(await secrets.versions('whole-AAAAAA'), [])
    })

    test('what is restored is not taken away, and the rest is when its time is over', async () => {
      for (const name of ['restored', 'due', 'early'])
        await create(name, { deletedAtMs: 1, purgeAtMs: name === 'early' ? 101 : 100 })
      const change = { deletedAtMs: undefined, purgeAtMs: undefined }
      const [, after] = await Promise.all([
        secrets.change('restored-AAAAAA', () => change),
        secrets.find('restored-AAAAAA'),
        secrets.prune(99),
      ])
      assert.ok(after)
      await secrets.prune(100)
      const left = await Promise.all(['restored', 'due', 'early'].map(name => secrets.findByName(name)))
      assert.deepEqual(
        left.map(secret => secret?.name),
        ['restored', undefined, 'early'],
      )
    })

    test('a change that is refused leaves everything as it was, also to those who cached it', async () => {
      await create('firm', { description: 'as it was' })
      const refused = secrets.change('firm-AAAAAA', () => {
        throw new Error('no')
      })
      await assert.rejects(refused, /no/)
      assert.equal((await secrets.find('firm-AAAAAA'))?.description, 'as it was')
      await assert.rejects(secrets.addVersion('firm-AAAAAA', versionOf(0, 2), () => ({ description: 'x' })))
      assert.equal((await secrets.find('firm-AAAAAA'))?.description, 'as it was')
    })
  })
}

describe('the secrets of two nodes', { skip: skipWithoutPostgres }, async () => {
  if (skipWithoutPostgres) return
  const url = await createDatabase()
  const nodes = [await openSharedStore(url), await openSharedStore(url)] as const
  after(() => Promise.all(nodes.map(node => node.close())))

  test('are noted as used by both at once, in whatever order they were', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `used-${n}`)
    for (const name of names) {
      const secret = {
        id: `${name}-AAAAAA`,
        name,
        tags: {},
        stages: {},
        createdAtMs,
        changedAtMs: createdAtMs,
      }
      await nodes[0].secrets.create(secret, versionOf(0, createdAtMs))
    }
    for (let day = 1; day <= 3; day++) {
      for (const name of names)
        nodes[0].secrets.accesses.note(`${name}-AAAAAA`, versionOf(0, createdAtMs), day * dayMs)
      for (const name of names.toReversed())
        nodes[1].secrets.accesses.note(`${name}-AAAAAA`, versionOf(0, createdAtMs), day * dayMs)
      await Promise.all(nodes.map(({ secrets }) => secrets.accesses.flush()))
    }
    const kept = await Promise.all(names.map(name => nodes[0].secrets.findAnew(`${name}-AAAAAA`)))
    assert.ok(kept.every(secret => secret?.accessedOnMs === 3 * dayMs))
  })
})

test('a use makes nobody forget what they have in memory, and is noted once a day', async () => {
  const written: (readonly string[])[] = []
  const accesses = createSecretAccesses({
    async write(topics) {
      written.push(topics)
      return undefined as never
    },
  })
  const version = versionOf(0, createdAtMs)
  for (let n = 0; n < 3; n++) {
    accesses.note('used-AAAAAA', version, dayMs)
    await accesses.flush()
  }
  accesses.note('told-AAAAAA', { ...version, accessedOnMs: dayMs }, dayMs)
  await accesses.flush()
  assert.deepEqual(written, [[]])
  accesses.note('used-AAAAAA', version, 2 * dayMs)
  await accesses.flush()
  assert.deepEqual(written, [[], []])
})

test('a use that there was no room to note is noted when there is', async () => {
  let writes = 0
  const accesses = createSecretAccesses({
    async write() {
      writes++
      return undefined as never
    },
  })
  for (let n = 0; n < 50_000; n++) accesses.note(`used-${n}`, versionOf(0, createdAtMs), dayMs)
  const late = versionOf(0, createdAtMs)
  accesses.note('late-AAAAAA', late, dayMs)
  await accesses.flush()
  assert.equal(writes, 500)
  accesses.note('late-AAAAAA', late, dayMs)
  await accesses.flush()
  assert.equal(writes, 501)
})

test('days of use that could not be written are written the next time, and no others', async () => {
  const database = await openSqliteDatabase(':memory:', Date.now)
  const secrets = createSecrets(database)
  const names = Array.from({ length: 150 }, (_, n) => `used-${String(n).padStart(3, '0')}`)
  for (const name of names) {
    const id = `${name}-AAAAAA`
    const secret = { id, name, tags: {}, stages: {}, createdAtMs, changedAtMs: createdAtMs }
    await secrets.create(secret, versionOf(0, createdAtMs))
  }
  let writes = 0
  const accesses = createSecretAccesses({
    write: (topics, change) => {
      if (++writes === 2) throw new Error('the disk is full')
      return database.write(topics, change)
    },
  })
  for (const name of names.toReversed()) accesses.note(`${name}-AAAAAA`, versionOf(0, createdAtMs), dayMs)
  const used = async () =>
    (await Promise.all(names.map(name => secrets.findAnew(`${name}-AAAAAA`)))).filter(
      secret => secret?.accessedOnMs === dayMs,
    ).length
  await assert.rejects(accesses.flush(), /full/)
  assert.equal(await used(), 100)
  await accesses.flush()
  assert.equal(await used(), 150)
  await accesses.flush()
  assert.equal(writes, 3)
  await database.close()
})
