import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  compileArnPattern,
  compileResourcePattern,
  resourceFieldOf,
} from '../../../server/policy/match/arn-pattern.ts'
import { SharedParts } from '../../../server/policy/match/shared-parts.ts'

const context = new Map([['u', ['ada']]])
const star = { wildcard: '*', crosses: true }
const starBetween = { wildcard: '*', crosses: false }
const anyBetween = { wildcard: '?', crosses: false }
const u = { key: 'u', fallback: undefined }

describe('a pattern of a Resource', () => {
  for (const [source, pieces, anchor, needs] of [
    ['*', [star], { runs: [], prefix: '', suffix: '', exact: false }, []],
    ['**', [star], { runs: [], prefix: '', suffix: '', exact: false }, []],
    ['arn:aws:n:::b/7', ['arn:aws:n:::b/7'], { runs: ['b/7'], prefix: 'b/7', suffix: '', exact: true }, []],
    [
      'arn:aws:n:::b/*',
      ['arn:aws:n:::b/', star],
      { runs: ['b/'], prefix: 'b/', suffix: '', exact: false },
      [],
    ],
    ['arn:aws:n:::*', ['arn:aws:n:::', star], { runs: [], prefix: '', suffix: '', exact: false }, []],
    [
      'arn:aws:n:::*b',
      ['arn:aws:n:::', star, 'b'],
      { runs: ['b'], prefix: '', suffix: 'b', exact: false },
      [],
    ],
    [
      'arn:aws:n:::${u}/b',
      ['arn:aws:n:::', u, '/b'],
      { runs: ['/b'], prefix: '', suffix: '/b', exact: false },
      ['u'],
    ],
    // A star before the last field may eat some of the text's: how the field begins is not known any more.
    [
      'arn:aws:n:*::b/7',
      ['arn:aws:n:', star, '::b/7'],
      { runs: ['b/7'], prefix: '', suffix: '', exact: false },
      [],
    ],
    [
      'arn:aws:n:*::b/*c',
      ['arn:aws:n:', star, '::b/', star, 'c'],
      { runs: ['b/', 'c'], prefix: '', suffix: 'c', exact: false },
      [],
    ],
    [
      'arn:aws:n:r-?::b/7',
      ['arn:aws:n:r-', anyBetween, '::b/7'],
      { runs: ['b/7'], prefix: '', suffix: '', exact: false },
      [],
    ],
    [
      'arn:aws:n:*x:*:b',
      ['arn:aws:n:', starBetween, 'x:', star, ':b'],
      { runs: ['b'], prefix: '', suffix: '', exact: false },
      [],
    ],
    [
      'arn:aws:n',
      ['arn:aws:n:', star, ':', star, ':', star],
      { runs: [], prefix: '', suffix: '', exact: false },
      [],
    ],
  ] as const) {
    test(`${source} says what it is made of, and what to find it by`, () => {
      const pattern = compileResourcePattern(source, true)
      assert.deepEqual(joined(pattern.pieces ?? []), joined(pieces))
      assert.deepEqual(pattern.anchor, anchor)
      assert.deepEqual(pattern.needs, needs)
      assert.equal(pattern.source, source === '**' ? '*' : source)
    })
  }

  test('of one ARN alone means its text', () => {
    const pattern = compileResourcePattern('arn:aws:n:::b/7', true)
    assert.equal(pattern.literal, 'arn:aws:n:::b/7')
    assert.equal(pattern.textIn(context), 'arn:aws:n:::b/7')
    assert.equal(compileResourcePattern('arn:aws:n:::${u}', true).textIn(context), 'arn:aws:n:::ada')
    for (const source of ['arn:aws:n:*::b', 'arn:aws:n:?::b', 'arn:aws:n:::*']) {
      assert.equal(compileResourcePattern(source, true).literal, undefined)
      assert.equal(compileResourcePattern(source, true).textIn(context), undefined)
    }
  })

  test('matches within a text, from a place up to another', () => {
    for (const source of ['arn:aws:n:::b/*', 'arn:aws:n:*:b/*', 'arn:aws:?:::b/*', 'arn:aws:n:::b/7']) {
      const pattern = compileResourcePattern(source.replace('n:*:b', 'n:*::b'), true)
      assert.ok(pattern.matchesWithin('xarn:aws:n:::b/7x', 1, 16, context), source)
      assert.ok(!pattern.matchesWithin('xarn:aws:n:::b/7x', 0, 16, context), source)
      assert.ok(!pattern.matchesWithin('xarn:aws:n:::b/7x', 1, 14, context), source)
    }
  })

  test('shares texts and variables with the others of its document', () => {
    const shared = new SharedParts()
    const [one, other] = ['b/${u}/c*', 'd/${u}/e*'].map(
      last => compileResourcePattern(`arn:aws:n:::${last}`, true, shared).pieces,
    )
    const variableIn = (pieces: typeof one) =>
      pieces?.find(piece => typeof piece === 'object' && 'key' in piece)
    assert.equal(variableIn(one), variableIn(other))
    assert.notEqual(variableIn(one), undefined)
  })
})

describe('a pattern of an Arn operator', () => {
  for (const [source, pieces] of [
    ['*', [star]],
    ['arn:aws:n:*::b', ['arn:aws:n:', starBetween, '::b']],
    ['arn:aws:n*', ['arn:aws:n', starBetween, ':', starBetween, ':', starBetween, ':', star]],
    ['arn:aws:n:::b*', ['arn:aws:n:::b', star]],
  ] as const) {
    test(`${source} stays in its fields`, () => {
      assert.deepEqual(joined(compileArnPattern(source, true).pieces ?? []), joined(pieces))
    })
  }

  test('of stars alone matches what is no ARN, too', () => {
    assert.ok(compileArnPattern('**', true).matches('note', context))
    assert.ok(!compileArnPattern('*:*:*:*:*:*', true).matches('note', context))
  })

  test('matches no text with fewer fields', () => {
    const pattern = compileArnPattern('arn:*:*:*:*:*', true)
    assert.ok(pattern.matches('arn:a:b:c:d:e', context))
    assert.ok(!pattern.matches('arn:a:b:c:d', context))
    assert.ok(!pattern.matchesWithin('arn:a:b:c:d:e', 0, 11, context))
  })

  test('that ends early without a star matches nothing', () => {
    const pattern = compileArnPattern('arn:aws:n', true)
    assert.equal(pattern.pieces, undefined)
    assert.equal(pattern.source, 'arn:aws:n')
    assert.ok(!pattern.matches('arn:aws:n', context))
  })

  test('matches field by field within a text, from a place up to another', () => {
    const pattern = compileArnPattern('arn:a*:n:?:*:b', true)
    assert.ok(pattern.matchesWithin('xarn:aws:n:r::bx', 1, 15, context))
    assert.ok(!pattern.matchesWithin('xarn:aws:n:r::bx', 1, 16, context))
    assert.ok(!pattern.matchesWithin('xarn:aws:n:r::bx', 1, 13, context))
    assert.ok(!pattern.matchesWithin('xarn:aws:n:r::bx', 0, 15, context))
    assert.deepEqual(pattern.anchor, { runs: ['b'], prefix: 'b', suffix: '', exact: true })
    assert.equal(pattern.textIn(context), undefined)
  })
})

describe('the last field of an ARN', () => {
  for (const [text, at] of [
    ['arn:aws:n:::b', 12],
    ['arn:aws:n:r:1:', 14],
    ['a:b:c:d:e:f:g', 10],
    ['a:b:c:d:e', undefined],
    ['', undefined],
    ['*', undefined],
  ] as const) {
    test(`of ${JSON.stringify(text)} begins at ${at}`, () => assert.equal(resourceFieldOf(text), at))
  }
})

/** Texts side by side made one, and characters of any number spelled out. */
function joined(pieces: readonly unknown[]): unknown[] {
  const found: unknown[] = []
  for (const piece of pieces) {
    const before = found.at(-1)
    if (typeof piece === 'string' && typeof before === 'string') found[found.length - 1] = before + piece
    else if (piece !== '') found.push(piece)
  }
  return found
}
