import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFilters } from '../../server/secrets/filters.ts'
import { pageOfSecrets } from '../../server/secrets/secret-pages.ts'
import type { ListedPage, ListedSecret } from '../../server/store/secrets.ts'

/** So many secrets, and how often and how much of them was read. */
function storeOf(count: number) {
  const all = Array.from({ length: count }, (_, n): ListedSecret => {
    const name = `s${String(n).padStart(6, '0')}`
    return { id: `${name}-AAAAAA`, name, tags: {}, stages: {}, createdAtMs: n, changedAtMs: count - n }
  })
  const read = { times: 0, secrets: 0, atOnce: 0 }
  return {
    read,
    secrets: {
      async list({ by = 'creation', after, most, backwards = false }: ListedPage) {
        const from =
          after === undefined ? -1 : by === 'name' ? Number(after.name.slice(1)) : after.createdAtMs
        const start = backwards ? (from < 0 ? count : from) - most : from + 1
        const page = backwards
          ? all.slice(Math.max(0, start), Math.max(0, start + most)).toReversed()
          : all.slice(start, start + most)
        read.times++
        read.secrets += page.length
        read.atOnce = Math.max(read.atOnce, page.length)
        return page
      },
    },
  }
}

const wanted = { list: 'secrets', order: 'asc', most: 100, token: undefined } as const

for (const sortBy of ['created-date', 'name'] as const) {
  test(`a page by ${sortBy} reads one secret more than it shows, however many there are`, async () => {
    const { secrets, read } = storeOf(100_000)
    const { items, next } = await pageOfSecrets({ ...wanted, sortBy, isShown: () => true }, { secrets })
    assert.equal(items.length, 100)
    assert.ok(next)
    assert.deepEqual(read, { times: 1, secrets: 101, atOnce: 101 })
  })

  test(`by ${sortBy}, what fits hardly ever is found by going on from token to token, a bounded part at a time`, async () => {
    const { secrets, read } = storeOf(50_000)
    const isShown = ({ createdAtMs }: ListedSecret) => createdAtMs === 49_999
    const found: string[] = []
    let pages = 0
    for (let token: string | undefined; ; pages++) {
      const before = read.secrets
      const { items, next } = await pageOfSecrets({ ...wanted, sortBy, isShown, token }, { secrets })
      assert.ok(read.secrets - before < 11_000)
      found.push(...items.map(({ name }) => name))
      token = next
      if (token === undefined) break
    }
    assert.deepEqual(found, ['s049999'])
    assert.ok(pages >= 4)
  })
}

for (const sortBy of ['created-date', 'name', 'last-changed-date'] as const) {
  test(`a long search by ${sortBy} leaves room for others in between`, async () => {
    const { secrets, read } = storeOf(9_000)
    let turns = 0
    const beat = () => {
      turns++
      immediate = setImmediate(beat)
    }
    let immediate = setImmediate(beat)
    await pageOfSecrets({ ...wanted, sortBy, isShown: () => false }, { secrets })
    clearImmediate(immediate)
    assert.ok(turns >= read.times - 2, `${turns} turns of others, ${read.times} reads`)
    assert.ok(read.atOnce <= 200)
  })
}

for (const sortBy of ['created-date', 'last-changed-date'] as const) {
  test(`by ${sortBy}, filters that take long over each secret leave room for others in between`, async () => {
    const { secrets } = storeOf(50)
    let turns = 0
    const beat = () => {
      turns++
      immediate = setImmediate(beat)
    }
    let immediate = setImmediate(beat)
    const isShown = () => {
      const endMs = performance.now() + 6
      while (performance.now() < endMs);
      return false
    }
    await pageOfSecrets({ ...wanted, sortBy, isShown }, { secrets })
    clearImmediate(immediate)
    assert.ok(turns >= 20, `${turns} turns of others`)
  })
}

test('a secret is read for its words once, however many values it is held against', () => {
  let reads = 0
  const secret = {
    ...{ id: 'a-AAAAAA', name: 'a', tags: {}, stages: {}, createdAtMs: 0, changedAtMs: 0 },
    get description() {
      reads++
      return 'Password of paymentsDatabase'
    },
  }
  const some = (...Values: string[]) => ({ Key: 'all', Values }) as const
  const fits = compileFilters([some(...'bcdefghi', 'data pass'), some(...'bcdefgh', 'payments')])
  assert.equal(fits(secret), true)
  assert.equal(compileFilters([some(...'bcefghijk')])(secret), false)
  assert.equal(reads, 1)
})

test('by a date that changes, every page is the best of all', async () => {
  const { secrets } = storeOf(1_000)
  const names: string[] = []
  for (let token: string | undefined; ; ) {
    const asked = { ...wanted, sortBy: 'last-changed-date' as const, isShown: () => true, token }
    const { items, next } = await pageOfSecrets(asked, { secrets })
    names.push(...items.map(({ name }) => name))
    token = next
    if (token === undefined) break
  }
  assert.equal(names.length, 1_000)
  assert.deepEqual(names, names.toSorted().reverse())
})
