import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import type { Store } from '../../server/store/open-store.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { storeKinds } from '../support/stores.ts'

const login = (subject: string, provider = 'accounts.google.com', demo = false) => ({
  provider,
  subject,
  demo,
})
const newId = () => `us-east-1:${randomUUID()}`
const at = (nowMs: number) => ({ developerProvider: 'login.my.app', nowMs })
const reasonOf = async (call: Promise<unknown>) => (await refusalOf(call)).reason

for (const { kind, skip, open } of storeKinds) {
  const store: Store | undefined = skip === false ? await open() : undefined
  after(() => store?.close())
  describe(`identity pools on ${kind}`, { skip }, () => store && keepsPools(store))
}

function keepsPools({ identityPools, poolIdentities }: Store): void {
  const newPool = (more: object = {}) => ({
    id: newId(),
    name: 'app',
    settings: {
      allowGuests: true,
      loginProviders: {},
      oidcProviderArns: [],
      userPools: [],
      samlProviderArns: [],
    },
    roles: { mappings: {} },
    tagMaps: {},
    tags: {},
    createdAtMs: 1,
    ...more,
  })
  async function guest(poolId = newId()): Promise<{ poolId: string; id: string }> {
    const id = newId()
    await poolIdentities.create(poolId, id, [], 1)
    return { poolId, id }
  }
  async function person(poolId: string, ...logins: ReturnType<typeof login>[]): Promise<string> {
    const id = newId()
    await poolIdentities.create(poolId, id, logins, 1)
    return id
  }

  test('a pool comes back as it was made, changes whole, and is gone when it is deleted', async () => {
    const pool = newPool({ tags: { team: 'blue' } })
    await identityPools.create(pool)
    assert.deepEqual(await identityPools.find(pool.id), pool)
    await identityPools.change(pool.id, ({ tags }) => ({ name: 'other', tags: { ...tags, more: 'x' } }))
    assert.deepEqual(await identityPools.find(pool.id), {
      ...pool,
      name: 'other',
      tags: { team: 'blue', more: 'x' },
    })
    assert.equal(await identityPools.delete(pool.id), true)
    assert.equal(await identityPools.delete(pool.id), false)
    assert.equal(await identityPools.find(pool.id), undefined)
    assert.equal(await reasonOf(identityPools.change(pool.id, () => ({}))), 'entity.missing')
  })

  test('pools are listed by id, page by page', async () => {
    for (let n = 0; n < 5; n++) await identityPools.create(newPool())
    const first = await identityPools.list(undefined, 3)
    const rest = await identityPools.list(first.at(-1)?.id, 1_000)
    const ids = [...first, ...rest].map(({ id }) => id)
    assert.deepEqual(ids, ids.toSorted())
    assert.equal(new Set(ids).size, await identityPools.count())
  })

  test('a guest has no login; with its first it is no guest any more, and stays none', async () => {
    const { id, poolId } = await guest()
    assert.equal((await poolIdentities.find(id))?.guest, true)
    await poolIdentities.link(id, [login('a')], at(5))
    const linked = await poolIdentities.find(id)
    assert.deepEqual(linked, {
      id,
      poolId,
      guest: false,
      logins: [login('a')],
      createdAtMs: 1,
      modifiedAtMs: 5,
    })
    await poolIdentities.unlink(id, [login('a')], 6)
    assert.deepEqual(await poolIdentities.find(id), { ...linked, logins: [], modifiedAtMs: 6 })
  })

  test('a login finds its identity, in its own pool alone', async () => {
    const poolId = newId()
    const id = await person(poolId, login('b'), login('b2', 'x.example'))
    assert.deepEqual(await poolIdentities.findOwners(poolId, [login('b'), login('b2', 'x.example')]), [id])
    assert.deepEqual(await poolIdentities.findOwners(newId(), [login('b')]), [])
    assert.deepEqual(await poolIdentities.findOwners(poolId, [login('b', undefined, true)]), [])
  })

  test('of many who make an identity for one login at once, one does', async () => {
    const poolId = newId()
    const tries = Array.from({ length: 10 }, () => person(poolId, login('c'), login('c2', 'x.example')))
    const made = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled')
    assert.equal(made.length, 1)
    assert.equal((await poolIdentities.findOwners(poolId, [login('c'), login('c2', 'x.example')])).length, 1)
    const listed = await poolIdentities.list(poolId, { after: undefined, most: 60, hideMerged: false })
    assert.equal(listed.length, 1, 'and the others leave nothing behind')
  })

  test('a login is never taken from its identity, and nobody has two at one provider', async () => {
    const poolId = newId()
    const [a, b] = [await person(poolId, login('d')), await person(poolId, login('e', 'x.example'))]
    assert.equal(await reasonOf(poolIdentities.link(b, [login('d')], at(5))), 'entity.exists')
    assert.equal(await reasonOf(poolIdentities.link(a, [login('d2')], at(5))), 'entity.exists')
    assert.deepEqual((await poolIdentities.find(b))?.logins, [login('e', 'x.example')])
    await poolIdentities.link(a, [login('one', 'login.my.app')], at(5))
    await poolIdentities.link(a, [login('two', 'login.my.app')], at(5))
    assert.equal((await poolIdentities.find(a))?.logins.length, 3, 'but of the developer’s own they may')
  })

  test('what is meant for a guest is refused once the guest is somebody', async () => {
    const { id, poolId } = await guest()
    await poolIdentities.link(id, [login('n')], { ...at(5), guestOnly: true })
    const late = { ...at(6), guestOnly: true }
    assert.equal(await reasonOf(poolIdentities.link(id, [login('o', 'x.example')], late)), 'entity.changed')
    const other = await person(poolId, login('p', 'y.example'))
    assert.equal(await reasonOf(poolIdentities.merge(id, other, late)), 'entity.changed')
    assert.deepEqual((await poolIdentities.find(id))?.logins, [login('n')])
  })

  test('linking twice is linking once, and there are 20 logins at most', async () => {
    const { id } = await guest()
    for (let n = 0; n < 20; n++) await poolIdentities.link(id, [login(`${n}`, 'login.my.app')], at(5))
    await poolIdentities.link(id, [login('0', 'login.my.app')], at(6))
    assert.equal(
      await reasonOf(poolIdentities.link(id, [login('20', 'login.my.app')], at(7))),
      'entity.limit',
    )
    assert.equal((await poolIdentities.find(id))?.logins.length, 20)
  })

  test('what was merged goes on under either id, also after another merge', async () => {
    const { poolId, id: first } = await guest()
    const second = await person(poolId, login('f'))
    const third = await person(poolId, login('g', 'x.example'))
    await poolIdentities.merge(first, second, at(5))
    assert.equal((await poolIdentities.find(first))?.id, second)
    await poolIdentities.merge(second, third, at(6))
    for (const id of [first, second, third]) {
      const found = await poolIdentities.find(id)
      assert.equal(found?.id, third)
      assert.deepEqual(found?.logins.map(({ subject }) => subject).toSorted(), ['f', 'g'])
    }
    // Whoever ends all that these got is not kept busy by guests, of which anybody merges any number.
    for (const id of [second, third])
      assert.deepEqual((await poolIdentities.namesOf(id)).toSorted(), [second, third].toSorted())
    assert.equal(await reasonOf(poolIdentities.link(first, [login('h')], at(7))), 'entity.changed')
    assert.equal(await reasonOf(poolIdentities.merge(first, third, at(7))), 'entity.changed')
    const page = { after: undefined, most: 60 }
    assert.equal((await poolIdentities.list(poolId, { ...page, hideMerged: false })).length, 3)
    assert.deepEqual(
      (await poolIdentities.list(poolId, { ...page, hideMerged: true })).map(({ id }) => id),
      [third],
    )
    assert.equal(await poolIdentities.delete(third), true)
    for (const id of [first, second, third]) assert.equal(await poolIdentities.find(id), undefined)
    assert.deepEqual(await poolIdentities.findOwners(poolId, [login('f')]), [])
  })

  test('two people of one provider are not merged, and stay as they were', async () => {
    const poolId = newId()
    const [a, b] = [await person(poolId, login('i')), await person(poolId, login('j'))]
    assert.equal(await reasonOf(poolIdentities.merge(a, b, at(5))), 'entity.exists')
    assert.deepEqual((await poolIdentities.find(a))?.logins, [login('i')])
  })

  test('two merges at once, each into the other, leave one of the two', async () => {
    const poolId = newId()
    const [a, b] = [await person(poolId, login('k')), await person(poolId, login('l', 'x.example'))]
    await Promise.allSettled([poolIdentities.merge(a, b, at(5)), poolIdentities.merge(b, a, at(5))])
    assert.equal((await poolIdentities.find(a))?.id, (await poolIdentities.find(b))?.id)
    assert.equal((await poolIdentities.find(a))?.logins.length, 2)
  })

  test('identities of a pool that is gone are pruned, and nobody else’s', async () => {
    const pool = newPool()
    await identityPools.create(pool)
    const gone = [await person(pool.id, login('m')), (await guest(pool.id)).id]
    const { id: kept } = await guest()
    await poolIdentities.prune()
    assert.ok(await poolIdentities.find(gone[0] ?? ''))
    await identityPools.delete(pool.id)
    await poolIdentities.prune()
    for (const id of gone) assert.equal(await poolIdentities.find(id), undefined)
    assert.ok(await poolIdentities.find(kept))
  })
}
