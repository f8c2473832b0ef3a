import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compileAutomaton, type Step } from '../../../server/policy/match/automaton.ts'
import { fits, type Token } from '../reference-values.ts'

const star: Step = { wildcard: '*', crosses: true }
const starBetween: Step = { wildcard: '*', crosses: false }
const any: Step = { wildcard: '?', crosses: true }
const anyBetween: Step = { wildcard: '?', crosses: false }

function run(steps: readonly Step[], text: string): boolean {
  return compileAutomaton(steps).matches(text, 0, text.length)
}

describe('an automaton of wildcards that cross colons and of others that do not', () => {
  for (const [story, steps, text, expected] of [
    ['nothing for nothing', [], '', true],
    ['nothing for something', [], 'a', false],
    ['text', ['ab'], 'ab', true],
    ['text that goes on', ['ab'], 'abc', false],
    ['text that is cut', ['ab'], 'a', false],
    ['a star for nothing', [star], '', true],
    ['a star for a colon', ['a', star, 'b'], 'a:b', true],
    ['a star that stays, for nothing', ['a', starBetween, 'b'], 'ab', true],
    ['a star that stays, for something', ['a', starBetween, 'b'], 'axxb', true],
    ['a star that stays, at a colon', ['a', starBetween, 'b'], 'ax:xb', false],
    ['a character', [any], 'a', true],
    ['a character for a colon', [any], ':', true],
    ['a character that stays, for a colon', [anyBetween], ':', false],
    ['a character that stays', [anyBetween], 'a', true],
    ['a star of each kind side by side', [starBetween, star], 'a:b', true],
    ['a star at both ends', [star, 'b', star], 'a:b:c', true],
    ['one that needs a second look', [star, 'ab', star, 'abc'], 'ababxabc', true],
  ] as [string, Step[], string, boolean][]) {
    test(`${story}: ${expected}`, () => assert.equal(run(steps, text), expected))
  }

  for (const length of [30, 31, 32, 33, 62, 63, 64, 65, 96, 97]) {
    test(`a pattern of ${length} characters, at the edges of machine words`, () => {
      const text = 'ab'.repeat(length).slice(0, length)
      assert.ok(run([text], text))
      assert.ok(run([text, star], `${text}::`))
      assert.ok(run([star, text], `::${text}`))
      assert.ok(!run([text], `${text}a`))
      assert.ok(!run([text], text.slice(1)))
      assert.ok(!run([`${text.slice(0, -1)}x`], text))
      assert.ok(run(Array<Step>(length).fill(any), text))
      assert.ok(!run(Array<Step>(length + 1).fill(any), text))
    })
  }

  test('reads the part of a text that it is asked about, and no more', () => {
    assert.ok(compileAutomaton(['b', star, 'd']).matches('abcde', 1, 4))
    assert.ok(!compileAutomaton(['b', star, 'e']).matches('abcde', 1, 4))
    assert.ok(!compileAutomaton(['a']).matches('abcde', 1, 1))
    assert.ok(compileAutomaton([]).matches('abcde', 2, 2))
  })

  test('agrees with trying every way', () => {
    const step = fc.oneof(
      { arbitrary: fc.constantFrom<Step>('a', 'b', ':', 'ab', 'a:'), weight: 3 },
      { arbitrary: fc.constantFrom<Step>(star, starBetween, any, anyBetween), weight: 2 },
    )
    const text = fc.array(fc.constantFrom('a', 'b', ':'), { maxLength: 14 }).map(some => some.join(''))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), text, (steps, one) => {
        const tokens = steps.flatMap<Token>(each =>
          typeof each === 'string'
            ? Array.from(each, character => ({ text: character }))
            : [{ wildcard: each.wildcard, within: !each.crosses }],
        )
        assert.equal(run(steps, one), fits(tokens, one))
      }),
      { numRuns: 5_000 },
    )
  })
})
