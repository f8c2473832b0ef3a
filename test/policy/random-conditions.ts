/** Random conditions, and the keys that they ask for. */
import fc from 'fast-check'
import type { Context } from '../../server/policy/request.ts'

const texts = ['a', 'b', 'ab', 'A', 'aB', '', '*', 'a*', '?', '$', '*b']
const patterns = [
  ...texts,
  '${u}',
  'a${u}',
  "${t, 'ab'}",
  "${many, '*'}",
  '${*}',
  '${none}',
  '${u}*',
  '?b',
  '**',
]
const numbers = ['0', '1', '-1', '1.0', '+1', '01.50', '1.5', '9007199254740993', '9007199254740992', '-0']
const dates = [
  '2030-01-31T12:00:00Z',
  '2030-01-31T12:00:00',
  '2030-01-31T14:00+02:00',
  '2030-01-31T04:00:00.000-08:00',
  '2030-01-31',
  '2030-01',
  '1896091200',
  '1896091200.0019',
  '2028-02-29T00:00Z',
  '2030',
]
const addresses = [
  '10.0.0.1',
  '10.0.1.1',
  '11.0.0.1',
  '::ffff:10.0.0.1',
  '2001:db8::1',
  '2001:DB8:0:1::',
  '::1',
]
const ranges = [
  ...addresses,
  '10.0.0.0/8',
  '10.0.0.0/24',
  '0.0.0.0/0',
  '::/0',
  '2001:db8::/32',
  '2001:db8::/63',
  '::ffff:10.0.0.0/104',
  '10.0.0.1/32',
  '10.0.0.0/31',
]
const arns = ['arn:aws:s:r:111122223333:a', 'arn:aws:s:r::a/b', 'arn:aws:s:r:1:a:b', 'arn:aws:s', 'ab', '*']
const arnPatterns = [
  ...arns,
  'arn:aws:*:*:*:a*',
  'arn:aws:s:?:*:${u}*',
  "arn:aws:s:r:*:${t, 'a'}/?",
  'arn:*',
  'arn:aws:s:${u}:*',
  'arn:aws:s:*:?:*',
]

type Values = { wanted: readonly (string | number | boolean)[]; actual: readonly string[] }
const values = {
  text: { wanted: patterns, actual: texts },
  number: { wanted: [...numbers, 1, -1, 1.5], actual: [...numbers, 'x', '', '1e0', ' 1'] },
  date: { wanted: [...dates, 1_896_091_200], actual: [...dates, '2030-02-30', 'x', ''] },
  bool: { wanted: ['true', 'false', 'TRUE', true, false], actual: ['true', 'false', 'True', 'x', ''] },
  bytes: { wanted: ['QQ==', 'QR==', 'QUI=', 'QUJD', ''], actual: ['QQ==', 'QR==', 'QUJD', 'QQ', '', '*'] },
  address: { wanted: ranges, actual: [...addresses, '010.0.0.1', '10.1', 'x', ''] },
  arn: { wanted: arnPatterns, actual: arns },
} satisfies Record<string, Values>
type Family = keyof typeof values

/** Each key is mostly of one kind. `u`, `t` and `m` are what variables ask for. */
const keys: readonly (readonly [key: string, family: Family])[] = [
  ['u', 'text'],
  ['t', 'text'],
  ['m', 'text'],
  ['many', 'text'],
  ['n', 'number'],
  ['d', 'date'],
  ['f', 'bool'],
  ['x', 'bytes'],
  ['i', 'address'],
  ['r', 'arn'],
]
const operators: Record<Family, readonly string[]> = {
  text: ['Equals', 'NotEquals', 'EqualsIgnoreCase', 'NotEqualsIgnoreCase', 'Like', 'NotLike'].map(
    o => `String${o}`,
  ),
  number: comparisons('Numeric'),
  date: comparisons('Date'),
  bool: ['Bool'],
  bytes: ['BinaryEquals'],
  address: ['IpAddress', 'NotIpAddress'],
  arn: ['ArnEquals', 'ArnNotEquals', 'ArnLike', 'ArnNotLike'],
}

function comparisons(family: string): string[] {
  return ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
    name => family + name,
  )
}

type Line = readonly [operator: string, key: string, wanted: unknown]

const comparison: fc.Arbitrary<Line> = fc.constantFrom(...keys).chain(([key, family]) => {
  const wanted = fc.constantFrom<unknown>(...values[family].wanted)
  return fc.tuple(
    fc
      .tuple(
        fc.constantFrom('', '', 'ForAllValues:', 'ForAnyValue:'),
        fc.constantFrom(...operators[family]),
        fc.constantFrom('', '', 'IfExists'),
      )
      .map(parts => parts.join('')),
    fc.constantFrom(key, key, key.toUpperCase()),
    fc.oneof(wanted, fc.array(wanted, { maxLength: 6 })),
  )
})
const isNull: fc.Arbitrary<Line> = fc.tuple(
  fc.constant('Null'),
  fc.constantFrom(...keys.map(([key]) => key)),
  fc.constantFrom<unknown>('true', 'false', true, 'False', ['true', 'false'], []),
)

export const randomConditions: fc.Arbitrary<Record<string, Record<string, unknown>>> = fc
  .array(fc.oneof({ arbitrary: comparison, weight: 8 }, { arbitrary: isNull, weight: 1 }), { maxLength: 2 })
  .map(lines => {
    const blocks: Record<string, Record<string, unknown>> = {}
    for (const [operator, key, wanted] of lines) blocks[operator] = { ...blocks[operator], [key]: wanted }
    return blocks
  })

export const randomContext: fc.Arbitrary<Context> = fc
  .tuple(
    ...keys.map(([key, family]) => {
      const value = fc.constantFrom(...values[family].actual)
      return fc
        .oneof(
          { arbitrary: fc.constant(undefined), weight: 3 },
          { arbitrary: fc.tuple(value), weight: 6 },
          { arbitrary: fc.array(value, { maxLength: 3 }), weight: 2 },
        )
        .map(some => [key, some] as const)
    }),
  )
  .map(
    entries => new Map(entries.flatMap(([key, some]) => (some === undefined ? [] : [[key, some] as const]))),
  )
