import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type MappingRule,
  type MatchType,
  mapRole,
  mapRoles,
  type RoleMapping,
} from '../../server/base/role-mapping.ts'

const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`
const rule = (claim: string, matchType: MatchType, value: string, role: string): MappingRule => ({
  claim,
  matchType,
  value,
  roleArn: arn(role),
})
const rules = (...list: MappingRule[]): RoleMapping => ({ type: 'Rules', ambiguous: 'Deny', rules: list })
const token: RoleMapping = { type: 'Token', ambiguous: 'Deny' }
const lenient = (mapping: RoleMapping): RoleMapping => ({ ...mapping, ambiguous: 'AuthenticatedRole' })
const defaultRole = arn('default')

describe('by rules', () => {
  for (const [matchType, value, matching, others] of [
    ['Equals', 'paid', ['paid', ['free', 'paid']], ['Paid', 'paid ', 'unpaid', undefined, ['free'], {}]],
    ['Contains', 'adm', ['admin', ['x', 'an adm']], ['ADM', 'ad', undefined, []]],
    ['StartsWith', 'eu-', ['eu-west', ['us', 'eu-1']], ['us-eu-', 'EU-', undefined]],
    ['NotEqual', 'guest', ['staff', ['a', 'b']], ['guest', ['staff', 'guest'], undefined, []]],
    ['Equals', 'true', [true], [false, 'True']],
    ['Equals', '7', [7], ['07', 7.5]],
  ] as const) {
    test(`${matchType} ${value}`, () => {
      const mapping = rules(rule('plan', matchType, value, 'a'))
      for (const plan of matching) {
        assert.equal(mapRole({ mapping, claims: { plan } }).outcome, 'role', JSON.stringify(plan))
      }
      for (const plan of others) {
        assert.equal(mapRole({ mapping, claims: { plan } }).outcome, 'denied', JSON.stringify(plan))
      }
    })
  }

  const mapping = rules(
    rule('team', 'Equals', 'x', 'x'),
    rule('team', 'StartsWith', '', 'any'),
    rule('admin', 'Equals', 'yes', 'admin'),
  )

  test('the first that matches gives the role, and says so', () => {
    assert.deepEqual(mapRole({ mapping, claims: { team: 'y', admin: 'yes' }, defaultRole }), {
      outcome: 'role',
      roleArn: arn('any'),
      why: { kind: 'rule', index: 1, rule: rule('team', 'StartsWith', '', 'any') },
    })
  })

  test('a later one that matches can be asked for, one that does not can’t', () => {
    const claims = { team: 'y', admin: 'yes' }
    assert.deepEqual(mapRole({ mapping, claims, askedRole: arn('admin') }).outcome, 'role')
    for (const askedRole of [arn('x'), defaultRole, arn('elsewhere')]) {
      assert.deepEqual(mapRole({ mapping, claims, askedRole, defaultRole }), {
        outcome: 'denied',
        why: { kind: 'notAmongTheirs' },
      })
    }
  })

  test('where none matches, the default counts or nothing does, as is said', () => {
    assert.deepEqual(mapRole({ mapping, claims: {}, defaultRole }), {
      outcome: 'denied',
      why: { kind: 'ambiguous' },
    })
    assert.deepEqual(mapRole({ mapping: lenient(mapping), claims: {}, defaultRole }), {
      outcome: 'role',
      roleArn: defaultRole,
      why: { kind: 'default' },
    })
    assert.deepEqual(mapRole({ mapping: lenient(mapping), claims: {} }), {
      outcome: 'denied',
      why: { kind: 'noDefault' },
    })
  })

  test('what every object has is no claim', () => {
    const inherited = rules(
      rule('constructor', 'NotEqual', 'x', 'a'),
      rule('__proto__', 'NotEqual', 'x', 'a'),
    )
    assert.equal(mapRole({ mapping: inherited, claims: {} }).outcome, 'denied')
  })
})

describe('by the token', () => {
  const roles = [arn('a'), arn('b')]
  const asked = (claims: object, askedRole?: string) =>
    mapRole({ mapping: token, claims: { ...claims }, defaultRole, askedRole })

  test('the preferred role', () => {
    assert.deepEqual(asked({ 'cognito:roles': roles, 'cognito:preferred_role': arn('b') }), {
      outcome: 'role',
      roleArn: arn('b'),
      why: { kind: 'preferredRole' },
    })
  })

  test('a preferred role that is not among theirs gives none', () => {
    for (const theirs of [roles, [arn('a')]]) {
      const claims = { 'cognito:roles': theirs, 'cognito:preferred_role': arn('admin') }
      assert.equal(asked(claims).outcome, 'denied')
    }
  })

  test('the only role; of several none, unless one is asked for', () => {
    assert.deepEqual(asked({ 'cognito:roles': [arn('a')] }), {
      outcome: 'role',
      roleArn: arn('a'),
      why: { kind: 'onlyRole' },
    })
    assert.deepEqual(asked({ 'cognito:roles': roles }), { outcome: 'denied', why: { kind: 'ambiguous' } })
    assert.equal(mapRole({ mapping: lenient(token), claims: {}, defaultRole }).outcome, 'role')
    assert.deepEqual(asked({ 'cognito:roles': roles }, arn('b')), {
      outcome: 'role',
      roleArn: arn('b'),
      why: { kind: 'askedRole' },
    })
    assert.equal(asked({ 'cognito:roles': roles }, arn('c')).outcome, 'denied')
  })
})

test('without a mapping the default counts, and nothing else can be asked for', () => {
  const claims = { 'cognito:roles': [arn('admin')] }
  assert.deepEqual(mapRole({ claims, defaultRole }), {
    outcome: 'role',
    roleArn: defaultRole,
    why: { kind: 'default' },
  })
  assert.equal(mapRole({ claims, defaultRole, askedRole: defaultRole }).outcome, 'role')
  assert.equal(mapRole({ claims, defaultRole, askedRole: arn('admin') }).outcome, 'denied')
  assert.equal(mapRole({ claims }).outcome, 'denied')
})

describe('all roles that somebody may choose among', () => {
  const rolesOf = (mapping: RoleMapping | undefined, claims: object, role?: string) =>
    mapRoles({ mapping, claims: { ...claims }, defaultRole: role }).map(one => [one.roleArn, one.why.kind])
  const byTeam = rules(
    rule('team', 'Contains', 'a', 'a'),
    rule('team', 'Contains', 'b', 'b'),
    rule('team', 'Equals', 'ab', 'a'),
  )

  for (const [story, mapping, claims, role, expected] of [
    [
      'those of all rules that match, each once',
      byTeam,
      { team: 'ab' },
      undefined,
      [
        ['a', 'rule'],
        ['b', 'rule'],
      ],
    ],
    ['not the default beside them', lenient(byTeam), { team: 'b' }, defaultRole, [['b', 'rule']]],
    [
      'the default where no rule matches',
      lenient(byTeam),
      { team: 'x' },
      defaultRole,
      [['default', 'default']],
    ],
    ['none where that is denied', byTeam, { team: 'x' }, defaultRole, []],
    ['none where there is no default', lenient(byTeam), {}, undefined, []],
    [
      'those of a token, the preferred one first',
      token,
      { 'cognito:roles': [arn('a'), arn('b')], 'cognito:preferred_role': arn('b') },
      undefined,
      [
        ['b', 'preferredRole'],
        ['a', 'askedRole'],
      ],
    ],
    [
      'those of a token that prefers none, though none is given unasked',
      token,
      { 'cognito:roles': [arn('a'), arn('b')] },
      undefined,
      [
        ['a', 'askedRole'],
        ['b', 'askedRole'],
      ],
    ],
    [
      'the default before those of a token that prefers none',
      lenient(token),
      { 'cognito:roles': [arn('a'), arn('b')] },
      defaultRole,
      [
        ['default', 'default'],
        ['a', 'askedRole'],
        ['b', 'askedRole'],
      ],
    ],
    ['the default without a mapping', undefined, { team: 'a' }, defaultRole, [['default', 'default']]],
  ] as const) {
    test(story, () =>
      assert.deepEqual(
        rolesOf(mapping, claims, role),
        expected.map(([name, kind]) => [arn(name), kind]),
      ),
    )
  }
})
