import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { combineWrappers, createKeyringWrapper, type KeyWrapper } from '../../server/keys/envelope.ts'
import { KeyServiceError } from '../../server/keys/key-service-error.ts'
import { createKeyring } from '../../server/keys/keyring.ts'
import { keepRewrapping } from '../../server/secrets/keep-rewrapping.ts'
import { type RewrapDeps, rewrapVersions } from '../../server/secrets/rewrap-versions.ts'
import { createVault } from '../../server/secrets/vault.ts'
import type { Store } from '../../server/store/open-store.ts'
import { createDatabase } from '../support/postgres.ts'
import { openSharedStore, storeKinds } from '../support/stores.ts'
import { until } from '../support/until.ts'

const accountId = '111122223333'
const [before, after] = [randomBytes(32), randomBytes(32)]
const old = createKeyringWrapper(createKeyring([before]))
const both = createKeyringWrapper(createKeyring([after, before]))
const anew = createKeyringWrapper(createKeyring([after]))
const token = (n: number) => `${n}`.padStart(32, '0')

/** Secrets of one version each, sealed by this. */
async function fill(store: Store, wrapper: KeyWrapper, count: number): Promise<string[]> {
  const vault = createVault(wrapper, accountId)
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const id = `s${n}-${randomBytes(3).toString('hex')}`
    const version = await vault.seal(id, token(n), { kind: 'string', bytes: Buffer.from(`value ${n}`) }, n)
    const secret = {
      id,
      name: id,
      tags: {},
      stages: { AWSCURRENT: version.id },
      createdAtMs: n,
      changedAtMs: n,
    }
    await store.secrets.create(secret, version)
    ids.push(id)
  }
  return ids
}

async function requireAllOpen(store: Store, wrapper: KeyWrapper, ids: readonly string[]): Promise<void> {
  const vault = createVault(wrapper, accountId)
  for (const [n, id] of ids.entries()) {
    const version = (await store.secrets.findVersion(id, token(n))) ?? assert.fail('it is gone')
    assert.equal((await vault.open(id, version)).bytes.toString(), `value ${n}`)
  }
}

const rewrap = (store: Store, wrapper: KeyWrapper, more: Partial<RewrapDeps> = {}) =>
  rewrapVersions({
    ...store,
    wrapper,
    accountId,
    signal: new AbortController().signal,
    onProgress() {},
    batch: 3,
    pauseMs: 1,
    ...more,
  })

for (const { kind, skip, open } of storeKinds) {
  describe(`data keys on ${kind}`, { skip }, () => {
    const withStore = async (use: (store: Store) => Promise<void>) => {
      const store = await open()
      await use(store).finally(() => store.close())
    }

    test('are all wrapped under the new key, after which the one before is of no use', () =>
      withStore(async store => {
        const ids = await fill(store, old, 10)
        const progress: number[] = []
        const found = await rewrap(store, both, { onProgress: ({ done }) => void progress.push(done) })
        const under = await anew.under()
        assert.deepEqual(found, { under, inAll: 10, done: 10, of: 10, left: 0, examples: [] })
        assert.deepEqual(progress, [3, 6, 9, 10])
        assert.deepEqual(await store.secrets.wrappings(), [{ under, count: 10 }])
        await requireAllOpen(store, anew, ids)
        assert.equal((await rewrap(store, both)).of, 0)
      }))

    test('are read all the time meanwhile, from memory and from the table', () =>
      withStore(async store => {
        const ids = await fill(store, old, 10)
        await requireAllOpen(store, both, ids)
        let isDone = false
        const rewrapping = rewrap(store, both, { batch: 1 }).finally(() => (isDone = true))
        let rounds = 0
        while (!isDone || rounds === 0) {
          await requireAllOpen(store, both, ids)
          rounds++
          await new Promise(setImmediate)
        }
        assert.equal((await rewrapping).done, 10)
        await requireAllOpen(store, anew, ids)
      }))

    test('are left whole by whoever is killed in the middle, and the next one goes on', () =>
      withStore(async store => {
        const ids = await fill(store, old, 10)
        let wrapped = 0
        // The process ends between wrapping and writing: nothing comes back from there.
        const killed: KeyWrapper = {
          ...both,
          wrap: (...asked) => (++wrapped > 4 ? Promise.withResolvers<never>().promise : both.wrap(...asked)),
        }
        void rewrap(store, killed)
        await until(() => wrapped === 5)
        await requireAllOpen(store, both, ids)
        assert.equal((await rewrap(store, both)).done, 6)
        await requireAllOpen(store, anew, ids)
      }))

    test('come out whole when two do it at once, and one that was changed meanwhile is not overwritten', () =>
      withStore(async store => {
        const ids = await fill(store, old, 8)
        const [stale = assert.fail()] = await store.secrets.wrappedElsewhere(await anew.under(), 1)
        await Promise.all([rewrap(store, both), rewrap(store, both, { batch: 2 })])
        await requireAllOpen(store, anew, ids)
        const late = { wrappedKey: Buffer.from('late'), wrappedUnder: 'late' }
        assert.equal(await store.secrets.rewrap(stale, late), false)
        await requireAllOpen(store, anew, ids)
      }))

    test('that can’t be opened are counted, named and left as they are, and stop none behind them', () =>
      withStore(async store => {
        const stranger = createKeyringWrapper(createKeyring([randomBytes(32)]))
        const [lost = ''] = await fill(store, stranger, 1)
        const ids = await fill(store, old, 5)
        const found = await rewrap(store, both, { batch: 1 })
        assert.deepEqual([found.done, found.left, found.of], [5, 1, 6])
        assert.deepEqual(found.examples, [`${lost}, version ${token(0)}, under ${await stranger.under()}`])
        await requireAllOpen(store, anew, ids)
        await requireAllOpen(store, stranger, [lost])
      }))

    test('stay under the old key where the new wrapping does not open again', () =>
      withStore(async store => {
        const ids = await fill(store, old, 2)
        const another = createSecretKey(randomBytes(32))
        const wrong: KeyWrapper = { ...both, wrap: (_, bound) => both.wrap(another, bound) }
        assert.deepEqual((await rewrap(store, wrong)).left, 2)
        await requireAllOpen(store, old, ids)
      }))

    test('go from one kind of wrapper to the other and back', () =>
      withStore(async store => {
        const elsewhere = renamed(createKeyringWrapper(createKeyring([randomBytes(32)])), 'kms')
        const kinds = { keyring: old, kms: elsewhere }
        const ids = await fill(store, old, 4)
        assert.equal((await rewrap(store, combineWrappers(elsewhere, kinds))).done, 4)
        await requireAllOpen(store, elsewhere, ids)
        assert.equal((await rewrap(store, combineWrappers(old, kinds))).done, 4)
        await requireAllOpen(store, old, ids)
      }))
  })
}

/** Under the name of another kind. */
function renamed(wrapper: KeyWrapper, kind: string): KeyWrapper {
  const rename = (under: string) => under.replace(/^[^:]+/, kind)
  return {
    under: async () => rename(await wrapper.under()),
    async wrap(dataKey, bound) {
      const { wrappedKey, wrappedUnder } = await wrapper.wrap(dataKey, bound)
      return { wrappedKey, wrappedUnder: rename(wrappedUnder) }
    },
    unwrap: wrapper.unwrap,
  }
}

describe('keeping at it', () => {
  const lines = () => {
    const said: { context: Record<string, unknown>; message: string }[] = []
    const log = (context: object, message: string) => void said.push({ context: { ...context }, message })
    return { said, log: { info: log, warn: log } }
  }
  const [{ open }] = storeKinds
  const quick = { retryMs: 1, everyMs: 1, pauseMs: 1, progressMs: 0, accountId }

  test('a service that is down is asked again until it is back, and what was done by then stays done', async () => {
    const store = await open()
    const ids = await fill(store, old, 4)
    let asked = 0
    const failing: KeyWrapper = {
      ...both,
      async wrap(dataKey, bound) {
        if (++asked === 3 || asked === 4) throw new KeyServiceError('down', 'Encrypt', 'Timeout')
        return both.wrap(dataKey, bound)
      },
    }
    const { said, log } = lines()
    const keeping = keepRewrapping({ ...quick, ...store, wrapper: failing, log, batch: 1 })
    await until(() => said.some(({ message }) => message.startsWith('all data keys')))
    await keeping.stop()
    await requireAllOpen(store, anew, ids)
    assert.equal(said.filter(({ message }) => message.endsWith('this is tried again')).length, 2)
    await store.close()
  })

  test('a service that hangs does not hold up the end, and nothing is written after it', async () => {
    const store = await open()
    const ids = await fill(store, old, 2)
    const late = Promise.withResolvers<void>()
    let asked = 0
    const hung: KeyWrapper = {
      ...both,
      async wrap(dataKey, bound) {
        asked++
        await late.promise
        return both.wrap(dataKey, bound)
      },
    }
    const { said, log } = lines()
    const keeping = keepRewrapping({ ...quick, ...store, wrapper: hung, log })
    await until(() => asked === 1)
    await keeping.stop()
    late.resolve()
    await new Promise(setImmediate)
    await requireAllOpen(store, old, ids)
    assert.deepEqual(said, [])
    await store.close()
  })

  test('what another node still wrapped under the key before is found later on', async () => {
    const store = await open()
    await fill(store, anew, 1)
    const { said, log } = lines()
    const keeping = keepRewrapping({ ...quick, ...store, wrapper: both, log })
    await until(() => said.length === 1)
    assert.match(said[0]?.message ?? '', /^all data keys .* no other is needed/)
    const ids = await fill(store, old, 2)
    await until(async () => (await store.secrets.wrappedElsewhere(await anew.under(), 1)).length === 0)
    await keeping.stop()
    await requireAllOpen(store, anew, ids)
    await store.close()
  })

  test('where there is no secret nothing is said of them', async () => {
    const store = await open()
    const { said, log } = lines()
    let looked = 0
    const under = () => {
      looked++
      return both.under()
    }
    const keeping = keepRewrapping({ ...quick, ...store, wrapper: { ...both, under }, log })
    await until(() => looked > 1)
    await keeping.stop()
    assert.deepEqual(said, [])
    await store.close()
  })

  test('what can’t be opened is named in the log, and no value or key stands there', async () => {
    const store = await open()
    const [lost = ''] = await fill(store, createKeyringWrapper(createKeyring([randomBytes(32)])), 1)
    const { said, log } = lines()
    const keeping = keepRewrapping({ ...quick, ...store, wrapper: both, log, everyMs: 60_000 })
    await until(() => said.some(({ message }) => message.startsWith('these versions')))
    await keeping.stop()
    const { context } = said.at(-1) ?? assert.fail()
    assert.equal(context.left, 1)
    assert.match(String(context.examples), new RegExp(`^${lost}, version 0+, under keyring:[0-9a-f]{8}$`))
    assert.ok(!JSON.stringify(said).includes('value 0'))
    await store.close()
  })
})

test(
  'the key to come may be given as the one before, so that nodes can be restarted one by one',
  {
    skip: storeKinds[1].skip,
  },
  async () => {
    const url = await createDatabase()
    const [store, other] = [await openSharedStore(url), await openSharedStore(url)]
    const prepared = createKeyringWrapper(createKeyring([before, after]))
    const ids = await fill(store, old, 4)
    await requireAllOpen(other, prepared, ids)
    await rewrap(store, both)
    await requireAllOpen(other, prepared, ids)
    await Promise.all([store.close(), other.close()])
  },
)
