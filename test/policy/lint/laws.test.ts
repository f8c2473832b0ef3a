import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { allChecks } from '../../../server/policy/lint/all-checks.ts'
import { lint } from '../../../server/policy/lint/lint.ts'
import { policyKinds } from '../../../server/policy/policy.ts'
import { almostPolicies, policiesOf } from './almost-policies.ts'

const kind = fc.constantFrom(...policyKinds)
const nowMs = Date.parse('2026-01-01T00:00:00Z')

/** Each finding stands in the text, and says something. */
function requireSound(document: string, of: (typeof policyKinds)[number]): void {
  const lines = document.split(/\r\n|\n|\r/)
  for (const { code, level, line, column, message, fix } of lint(document, of, { nowMs })) {
    assert.equal(level, allChecks[code].level)
    assert.ok(column >= 1 && column <= (lines[line - 1]?.length ?? -1) + 1, `${code} at ${line}:${column}`)
    assert.ok(message !== '' && fix !== '', code)
  }
}

describe('the linter', () => {
  test('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), kind, requireSound), { numRuns: 2_000 })
  })

  test('never throws, whatever the JSON', () => {
    fc.assert(fc.property(fc.json(), kind, requireSound), { numRuns: 1_000 })
  })

  test('never throws at what is almost a policy, and places every finding within it', () => {
    fc.assert(
      fc.property(almostPolicies, ([document, of]) => requireSound(document, of)),
      { numRuns: 1_500 },
    )
  })

  test('finds the same in whatever order the statements stand', () => {
    const shuffled = kind.chain(of =>
      policiesOf(of).chain(document => {
        const statements = Array.isArray(document.Statement)
          ? document.Statement
          : [document.Statement ?? null]
        const order = fc.shuffledSubarray(statements, { minLength: statements.length })
        return fc.tuple(fc.constant(of), fc.constant(document), order)
      }),
    )
    fc.assert(
      fc.property(shuffled, ([of, document, statements]) => {
        assert.deepEqual(
          codesIn({ ...document, Statement: statements }, of),
          codesIn({ ...document, Statement: [document.Statement ?? null].flat() }, of),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  test('finds the same however the document is spaced', () => {
    const documents = kind.chain(of => fc.tuple(policiesOf(of), fc.constant(of)))
    fc.assert(
      fc.property(documents, ([document, of]) => {
        const told = (space: string) =>
          lint(JSON.stringify(document, undefined, space), of).map(({ code, path }) => `${code} ${path}`)
        if (of !== 'session') assert.deepEqual(told('\t\t'), told(''))
      }),
      { numRuns: 500 },
    )
  })
})

function codesIn(document: unknown, of: (typeof policyKinds)[number]): string[] {
  return [...new Set(lint(JSON.stringify(document), of, { nowMs }).map(({ code }) => code))].sort()
}

/** Each was made to cost a naive linter hours. */
describe('a hostile document', () => {
  const most = 100 * Object.keys(allChecks).length
  const repeat = (text: string, length = 10_000) => text.repeat(length / text.length)
  const list = (item: (n: number) => string) => JSON.stringify(Array.from({ length: 600 }, (_, n) => item(n)))
  const statement = (resource: string, condition = '{}', action = '"n:R"') =>
    `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":${action},"Resource":${resource},"Condition":${condition}}}`
  for (const [story, document] of [
    ['of patterns of stars, each against each', statement(list(n => `arn:aws:n:::*a*${n}*`))],
    [
      'of a pattern that nearly matches a long text',
      statement(JSON.stringify([`arn:aws:n:::${repeat('*a', 1_800)}b`, `arn:aws:n:::${repeat('a', 1_800)}`])),
    ],
    [
      'of actions that are all nearly known',
      statement(
        '"*"',
        '{}',
        list(n => `iam:CreateSecviceSpecificCredentia${n}`),
      ),
    ],
    [
      'of prefixes that are all nearly known',
      statement(
        '"*"',
        '{}',
        list(n => `secretsmanage${n}:R`),
      ),
    ],
    ['of variables that never close', statement('"*"', `{"StringLike":{"a:b":"${repeat('${')}"}}`)],
    ['of a variable full of spaces', statement('"*"', `{"StringLike":{"a:b":"\${${repeat(' ')}}"}}`)],
    ['of a default that never ends', statement('"*"', `{"StringLike":{"a:b":"\${a, '${repeat("', '")}}"}}`)],
    ['of an operator that goes on for ever', statement('"*"', `{"${repeat('IfExists')}":{"a:b":"c"}}`)],
    [
      'of keys that go on for ever',
      statement('"*"', `{"Null":{"${repeat('tag/')}":"true","${repeat('.a')}":"true"}}`),
    ],
    [
      'of digits',
      statement('"*"', `{"NumericEquals":{"a:b":"${repeat('1')}"},"DateEquals":{"a:b":"${repeat('1')}"}}`),
    ],
    [
      'of addresses',
      statement('"*"', `{"IpAddress":{"a:b":["${repeat('1.')}","${repeat(':')}","::/${repeat('0')}"]}}`),
    ],
    ['of limits, each against each', statement('"*"', `{"NumericLessThan":{"a:b":${list(String)}}}`)],
    ['of opening brackets', repeat('[')],
    ['of escaped quotation marks', `{"${repeat('\\"')}`],
    ['of the same member again and again', `{${repeat('"a":1,')}"a":1}`],
    ['of white space', `${repeat(' \n')}{}`],
  ] as const) {
    test(`${story} is dealt with`, () => {
      for (const of of policyKinds) assert.ok(lint(document, of, { nowMs }).length <= most)
    })
  }

  test('that is monstrous is measured, and not read', () => {
    const document = `{"Statement":[${'{},'.repeat(1_000_000)}{}]}`
    assert.deepEqual(
      lint(document, 'resource').map(({ code }) => code),
      ['policy-too-large'],
    )
  })
})
