/** What is refused. That it is exactly what the parser refuses, refusals.test.ts holds. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Code } from '../../../../server/policy/lint/all-checks.ts'
import { parsePolicy } from '../../../../server/policy/parse-policy.ts'
import type { PolicyKind } from '../../../../server/policy/policy.ts'
import { allow, documentOf, find, pathsOf } from '../find.ts'

const account = { AWS: '123456789012' }

describe('an error stands at what is wrong', () => {
  const rows: readonly (readonly [
    story: string,
    code: Code,
    kind: PolicyKind,
    statement: object,
    path: string,
  ])[] = [
    [
      'an element in lower case',
      'element-unknown',
      'identity',
      { ...allow({}), action: 'a:b' },
      'Statement.action',
    ],
    [
      'an element of AWS’s that is no part of a statement',
      'element-unknown',
      'identity',
      allow({ Id: 'x' }),
      'Statement.Id',
    ],
    [
      'the second of two that exclude each other',
      'element-pair',
      'identity',
      allow({ NotAction: 'a:b' }),
      'Statement.NotAction',
    ],
    [
      'NotPrincipal beside Principal',
      'element-pair',
      'resource',
      allow({ Principal: '*', NotPrincipal: account }),
      'Statement.NotPrincipal',
    ],
    ['a Sid with a space', 'sid-invalid', 'trust', { Sid: 'a b' }, 'Statement.Sid'],
    [
      'a Sid with a letter outside ASCII, in a resource’s policy too',
      'sid-invalid',
      'resource',
      { Sid: 'Ü' },
      'Statement.Sid',
    ],
    ['a Sid that is a number', 'sid-invalid', 'identity', allow({ Sid: 1 }), 'Statement.Sid'],
    [
      'an Effect that is a list',
      'effect-invalid',
      'identity',
      allow({ Effect: ['Allow'] }),
      'Statement.Effect',
    ],
    [
      'one action of many',
      'action-form',
      'identity',
      allow({ Action: ['a:b', 'a b'] }),
      'Statement.Action[1]',
    ],
    [
      'an ARN where an action should be',
      'action-form',
      'identity',
      allow({ Action: 'arn:aws:iam::1:role/x' }),
      'Statement.Action',
    ],
    ['a wildcard for the service', 'action-form', 'identity', allow({ Action: '*:Get' }), 'Statement.Action'],
    ['a star in a trust policy', 'action-not-sts', 'trust', { Action: '*' }, 'Statement.Action'],
    [
      'NotResource in a trust policy',
      'resource-prohibited',
      'trust',
      { NotResource: '*' },
      'Statement.NotResource',
    ],
    [
      'an ARN in capitals',
      'resource-form',
      'identity',
      allow({ Resource: 'ARN:aws:s3:::x' }),
      'Statement.Resource',
    ],
    [
      'an empty list of principals',
      'list-empty',
      'trust',
      { Principal: { AWS: [] } },
      'Statement.Principal.AWS',
    ],
    [
      'an empty name among principals',
      'list-item',
      'trust',
      { Principal: { AWS: ['', 'x'] } },
      'Statement.Principal.AWS[0]',
    ],
    [
      'a list within the list of actions',
      'list-item',
      'identity',
      allow({ Action: [['a:b']] }),
      'Statement.Action[0]',
    ],
    ['null for a resource', 'list-item', 'identity', allow({ Resource: null }), 'Statement.Resource'],
    [
      'NotPrincipal in an identity’s policy',
      'principal-prohibited',
      'boundary',
      allow({ NotPrincipal: '*' }),
      'Statement.NotPrincipal',
    ],
    ['a list for a principal', 'principal-form', 'trust', { Principal: ['*'] }, 'Statement.Principal'],
    [
      'a star for a provider',
      'principal-wildcard',
      'trust',
      { Principal: { Federated: '*' } },
      'Statement.Principal.Federated',
    ],
    ['a list for a Condition', 'condition-form', 'identity', allow({ Condition: [] }), 'Statement.Condition'],
    [
      'null for an operator’s keys',
      'condition-form',
      'identity',
      allow({ Condition: { Bool: null } }),
      'Statement.Condition.Bool',
    ],
    [
      'an object among values',
      'condition-value-form',
      'identity',
      allow({ Condition: { Bool: { 'a:b': [true, {}] } } }),
      'Statement.Condition.Bool["a:b"][1]',
    ],
    [
      'an operator in another case',
      'operator-unknown',
      'identity',
      allow({ Condition: { stringequals: { 'a:b': 'c' } } }),
      'Statement.Condition.stringequals',
    ],
    [
      'a set that there is not',
      'operator-unknown',
      'identity',
      allow({ Condition: { 'ForSomeValues:Bool': { 'a:b': 'true' } } }),
      'Statement.Condition["ForSomeValues:Bool"]',
    ],
    [
      'Null in a set',
      'null-qualified',
      'identity',
      allow({ Condition: { 'ForAllValues:Null': { 'a:b': 'true' } } }),
      'Statement.Condition["ForAllValues:Null"]',
    ],
    [
      'one address of many',
      'address-value',
      'identity',
      allow({ Condition: { NotIpAddress: { 'a:b': ['::1', '1.2'] } } }),
      'Statement.Condition.NotIpAddress["a:b"][1]',
    ],
  ]
  for (const [story, code, kind, statement, path] of rows) {
    test(`${story} is ${code}`, () => assert.deepEqual(pathsOf(find(code, kind, statement)), [path]))
  }
})

describe('an error asks whether another name was meant', () => {
  for (const [code, kind, statement, meant] of [
    ['element-unknown', 'identity', { effect: 'Allow' }, 'Effect'],
    ['element-unknown', 'identity', { Resources: '*' }, 'Resource'],
    ['effect-invalid', 'identity', { Effect: 'Dney' }, 'Deny'],
    ['principal-type', 'trust', { Principal: { aws: '123456789012' } }, 'AWS'],
    ['operator-unknown', 'identity', { Condition: { StringEqual: { 'a:b': 'c' } } }, 'StringEquals'],
    [
      'operator-unknown',
      'identity',
      { Condition: { 'ForAnyValues:StringLke': { 'a:b': 'c' } } },
      'ForAnyValue:StringLike',
    ],
    [
      'operator-unknown',
      'identity',
      { Condition: { StringEqualsIgnorecaseIfExists: { 'a:b': 'c' } } },
      'StringEqualsIgnoreCaseIfExists',
    ],
  ] as const) {
    test(`${code}: ${meant}`, () => {
      const [finding] = find(code, kind, statement)
      assert.ok(finding?.message.endsWith(` Did you mean ${meant}?`), finding?.message)
    })
  }
})

test('an unknown operator is an error without a key, too', () => {
  const statement = allow({ Condition: { Bogus: {} } })
  assert.deepEqual(pathsOf(find('operator-unknown', 'identity', statement)), ['Statement.Condition.Bogus'])
  assert.throws(() => parsePolicy(documentOf(statement), 'identity'))
})

test('one action with a space in it is not taken for two, though a statement before it has just these two', () => {
  const statements = [
    allow({ Action: ['iam:GetRole', 'iam:PassRole'] }),
    allow({ Action: 'iam:GetRole iam:PassRole' }),
  ]
  assert.deepEqual(pathsOf(find('action-form', 'identity', statements)), ['Statement[1].Action'])
  assert.throws(() => parsePolicy(documentOf(statements), 'identity'))
})
