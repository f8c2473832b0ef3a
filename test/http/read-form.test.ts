import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../../server/base/refusal.ts'
import { readForm } from '../../server/http/read-form.ts'

test('what URLSearchParams writes is read back', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.string()), { selector: ([name]) => name }),
      pairs => {
        const wellFormed = pairs.filter(pair => pair.every(part => part.isWellFormed()))
        assert.deepEqual(readForm(new URLSearchParams(wellFormed).toString()), new Map(wellFormed))
      },
    ),
  )
})

for (const [story, text] of [
  ['a parameter that comes twice', 'a=1&b=2&a=3'],
  ['a parameter that comes twice in two spellings', 'a=1&%61=2'],
  ['an escape that is none', 'a=%zz'],
  ['an escape that is cut short', 'a=%4'],
  ['an escape that is not UTF-8', 'a=%ff%fe'],
  ['an overlong UTF-8 escape', 'a=%c0%af'],
  ['a parameter twice, once without a value', 'a=1&a'],
  ['a parameter behind a thousand separators', `a=1${'&'.repeat(1000)}b=2`],
  ['a thousand separators', '&'.repeat(1000)],
  ['more parameters than anybody needs', Array.from({ length: 1500 }, (_, n) => `p${n}=1`).join('&')],
] as const) {
  test(`${story} is refused`, () => {
    assert.throws(
      () => readForm(text),
      (error: unknown) => error instanceof Refusal && error.reason === 'request.malformed',
    )
  })
}

test('a thousand parameters are read to the last', () => {
  const form = readForm(Array.from({ length: 1000 }, (_, n) => `p${n}=${n}`).join('&'))
  assert.equal(form.size, 1000)
  assert.equal(form.get('p999'), '999')
})

test('names that mean something to objects are just names', () => {
  assert.equal(readForm('__proto__=1&constructor=2').get('constructor'), '2')
})
