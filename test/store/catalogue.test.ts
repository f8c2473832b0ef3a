import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCatalogue } from '../../server/store/catalogue.ts'

const noLoad = async () => assert.fail('it is known')

test('what was read on the way to something else is known from then on', async () => {
  const cache = createCatalogue().cache<string>('thing')
  cache.put('one', 'value', cache.moment())
  assert.equal(await cache.get('one', noLoad), 'value')
})

test('what was read before a write came is not kept: it may be what the write has changed', async () => {
  const catalogue = createCatalogue()
  const cache = catalogue.cache<string>('thing')
  const since = cache.moment()
  catalogue.forget(['thing:one'])
  cache.put('one', 'old', since)
  assert.equal(await cache.get('one', async () => 'new'), 'new')
  catalogue.forget(['thing:one'])
  const loading = cache.get('one', async () => {
    catalogue.forget(['thing:one'])
    return 'old'
  })
  assert.equal(await loading, 'old')
  assert.equal(await cache.get('one', async () => 'new'), 'new')
})

test('what is in use is known for as long as it is, whatever else is asked for once', async () => {
  const cache = createCatalogue().cache<string>('thing')
  const read = (key: string) => cache.get(key, async () => `value of ${key}`)
  await read('in use')
  for (let n = 0; n < 50_000; n++) {
    await read(`once ${n}`)
    if (n % 10_000 === 0) assert.equal(await cache.get('in use', noLoad), 'value of in use')
  }
  assert.equal(await cache.get('in use', noLoad), 'value of in use')
  let loads = 0
  await cache.get('once 0', async () => `${++loads}`)
  assert.equal(loads, 1, 'what nobody asks for any more is forgotten')
})

test('what is forgotten is forgotten, however long it was known', async () => {
  const catalogue = createCatalogue()
  const cache = catalogue.cache<string>('thing')
  await cache.get('one', async () => 'old')
  // As many as make it one of the older generation.
  for (let n = 0; n < 20_000; n++) await cache.get(`once ${n}`, async () => 'value')
  assert.equal(await cache.get('one', noLoad), 'old')
  catalogue.forget(['thing:one'])
  assert.equal(await cache.get('one', async () => 'new'), 'new')
})

test('a node that does not hear of changes keeps nothing', async () => {
  let isCurrent = true
  const cache = createCatalogue(() => isCurrent).cache<string>('thing')
  const since = cache.moment()
  isCurrent = false
  cache.put('one', 'old', since)
  isCurrent = true
  assert.equal(await cache.get('one', async () => 'new'), 'new')
})
