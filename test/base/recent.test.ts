import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRecent } from '../../server/base/recent.ts'

const most = 5
const key = fc.nat({ max: 20 }).map(n => `key ${n}`)
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('keep' as const), key, fc.nat({ max: 3 })) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('delete' as const), key, fc.constant(0)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('find' as const), key, fc.constant(0)) },
  ),
  { maxLength: 200 },
)

test('what is found is what was kept last, the most recent is always found, and no more is held than may be', () => {
  fc.assert(
    fc.property(steps, taken => {
      const recent = createRecent<{ n: number }>(most)
      const last = new Map<string, { n: number }>()
      // The latest first.
      let used: string[] = []
      for (const [what, name, n] of taken) {
        if (what === 'keep') {
          const value = last.get(name)?.n === n ? last.get(name) : { n }
          if (value === undefined) continue
          recent.keep(name, value)
          last.set(name, value)
          used = [name, ...used.filter(one => one !== name)]
        } else if (what === 'delete') {
          recent.delete(name)
          last.delete(name)
          used = used.filter(one => one !== name)
        }
        for (const one of last.keys()) {
          const found = recent.find(one)
          if (found !== undefined) assert.equal(found, last.get(one))
          else assert.ok(used.indexOf(one) >= most, `${one} was in use`)
        }
        if (what === 'delete') assert.equal(recent.find(name), undefined)
        const held = [...last.keys()].filter(one => recent.find(one) !== undefined)
        assert.ok(held.length <= 2 * most)
      }
    }),
    { numRuns: 1000 },
  )
})

test('values are counted by their size, and one that is alone too large is still found', () => {
  const recent = createRecent<string>(10, value => value.length)
  recent.keep('a', '1234567890')
  recent.keep('b', '1234567890')
  assert.deepEqual(['a', 'b'].map(recent.find), ['1234567890', '1234567890'])
  recent.keep('c', '1234567890 and more')
  assert.equal(recent.find('a'), undefined)
  assert.ok(recent.find('c'))
  recent.clear()
  assert.deepEqual(['a', 'b', 'c'].map(recent.find), [undefined, undefined, undefined])
})
