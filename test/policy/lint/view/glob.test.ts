import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { covers, disjoint, newEffort, tokensOf } from '../../../../server/policy/lint/view/glob.ts'
import { compilePattern } from '../../../../server/policy/match/pattern.ts'

const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 })
const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })

function matches(source: string, subject: string): boolean {
  return compilePattern(source, { wildcards: true, variables: false }).matches(subject, new Map())
}

describe('patterns', () => {
  test('a pattern that covers another matches whatever that matches', () => {
    fc.assert(
      fc.property(
        pattern,
        pattern,
        fc.array(text, { minLength: 20, maxLength: 20 }),
        (wide, narrow, texts) => {
          if (!covers(tokensOf(wide, false), tokensOf(narrow, false), newEffort())) return
          for (const one of texts) assert.ok(!matches(narrow, one) || matches(wide, one), one)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  test('no text is matched by two that are disjoint', () => {
    fc.assert(
      fc.property(pattern, pattern, fc.array(text, { minLength: 20, maxLength: 20 }), (one, other, texts) => {
        if (!disjoint(tokensOf(one, false), tokensOf(other, false))) return
        for (const some of texts) assert.ok(!(matches(one, some) && matches(other, some)), some)
      }),
      { numRuns: 5_000 },
    )
  })

  test('a pattern without wildcards is covered exactly by what matches it', () => {
    fc.assert(
      fc.property(pattern, text, (wide, one) => {
        assert.equal(covers(tokensOf(wide, false), tokensOf(one, false), newEffort()), matches(wide, one))
      }),
    )
  })

  for (const [story, wide, narrow, expected] of [
    ['a star covers a variable, which may be any text', 'user/*', 'user/${aws:username}', true],
    ['a variable covers itself', 'user/${aws:username}', 'user/${aws:username}', true],
    ['a variable covers no other', 'user/${aws:username}', 'user/${aws:userid}', false],
    ['a variable covers no star', 'user/${aws:username}', 'user/*', false],
    ['a question mark covers no variable', 'user/?', 'user/${a}', false],
    ['a star that is written as a character is no wildcard', 'user/${*}', 'user/a', false],
    ['a star covers a star that is written as a character', 'user/*', 'user/${*}', true],
  ] as const) {
    test(story, () => {
      assert.equal(covers(tokensOf(wide, true), tokensOf(narrow, true), newEffort()), expected)
    })
  }

  test('comparing ends when it has cost enough, and the answer is no', () => {
    const effort = { left: 10 }
    assert.equal(covers(tokensOf('*', false), tokensOf('a'.repeat(100), false), effort), false)
  })
})
