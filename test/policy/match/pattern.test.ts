import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compilePattern, everything, nothing } from '../../../server/policy/match/pattern.ts'
import { matchesText } from '../reference-values.ts'

const options = { wildcards: true, variables: true }
const context = new Map([
  ['u', ['ada']],
  ['star', ['*']],
  ['many', ['a', 'b']],
])
const star = { wildcard: '*', crosses: true }
const any = { wildcard: '?', crosses: true }
const u = { key: 'u', fallback: undefined }

describe('a compiled pattern', () => {
  for (const [source, pieces, literal, needs, textIn] of [
    ['', [''], '', [], ''],
    ['ab', ['ab'], 'ab', [], 'ab'],
    ['*', [star], undefined, [], undefined],
    ['a*', ['a', star], undefined, [], undefined],
    ['a**b', ['a', star, 'b'], undefined, [], undefined],
    ['a??b', ['a', any, any, 'b'], undefined, [], undefined],
    ['?*?', [any, star, any], undefined, [], undefined],
    ['${u}', [u], undefined, ['u'], 'ada'],
    ['x/${U}/y', ['x/', u, '/y'], undefined, ['u'], 'x/ada/y'],
    ["${u,'b'}", [{ key: 'u', fallback: 'b' }], undefined, [], 'ada'],
    ["${none, 'b'}c", [{ key: 'none', fallback: 'b' }, 'c'], undefined, [], 'bc'],
    ['${none}', [{ key: 'none', fallback: undefined }], undefined, ['none'], undefined],
    ['${many}', [{ key: 'many', fallback: undefined }], undefined, ['many'], undefined],
    ['${u}*', [u, star], undefined, ['u'], undefined],
    ['${u}?', [u, any], undefined, ['u'], undefined],
    ['a${*}b', ['a*b'], 'a*b', [], 'a*b'],
    ['a${?}${$}', ['a?$'], 'a?$', [], 'a?$'],
    ['${u', ['${u'], '${u', [], '${u'],
  ] as const) {
    test(`of ${JSON.stringify(source)} says what it is made of, means and needs`, () => {
      const pattern = compilePattern(source, options)
      assert.deepEqual(pattern.pieces, pieces)
      assert.equal(pattern.literal, literal)
      assert.deepEqual(pattern.needs, needs)
      assert.equal(pattern.textIn(context), textIn)
      assert.equal(pattern.source, source)
    })
  }

  for (const [source, anchor] of [
    ['ab', { runs: ['ab'], prefix: 'ab', suffix: '', exact: true }],
    ['*', { runs: [], prefix: '', suffix: '', exact: false }],
    ['ab*', { runs: ['ab'], prefix: 'ab', suffix: '', exact: false }],
    ['*ab', { runs: ['ab'], prefix: '', suffix: 'ab', exact: false }],
    ['a*b*c', { runs: ['a', 'b', 'c'], prefix: 'a', suffix: 'c', exact: false }],
    ['a?b', { runs: ['a', 'b'], prefix: 'a', suffix: 'b', exact: false }],
    ['${u}ab${u}', { runs: ['ab'], prefix: '', suffix: '', exact: false }],
    ['a${u}b', { runs: ['a', 'b'], prefix: 'a', suffix: 'b', exact: false }],
  ] as const) {
    test(`of ${JSON.stringify(source)} tells what every text that it matches has in it`, () => {
      assert.deepEqual(compilePattern(source, options).anchor, anchor)
    })
  }

  test('takes wildcards for text where they do not act, and variables likewise', () => {
    const plain = compilePattern('a*?${u}', { wildcards: false, variables: false })
    assert.equal(plain.literal, 'a*?${u}')
    assert.deepEqual(compilePattern('*${u}', { wildcards: false, variables: true }).pieces, ['*', u])
    assert.deepEqual(compilePattern('*${u}', { wildcards: true, variables: false }).pieces, [star, '${u}'])
  })

  test('takes a variable’s value for text', () => {
    assert.ok(compilePattern('${star}', options).matches('*', context))
    assert.ok(!compilePattern('${star}', options).matches('a', context))
  })

  test('matches what trying every way matches, in a whole text and within one', () => {
    const piece = fc.constantFrom('a', 'b', 'ab', '*', '*', '?', '${u}', '${none}', "${none,'ab'}")
    const source = fc.array(piece, { maxLength: 9 }).map(some => some.join(''))
    const text = fc.array(fc.constantFrom('a', 'b', 'ada'), { maxLength: 9 }).map(some => some.join(''))
    fc.assert(
      fc.property(
        source,
        text,
        fc.constantFrom('', 'a', 'b'),
        fc.constantFrom('', 'a', 'b'),
        (one, two, before, after) => {
          const pattern = compilePattern(one, options)
          const expected = matchesText(one, two, true, { variables: true, context })
          assert.equal(pattern.matches(two, context), expected)
          const from = before.length
          assert.equal(
            pattern.matchesWithin(`${before}${two}${after}`, from, from + two.length, context),
            expected,
          )
        },
      ),
      { numRuns: 5_000 },
    )
  })

  test('finds a segment with a variable without a value nowhere', () => {
    assert.ok(!compilePattern('*${none}*', options).matches('abc', context))
    assert.ok(!compilePattern('*a${none}', options).matches('abc', context))
  })

  test('finds a segment of a hundred characters of any kind between others', () => {
    const pattern = compilePattern(`*a${'?'.repeat(100)}b*`, options)
    assert.ok(pattern.matches(`aa${'x'.repeat(100)}bb`, context))
    assert.ok(pattern.matches(`xa${'x'.repeat(99)}bbx`, context))
    assert.ok(!pattern.matches(`a${'x'.repeat(99)}b`, context))
  })
})

test('everything matches everything, and nothing matches nothing', () => {
  for (const text of ['', 'a', '*']) {
    assert.ok(everything.matches(text, context) && everything.matchesWithin(text, 0, 0, context))
    assert.ok(!nothing.matches(text, context) && !nothing.matchesWithin(text, 0, 0, context))
  }
  assert.deepEqual(everything.pieces, [star])
  assert.equal(nothing.pieces, undefined)
  assert.equal(everything.textIn(context), undefined)
  assert.equal(everything.literal, undefined)
  assert.deepEqual(everything.needs, [])
})
