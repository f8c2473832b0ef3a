import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { createBoundedMap } from '../../server/demo/bounded-map.ts'

test('whatever is written, the map holds the newest entries and never more than it may', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.constantFrom(...'abcdefgh')), (most, keys) => {
      const map = createBoundedMap<number>(most)
      keys.forEach((key, at) => {
        map.set(key, at)
      })
      const newest = [...new Set(keys.toReversed())].slice(0, most)
      assert.equal(map.size, newest.length)
      for (const key of newest) assert.equal(map.get(key), keys.lastIndexOf(key))
    }),
  )
})
