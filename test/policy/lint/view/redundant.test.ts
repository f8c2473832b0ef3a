import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redundant } from '../../../../server/policy/lint/view/redundant.ts'

const place = { path: 'list', at: 0 }
const listOf = (values: readonly string[]) =>
  values.map(value => ({ text: { ...place, value }, same: value.toLowerCase() }))
const told = (values: readonly string[], covers: (wide: string, narrow: string) => boolean, left = 1_000) => {
  const comparer = { prepare: (same: string) => same, covers, effort: { left } }
  return [...redundant(listOf(values), comparer)].map(({ message }) => message)
}

test('of two that say the same the later is told, and what is within something wider', () => {
  assert.deepEqual(
    told(['ab', 'a', 'AB', 'b'], (wide, narrow) => narrow.startsWith(wide)),
    ['"AB" is in the list already.', '"ab" is covered by "a".'],
  )
})

test('a list that costs too much is compared no further, however long it is (a busy service)', () => {
  const effort = { left: 10 }
  let compared = 0
  const covers = () => {
    compared++
    effort.left--
    return false
  }
  const values = Array.from({ length: 2_000 }, (_, n) => String(n))
  assert.deepEqual([...redundant(listOf(values), { prepare: same => same, covers, effort })], [])
  assert.ok(compared <= values.length, `${compared} comparisons`)
})
