/** Patterns that are made to be slow, or to be got wrong. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compileArnPattern } from '../../server/policy/match/arn-pattern.ts'
import { compilePattern } from '../../server/policy/match/pattern.ts'
import { matchesArn, matchesText } from './reference-values.ts'

const read = { variables: true, context: new Map([['u', ['ab']]]) }
const both = { wildcards: true, variables: true }

function textOf(maxLength: number, ...pieces: readonly string[]): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...pieces), { maxLength }).map(some => some.join(''))
}

/** A piece over and over, so that what nearly fits is everywhere. */
function repeated(...pieces: readonly string[]): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(fc.constantFrom(...pieces), fc.integer({ min: 1, max: 45 })), { maxLength: 4 })
    .map(some => some.map(([piece, times]) => piece.repeat(times)).join(''))
}

describe('a pattern matches what a plain reading of it matches', () => {
  for (const [story, pattern, text] of [
    ['two letters and many wildcards', textOf(14, 'a', 'b', '*', '?', '${u}'), textOf(20, 'a', 'b')],
    [
      'long pieces that nearly repeat themselves',
      repeated('a', 'ab', '?', '*', 'a?b*'),
      repeated('a', 'ab', 'b'),
    ],
    ['one letter alone', textOf(14, 'a', '*', '?', 'aa*'), textOf(14, 'a')],
    [
      'characters that regular expressions know',
      textOf(10, '.', '*', '[', '^', '\\', '?'),
      textOf(10, '.', '[', '^', '\\'),
    ],
  ] as const) {
    test(story, () => {
      fc.assert(
        fc.property(pattern, text, (source, actual) => {
          const { context } = read
          assert.equal(
            compilePattern(source, both).matches(actual, context),
            matchesText(source, actual, true, read),
          )
        }),
        { seed: 20_260_203, numRuns: 2000 },
      )
    })
  }

  test('also within a part of a text, whatever stands around it', () => {
    const pattern = textOf(6, 'a', 'b', '*', '?', '${u}')
    const around = textOf(4, 'a', 'b')
    fc.assert(
      fc.property(pattern, around, textOf(8, 'a', 'b'), around, (source, before, text, behind) => {
        const [from, to] = [before.length, before.length + text.length]
        const matches = compilePattern(source, both).matchesWithin(
          before + text + behind,
          from,
          to,
          read.context,
        )
        assert.equal(matches, matchesText(source, text, true, read))
      }),
      { seed: 20_260_204, numRuns: 3000 },
    )
  })

  test('field by field in an ARN', () => {
    const field = textOf(3, 'a', '*', '?', 'b')
    const pattern = fc.array(field, { minLength: 2, maxLength: 8 }).map(fields => fields.join(':'))
    const text = fc.array(textOf(3, 'a', 'b'), { minLength: 4, maxLength: 8 }).map(fields => fields.join(':'))
    fc.assert(
      fc.property(pattern, text, (source, actual) => {
        const matches = compileArnPattern(source, true).matches(actual, read.context)
        assert.equal(matches, matchesArn(source, actual, read))
      }),
      { seed: 20_260_205, numRuns: 5000 },
    )
  })
})

/** A text that counts how often somebody looks at one of its characters. */
class CountedText {
  looks = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  get length(): number {
    return this.#text.length
  }

  charCodeAt(at: number): number {
    this.looks++
    return this.#text.charCodeAt(at)
  }

  startsWith(wanted: string, from: number): boolean {
    this.looks += wanted.length
    return this.#text.startsWith(wanted, from)
  }

  /** Counted as one look at each character that it passes. */
  indexOf(wanted: string, from: number): number {
    const found = this.#text.indexOf(wanted, from)
    this.looks += (found < 0 ? this.#text.length : found + wanted.length) - from
    return found
  }
}

describe('looking at a text', () => {
  for (const [story, patternOf, textOf] of [
    ['many stars', n => 'a*'.repeat(n), n => 'a'.repeat(4 * n)],
    ['many stars and no end', n => `${'*a'.repeat(n)}b`, n => 'a'.repeat(4 * n)],
    ['stars and question marks', n => `${'*a?'.repeat(n)}b*`, n => 'a'.repeat(4 * n)],
    ['a long piece that nearly fits everywhere', n => `*${'a?'.repeat(n)}b*`, n => 'a'.repeat(4 * n)],
    ['a long piece whose beginning differs', n => `*?b${'a'.repeat(n)}*`, n => 'a'.repeat(4 * n)],
    ['pieces that begin like each other', n => '*ab*abab?*ababab'.repeat(n), n => 'ab'.repeat(8 * n)],
    ['question marks alone', n => `*${'?'.repeat(n)}*b`, n => 'a'.repeat(4 * n)],
    [
      'a variable whose value nearly fits everywhere',
      n => `*${`\${u}?`.repeat(n)}x*`,
      n => 'ab'.repeat(4 * n),
    ],
  ] as const satisfies readonly (readonly [string, (n: number) => string, (n: number) => string])[]) {
    test(`takes each character a few times at most: ${story}`, () => {
      for (const n of [10, 100, 1000]) {
        const source = patternOf(n)
        const text = new CountedText(textOf(n))
        const pattern = compilePattern(source, both)
        pattern.matches(text as unknown as string, read.context)
        const most = 2 * (text.length + source.length)
        assert.ok(text.looks > 0 && text.looks <= most, `${text.looks} looks at ${text.length} characters`)
      }
    })
  }
})
