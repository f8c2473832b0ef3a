import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { keyStates } from '../../../../server/policy/ask/values/key-states.ts'
import { type Line, linesOf } from '../../../../server/policy/ask/values/line.ts'
import { parse } from '../arbitraries.ts'

const key = 'k:key'

/** Operators with values to write in a policy and values to find in requests. */
const families: Readonly<Record<string, readonly [operators: string[], wanted: string[], actual: string[]]>> =
  {
    text: [
      ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase', 'Bool'],
      ['a', 'b*', '*b', 'B', '?', '*', 'a?b', 'key', 'true', 'false', 'a*b*'],
      ['', 'a', 'b', 'ab', 'ba', 'B', 'A', 'key', '\u212aey', 'true', 'TRUE', 'axb', 'abb', 'bab', 'x'],
    ],
    arns: [
      ['ArnLike', 'ArnNotEquals'],
      ['*', 'arn:aws:s3:::b/*', 'arn:aws:*:*:*:b/a', 'arn:aws:s3*', 'arn:aws:s3'],
      [
        'arn:aws:s3:::b/a',
        'arn:aws:s3:::b',
        'arn:aws:x:y:z:b/a',
        'arn:aws:s3:a:b:c',
        'arn',
        'arn:aws:ec2:::b/c',
      ],
    ],
    numbers: [
      [
        'NumericEquals',
        'NumericNotEquals',
        'NumericLessThan',
        'NumericGreaterThanEquals',
        'NumericGreaterThan',
      ],
      [
        '5',
        '5.5',
        '-3',
        '0',
        '+7',
        '5.0',
        '999999999999999999999999999999',
        '0.000000000000000000000000000001',
      ],
      [
        '5',
        '5.2',
        '6',
        '-3',
        '-4',
        '-2.5',
        '0',
        '7',
        '1e5',
        'five',
        '',
        '-99999999999999999999999999',
        '0.5',
      ],
    ],
    dates: [
      ['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateGreaterThan', 'DateLessThanEquals'],
      [
        '2026-01-01',
        '2026-01-01T00:00:00.001Z',
        '1767225600',
        '0000-01-01',
        '999999999999',
        '1969-12-31T23:59:59Z',
      ],
      [
        '2026-01-01',
        '2025',
        '1767225600.0005',
        '1767225600.0011',
        '0000-01-01T00:00+01:00',
        'now',
        '999999999999.5',
        '0',
      ],
    ],
    addresses: [
      ['IpAddress', 'NotIpAddress'],
      [
        '192.0.2.0/24',
        '192.0.0.0/16',
        '192.0.2.1',
        '0.0.0.0/0',
        '::/0',
        '2001:db8::/32',
        '2001:db8::1',
        '::ffff:0:0/95',
      ],
      [
        '192.0.2.1',
        '192.0.2.9',
        '192.0.9.9',
        '10.0.0.1',
        '::1',
        '2001:db8::1',
        '2001:db8::2',
        '::ffff:192.0.2.9',
        'x',
        '1.2.3',
      ],
    ],
    bytes: [['BinaryEquals'], ['YQ==', 'Yg==', 'YWI='], ['YQ==', 'YR==', 'Yg==', 'a', '', 'Y2M=']],
  }

function linesFor(conditions: readonly object[]): Line[] {
  const policy = parse(
    'identity',
    conditions.map(Condition => ({ Effect: 'Allow', Action: '*', Resource: '*', Condition })),
  )
  return policy.statements.flatMap(({ conditions: some }) => linesOf(some, policy))
}

function outcomeOf(lines: readonly Line[], values: readonly string[]): string {
  return lines.map(({ condition }) => Number(condition.holds(new Map([[key, values]])))).join('')
}

function find(lines: readonly Line[]) {
  return keyStates(key, lines, new Map(), { left: 1_000_000 })
}

/** One line: an operator, with or without what qualifies it, and some values. */
function conditions([operators, wanted]: (typeof families)[string]): fc.Arbitrary<object> {
  return fc
    .tuple(
      fc.constantFrom('', '', 'ForAnyValue:', 'ForAllValues:'),
      fc.constantFrom(...operators),
      fc.constantFrom('', 'IfExists'),
      fc.uniqueArray(fc.constantFrom(...wanted), { minLength: 1, maxLength: 3 }),
    )
    .map(([set, operator, ifExists, values]) => ({
      [`${set}${operator}${ifExists}`]: {
        [key]: operator === 'Bool' ? values.map(value => String(value === 'a')) : values,
      },
    }))
}

describe('the values of a key that conditions tell apart', () => {
  for (const [name, family] of Object.entries(families)) {
    test(`of ${name} are all there are: no values have an outcome that none of the found ones has`, () => {
      const lists = fc.array(fc.array(fc.constantFrom(...family[2]), { maxLength: 3 }), {
        minLength: 30,
        maxLength: 30,
      })
      fc.assert(
        fc.property(fc.array(conditions(family), { minLength: 1, maxLength: 4 }), lists, (some, tried) => {
          const lines = linesFor(some)
          const { states, because } = find(lines)
          const found = states.map(values => outcomeOf(lines, values))
          assert.equal(because, undefined)
          assert.equal(new Set(found).size, found.length)
          for (const values of tried) {
            assert.ok(found.includes(outcomeOf(lines, values)), `${JSON.stringify(some)}: ${values}`)
          }
        }),
        { numRuns: 150 },
      )
    })
  }

  for (const [story, condition, expected] of [
    ['absent, there', { Null: { [key]: 'true' } }, [[], ['example']]],
    ['absent or another, and the text', { StringEquals: { [key]: 'blue' } }, [[], ['blue']]],
    ['only one, whatever it is', { StringLikeIfExists: { [key]: '*' } }, [[]]],
    ['inside and outside', { NotIpAddress: { [key]: '198.51.100.0/24' } }, [[], ['198.51.100.1']]],
    ['some of each', { 'ForAllValues:StringEquals': { [key]: 'blue' } }, [[], ['example']]],
  ] as const) {
    test(`are for ${Object.keys(condition)[0]}: ${story}`, () => {
      assert.deepEqual(find(linesFor([condition])), { key, states: expected })
    })
  }

  test('are several at once where that has an outcome of its own', () => {
    const lines = linesFor([{ StringEquals: { [key]: 'a' } }, { StringEquals: { [key]: 'b' } }])
    assert.deepEqual(find(lines).states, [[], ['a'], ['b'], ['a', 'b']])
  })

  test('are only tried where a key is taken for two kinds of values', () => {
    const lines = linesFor([{ StringLike: { [key]: '1*' } }, { NumericLessThan: { [key]: '5' } }])
    assert.match(find(lines).because ?? '', /more than one way/)
  })

  test('are only tried where text beyond ASCII is compared regardless of case', () => {
    assert.match(
      find(linesFor([{ StringEqualsIgnoreCase: { [key]: 'Ärger' } }])).because ?? '',
      /beyond ASCII/,
    )
  })

  test('are cut where their combinations are too many', () => {
    const lines = linesFor([...Array(12).keys()].map(n => ({ StringEquals: { [key]: `${n}` } })))
    const { states, because } = find(lines)
    assert.match(because ?? '', /too many combinations/)
    assert.ok(states.length > 200 && states.length < 300)
  })
})
