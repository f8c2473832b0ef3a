import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { GlobSet, globOf, tokensOf } from '../../../../server/policy/ask/texts/glob-set.ts'
import { actionText, anyText, resourceText, type Shape } from '../../../../server/policy/ask/texts/shapes.ts'
import { hasShape, textClasses } from '../../../../server/policy/ask/texts/text-classes.ts'
import { compileArnPattern, compileResourcePattern } from '../../../../server/policy/match/arn-pattern.ts'
import { compilePattern, type Pattern } from '../../../../server/policy/match/pattern.ts'

const noContext = new Map()
const noValue = () => undefined

function like(source: string): Pattern {
  return compilePattern(source, { wildcards: true, variables: false })
}

function classesOf(patterns: readonly Pattern[], shape: Shape, left = 1_000_000) {
  const globs = patterns.map(({ pieces }) => globOf(pieces, noValue))
  return textClasses(globs, { shape, effort: { left } })
}

function matchesOf(patterns: readonly Pattern[], text: string): string {
  return patterns.map(pattern => Number(pattern.matches(text, noContext))).join('')
}

/** All texts of at most so many of the characters. */
function textsOf(characters: string, most: number): string[] {
  const texts = ['']
  for (let from = 0, length = 0; length < most; length++) {
    const until = texts.length
    for (; from < until; from++) for (const one of characters) texts.push(`${texts[from]}${one}`)
  }
  return texts
}

const sources = (characters: string) =>
  fc.array(fc.constantFrom(...characters), { maxLength: 5 }).map(list => list.join(''))
const arnSources = fc
  .tuple(
    fc.constantFrom('arn', '*', 'a?n'),
    sources('ab*?'),
    sources('a*'),
    sources('*'),
    sources('b?'),
    sources('ab:*?'),
  )
  .map(fields => fields.join(':'))
const arnTexts = fc
  .tuple(
    fc.constantFrom('arn', 'ann'),
    sources('ab'),
    sources('ab'),
    sources('ab'),
    sources('ab'),
    sources('ab:'),
  )
  .map(fields => fields.join(':'))

describe('patterns as an automaton', () => {
  test('match the texts that the patterns match', () => {
    fc.assert(
      fc.property(
        fc.array(sources('ab:*?'), { minLength: 1, maxLength: 4 }),
        sources('ab:c'),
        (list, text) => {
          const patterns = list.map(like)
          const set = new GlobSet(patterns.map(({ pieces }) => globOf(pieces, noValue)))
          const matched = set.matched(set.read(text))
          assert.deepEqual(
            matched,
            [...patterns.keys()].filter(n => patterns[n]?.matches(text, noContext)),
          )
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('match the ARNs that ARN patterns and resource patterns match', () => {
    fc.assert(
      fc.property(
        fc.oneof(arnSources, sources('arn:*')),
        fc.oneof(arnTexts, sources('a:b')),
        (source, text) => {
          for (const pattern of [compileArnPattern(source, false), compileResourcePattern(source, false)]) {
            const set = new GlobSet([globOf(pattern.pieces, noValue)])
            assert.equal(set.matched(set.read(text)).length > 0, pattern.matches(text, noContext))
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('take a variable for its text, wildcards in it included, or for any text where it is not known', () => {
    const { pieces } = compilePattern('a${k}b', { wildcards: true, variables: true })
    const set = new GlobSet([
      globOf(pieces, () => '*'),
      globOf(pieces, () => ({ wildcard: '*', crosses: true })),
      globOf(pieces, () => undefined),
    ])
    assert.deepEqual(set.matched(set.read('a*b')), [0, 1])
    assert.deepEqual(set.matched(set.read('axb')), [1])
  })

  test('know the third spelling of k, where case does not count', () => {
    const set = new GlobSet([tokensOf('key', true)])
    for (const text of ['key', 'KEY', '\u212aey']) assert.deepEqual(set.matched(set.read(text)), [0])
    assert.ok(set.toldApart(set.start).has(0x212a))
  })
})

describe('the classes of texts that patterns tell apart', () => {
  for (const [story, list, expected] of [
    ['no pattern', [], ['']],
    ['a star', ['*'], ['']],
    ['one text', ['ab'], ['', 'ab']],
    ['a text within a pattern', ['ab', 'a*'], ['', 'a', 'ab']],
    ['two that overlap', ['*a', 'b*'], ['', 'a', 'b', 'ba']],
    ['a star and a character', ['a*', 'a?'], ['', 'a', 'ax']],
    ['the same twice', ['a', 'a'], ['', 'a']],
    ['a pattern that others cover together', ['a*', '*a', 'a'], ['', 'a', 'ax', 'xa', 'aa']],
  ] as const) {
    test(`of ${story} have the shortest text each`, () => {
      const { texts, complete } = classesOf(list.map(like), anyText)
      assert.equal(complete, true)
      assert.deepEqual([...texts].sort(), [...expected].sort())
    })
  }

  test('are all there are: no short text is matched by a set of patterns that none of the found ones has', () => {
    const all = textsOf('abz', 6)
    fc.assert(
      fc.property(fc.array(sources('ab*?'), { minLength: 1, maxLength: 4 }), list => {
        const patterns = list.map(like)
        const { texts, complete } = classesOf(patterns, anyText)
        const found = new Map(texts.map(text => [matchesOf(patterns, text), text]))
        assert.equal(complete, true)
        assert.equal(found.size, texts.length)
        for (const text of all) {
          const one = found.get(matchesOf(patterns, text))
          assert.ok(one !== undefined && one.length <= text.length, `${list} ${text}`)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('have ARNs only, or the lone star, where resources are meant', () => {
    fc.assert(
      fc.property(fc.array(arnSources, { minLength: 1, maxLength: 3 }), arnTexts, (list, text) => {
        const patterns = list.map(source => compileResourcePattern(source, false))
        const { texts } = classesOf(patterns, resourceText)
        for (const one of texts) assert.match(one, /^(?:\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+)$/s)
        if (!hasShape(text, resourceText)) return
        assert.ok(texts.some(one => matchesOf(patterns, one) === matchesOf(patterns, text)))
      }),
      { numRuns: 500 },
    )
  })

  for (const [text, isAction] of [
    ['s3:getobject', true],
    ['execute-api:invoke', true],
    ['s3:', false],
    [':get', false],
    ['s3', false],
    ['s3:a:b', false],
    ['s_3:get', false],
  ] as const) {
    test(`take ${text} for ${isAction ? 'an action' : 'none'}`, () => {
      assert.equal(hasShape(text, actionText), isAction)
    })
  }

  test('take a candidate for the shortest text, if it is of the shape', () => {
    const { pieces } = like('s3:get*')
    const globs = [globOf(pieces, noValue)]
    const candidates = ['no action', 'S3:GetObject', 's3:getother', 'ec2:Run']
    const { texts } = textClasses(globs, {
      shape: actionText,
      candidates,
      read: text => text.toLowerCase(),
      effort: { left: 1000 },
    })
    assert.deepEqual(texts, ['S3:GetObject', 'ec2:Run'])
  })

  test('are said to be incomplete when there are too many to find', () => {
    const patterns = [...'abcdefghijklmnop'].map(one => like(`*${one}*${one}*`))
    const { texts, complete } = classesOf(patterns, anyText, 30_000)
    assert.equal(complete, false)
    assert.ok(texts.length > 1)
  })
})
