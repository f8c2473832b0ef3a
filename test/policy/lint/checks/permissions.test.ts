/** What an identity is allowed that it should not be. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Code } from '../../../../server/policy/lint/all-checks.ts'
import { lint } from '../../../../server/policy/lint/lint.ts'
import type { PolicyKind } from '../../../../server/policy/policy.ts'
import { allow, documentOf, find } from '../find.ts'

function risksOf(statement: object, kind: PolicyKind = 'identity'): string[] {
  return lint(documentOf(statement), kind)
    .filter(({ level }) => level === 'security')
    .map(({ code }) => code)
    .sort()
}

const roles = 'arn:aws:iam::123456789012:role'

describe('an identity that is allowed', () => {
  const rows: readonly (readonly [story: string, statement: object, found: readonly Code[]])[] = [
    ['everything', allow({ Action: '*' }), ['allow-everything']],
    [
      'everything, among more',
      allow({ Action: ['iam:GetRole', '*'], Resource: ['*', `${roles}/x`] }),
      ['allow-everything'],
    ],
    [
      'everything by an ARN of stars',
      allow({ Action: '*', Resource: 'arn:aws:*:*:*:*' }),
      ['allow-everything'],
    ],
    [
      'everything with MFA',
      allow({ Action: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }),
      ['allow-everything'],
    ],
    ['everything on one role', allow({ Action: '*', Resource: `${roles}/x` }), []],
    [
      'everything on roles',
      allow({ Action: '*', Resource: `${roles}/*` }),
      ['assume-every-role', 'pass-every-role', 'privilege-escalation'],
    ],
    ['all of iam', allow({ Action: 'iam:*' }), ['pass-every-role', 'privilege-escalation']],
    [
      'all of iam on its own user',
      allow({ Action: 'iam:*', Resource: 'arn:aws:iam::123456789012:user/${aws:username}' }),
      [],
    ],
    ['to read all of iam', allow({ Action: ['iam:Get*', 'iam:List*'] }), []],
    [
      'to write policies on users, where roles are written on',
      allow({ Action: 'iam:PutRolePolicy', Resource: 'arn:aws:iam::123456789012:user/*' }),
      [],
    ],
    [
      'to write policies on roles under a path',
      allow({ Action: 'iam:PutRolePolicy', Resource: `${roles}/notes/*` }),
      [],
    ],
    [
      'to write policies on roles with a boundary',
      allow({
        Action: 'iam:PutRolePolicy',
        Condition: { ArnEquals: { 'iam:PermissionsBoundary': 'arn:aws:iam::123456789012:policy/x' } },
      }),
      [],
    ],
    [
      'to write policies on roles without a boundary',
      allow({ Action: 'iam:PutRolePolicy', Condition: { Null: { 'iam:PermissionsBoundary': 'true' } } }),
      ['privilege-escalation'],
    ],
    [
      'to register whom to trust',
      allow({ Action: 'iam:CreateOpenIDConnectProvider' }),
      ['privilege-escalation'],
    ],
    [
      'to pass every role to one service',
      allow({
        Action: 'iam:PassRole',
        Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      }),
      [],
    ],
    [
      'to pass every role to any service',
      allow({ Action: 'iam:PassRole', Condition: { StringLike: { 'iam:PassedToService': '*' } } }),
      ['pass-every-role'],
    ],
    [
      'to pass every role of any account',
      allow({ Action: 'iam:Pass*', Resource: 'arn:aws:iam::*:role/*' }),
      ['pass-every-role'],
    ],
    [
      'to take every role with a tag',
      allow({ Action: 'sts:AssumeRole', Condition: { StringEquals: { 'aws:ResourceTag/team': 'red' } } }),
      [],
    ],
    [
      'to take every role but one',
      { Effect: 'Allow', Action: 'sts:AssumeRole', NotResource: `${roles}/x` },
      ['allow-not-resource', 'assume-every-role'],
    ],
    ['to read every secret', allow({ Action: 'secretsmanager:Get*' }), ['read-every-secret']],
    [
      'to read every secret of a region',
      allow({
        Action: 'secretsmanager:GetSecretValue',
        Resource: 'arn:aws:secretsmanager:eu-1:123456789012:secret:*',
      }),
      ['read-every-secret'],
    ],
    [
      'all but iam',
      { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' },
      ['allow-not-action', 'assume-every-role', 'read-every-secret'],
    ],
    ['all but reading, on one role', { Effect: 'Allow', NotAction: 'iam:Get*', Resource: `${roles}/x` }, []],
    ['nothing', { Effect: 'Deny', NotAction: 'iam:*', NotResource: `${roles}/x` }, []],
  ]
  for (const [story, statement, found] of rows) {
    test(`${story}: ${found.join(', ') || 'no risk'}`, () => assert.deepEqual(risksOf(statement), found))
  }

  test('what only narrows may name everything', () => {
    for (const kind of ['boundary', 'session'] as const) {
      assert.deepEqual(risksOf(allow({ Action: '*' }), kind), [])
      assert.deepEqual(risksOf({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }, kind), [])
    }
  })

  test('an escalation says by which actions, and names only a few of many', () => {
    const [one] = find(
      'privilege-escalation',
      'identity',
      allow({ Action: ['iam:GetRole', 'iam:PutRolePolicy'] }),
    )
    assert.equal(one?.path, 'Statement.Action[1]')
    const [all] = find('privilege-escalation', 'identity', allow({ Action: 'iam:*' }))
    assert.match(all?.message ?? '', / and \d+ more /)
  })
})
