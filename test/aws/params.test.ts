import assert from 'node:assert/strict'
import { test } from 'node:test'
import { integer, list, optional, params, readParams, structure, text } from '../../server/aws/params.ts'
import { Refusal } from '../../server/base/refusal.ts'

const schema = params({
  RoleSessionName: text({ min: 2, max: 64, pattern: /^[\w+=,.@-]*$/, patternText: '[\\w+=,.@-]*' }),
  DurationSeconds: optional(integer({ min: 900, max: 43_200 }), 3600),
  PolicyArns: optional(list(structure({ arn: text({ min: 20 }) }), { max: 10 })),
  Token: optional(text({ max: 5, secret: true })),
})

function messageOf(form: Record<string, string>): string | undefined {
  try {
    readParams(schema, new Map(Object.entries(form)))
  } catch (error) {
    assert.ok(error instanceof Refusal)
    assert.equal(error.reason, 'request.invalid')
    return error.said.message
  }
  assert.fail('was read')
}

test('parameters come out typed, with defaults in place', () => {
  const arn = 'arn:aws:iam::123456789012:policy/a'
  const form = {
    RoleSessionName: 'ada',
    'PolicyArns.member.1.arn': arn,
    'PolicyArns.member.2.arn': `${arn}b`,
  }
  assert.deepEqual(readParams(schema, new Map(Object.entries(form))), {
    RoleSessionName: 'ada',
    DurationSeconds: 3600,
    PolicyArns: [{ arn }, { arn: `${arn}b` }],
  })
})

test('an empty list is written without members', () => {
  const form = new Map([
    ['RoleSessionName', 'ada'],
    ['PolicyArns', ''],
  ])
  assert.deepEqual(readParams(schema, form).PolicyArns, [])
})

test('parameters that the action does not know are passed over', () => {
  const input = readParams(
    schema,
    new Map([
      ['RoleSessionName', 'ada'],
      ['__proto__', 'x'],
      ['Other', 'y'],
    ]),
  )
  assert.deepEqual(input, { RoleSessionName: 'ada', DurationSeconds: 3600 })
})

for (const [story, form, message] of [
  [
    'a character that is not allowed',
    { RoleSessionName: 'Session1:2' },
    "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
  ],
  [
    'a missing parameter',
    {},
    "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
  ],
  [
    'two problems at once',
    { RoleSessionName: 'a', DurationSeconds: '5' },
    "2 validation errors detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; Value '5' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
  ],
  [
    'a number that is none',
    { RoleSessionName: 'ada', DurationSeconds: '1e3' },
    "1 validation error detected: Value '1e3' at 'durationSeconds' failed to satisfy constraint: Member must be an integer",
  ],
  [
    'a secret, which is not shown back',
    { RoleSessionName: 'ada', Token: 'hunter2!' },
    "1 validation error detected: Value '***' at 'token' failed to satisfy constraint: Member must have length less than or equal to 5",
  ],
  [
    'a structure in a list without its member',
    { RoleSessionName: 'ada', 'PolicyArns.member.1.other': 'x' },
    "1 validation error detected: Value null at 'policyArns.1.member.arn' failed to satisfy constraint: Member must not be null",
  ],
  [
    'a list that is too long',
    {
      RoleSessionName: 'ada',
      ...Object.fromEntries(
        Array.from({ length: 11 }, (_, n) => [`PolicyArns.member.${n + 1}.arn`, 'x'.repeat(20)]),
      ),
    },
    "1 validation error detected: Value '[...]' at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10",
  ],
  [
    'a list that is counted from zero',
    { RoleSessionName: 'ada', 'PolicyArns.member.0.arn': 'x'.repeat(20) },
    "1 validation error detected: Value 'PolicyArns.member.0.arn' at 'policyArns' failed to satisfy constraint: Member must be named by its index, from 1 on",
  ],
  [
    'a list beyond all counting',
    { RoleSessionName: 'ada', 'PolicyArns.member.10000.arn': 'x'.repeat(20) },
    "1 validation error detected: Value 'PolicyArns.member.10000.arn' at 'policyArns' failed to satisfy constraint: Member must be named by its index, from 1 on",
  ],
  [
    'a list whose members are not called so',
    { RoleSessionName: 'ada', 'PolicyArns.1.arn': 'x'.repeat(20) },
    "1 validation error detected: Value 'PolicyArns.1.arn' at 'policyArns' failed to satisfy constraint: Member must be named by its index, from 1 on",
  ],
  [
    'a text in the place of a list',
    { RoleSessionName: 'ada', PolicyArns: 'x'.repeat(20) },
    "1 validation error detected: Value 'PolicyArns' at 'policyArns' failed to satisfy constraint: Member must be named by its index, from 1 on",
  ],
] as const) {
  test(`${story} is told in AWS's words`, () => {
    assert.equal(messageOf(form), message)
  })
}
