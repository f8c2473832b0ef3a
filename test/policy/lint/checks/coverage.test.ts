/** What is said that changes nothing. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { allow, find, pathsOf } from '../find.ts'

describe('a statement that changes nothing', () => {
  const read = allow({ Action: 'iam:GetRole' })
  const readAll = allow({ Action: 'iam:Get*' })
  const team = { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'red' } } }
  const never = { Effect: 'Deny', Action: '*', Resource: '*' }
  const others = { Effect: 'Deny', NotAction: 'iam:*', Resource: '*' }
  for (const [story, code, statements, found] of [
    ['the same again', 'statement-redundant', [read, read], ['Statement[1]']],
    ['the narrower, though it comes first', 'statement-redundant', [read, readAll], ['Statement[0]']],
    ['the one with a condition', 'statement-redundant', [readAll, { ...read, ...team }], ['Statement[1]']],
    ['none, where the wider has a condition', 'statement-redundant', [{ ...readAll, ...team }, read], []],
    ['none, where the effects differ', 'statement-redundant', [readAll, { ...read, Effect: 'Deny' }], []],
    [
      'what is within all but something else',
      'statement-redundant',
      [others, { ...never, Action: 'notes:*' }],
      ['Statement[1]'],
    ],
    [
      'none, where it may be what is left out',
      'statement-redundant',
      [others, { ...never, Action: 'i*:GetRole' }],
      [],
    ],
    [
      'all but more',
      'statement-redundant',
      [others, { ...others, NotAction: ['iam:*', 'sts:*'] }],
      ['Statement[1]'],
    ],
    ['an Allow within a Deny', 'statement-unreachable', [read, never], ['Statement[0]']],
    [
      'an Allow within a Deny with its condition',
      'statement-unreachable',
      [
        { ...read, ...team },
        { ...never, ...team },
      ],
      ['Statement[0]'],
    ],
    ['no Allow within a Deny with a condition', 'statement-unreachable', [read, { ...never, ...team }], []],
    [
      'an Allow of what is not left out of a Deny',
      'statement-unreachable',
      [allow({}), others],
      ['Statement[0]'],
    ],
    ['no Allow of what is left out of a Deny', 'statement-unreachable', [read, others], []],
    [
      'an Allow on a user’s own within a Deny on all',
      'statement-unreachable',
      [
        allow({ Action: 'iam:GetUser', Resource: 'arn:aws:iam::123456789012:user/${aws:username}' }),
        { Effect: 'Deny', Action: 'iam:*', Resource: 'arn:aws:iam::*:user/*' },
      ],
      ['Statement[0]'],
    ],
  ] as const) {
    test(`${story}: ${code}`, () => assert.deepEqual(pathsOf(find(code, 'identity', statements)), found))
  }

  test('whom a statement is for counts', () => {
    const statement = (...accounts: string[]) => allow({ Principal: { AWS: accounts } })
    const [one, two] = ['123456789012', '210987654321']
    assert.deepEqual(
      pathsOf(find('statement-redundant', 'resource', [statement(one, two), statement(two)])),
      ['Statement[1]'],
    )
    assert.deepEqual(find('statement-redundant', 'resource', [statement(one), statement(two)]), [])
  })

  test('the finding names the other statement by its Sid, or by its place', () => {
    const [named] = find('statement-redundant', 'identity', [{ ...readAll, Sid: 'Read' }, read])
    assert.equal(named?.message, '"Read" says all of this already.')
    const [placed] = find('statement-redundant', 'identity', [readAll, read])
    assert.equal(placed?.message, 'Statement[0] says all of this already.')
  })
})

describe('what an Allow excludes by a variable', () => {
  const all = 'arn:aws:iam::123456789012:user/*'
  const own = 'arn:aws:iam::123456789012:user/${aws:username}'

  test('is not redundant within a wider exclusion: without a value, nothing is allowed', () => {
    const resources = { Action: 'iam:GetUser', NotResource: [all, own] }
    assert.deepEqual(find('resource-redundant', 'identity', { Effect: 'Allow', ...resources }), [])
    assert.equal(find('resource-redundant', 'identity', { Effect: 'Deny', ...resources }).length, 1)
  })

  test('is not redundant within a wider pattern of a negated condition', () => {
    const statement = {
      Action: 'iam:GetUser',
      Resource: '*',
      Condition: { ArnNotLike: { 'aws:SourceArn': [all, own] } },
    }
    assert.deepEqual(find('value-redundant', 'identity', { Effect: 'Allow', ...statement }), [])
    assert.equal(find('value-redundant', 'identity', { Effect: 'Deny', ...statement }).length, 1)
  })
})

describe('an entry that changes nothing', () => {
  for (const [story, code, statement, found] of [
    [
      'the same action in another case',
      'action-redundant',
      allow({ Action: ['iam:GetRole', 'IAM:getrole'] }),
      ['Statement.Action[1]'],
    ],
    [
      'an action before the pattern that covers it',
      'action-redundant',
      allow({ Action: ['iam:GetRole', 'iam:Get*'] }),
      ['Statement.Action[0]'],
    ],
    [
      'of two patterns that mean the same, the later',
      'action-redundant',
      allow({ Action: ['iam:Get*', 'iam:Get**'] }),
      ['Statement.Action[1]'],
    ],
    [
      'none of two patterns that overlap',
      'action-redundant',
      allow({ Action: ['iam:Get*', 'iam:*Role'] }),
      [],
    ],
    [
      'an ARN within a pattern',
      'resource-redundant',
      allow({ Resource: ['arn:aws:notes:*:*:*', 'arn:aws:notes:eu-1::x'] }),
      ['Statement.Resource[1]'],
    ],
    [
      'none, where a wildcard would have to reach into the next field',
      'resource-redundant',
      allow({ Resource: ['arn:aws:notes:*:x', 'arn:aws:notes:eu-1::x'] }),
      [],
    ],
    [
      'everything beside a star',
      'resource-redundant',
      allow({ Resource: ['arn:aws:notes:eu-1::x', '*'] }),
      ['Statement.Resource[0]'],
    ],
  ] as const) {
    test(`${story}: ${code}`, () => assert.deepEqual(pathsOf(find(code, 'identity', statement)), found))
  }
})

test('what is within the rest is found in as long a list as a policy of a role can hold', () => {
  const long = Array.from(
    { length: 148 },
    (_, n) => `arn:aws:notes:eu-1:123456789012:books/of-the-team/shelf-${n}/*`,
  )
  const Resource = [...long, `${long[147]?.slice(0, -1)}one`]
  assert.ok(JSON.stringify(allow({ Resource })).length > 9_000)
  assert.deepEqual(pathsOf(find('resource-redundant', 'identity', allow({ Resource }))), [
    'Statement.Resource[148]',
  ])
})
