import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PolicySet } from '../../../server/policy/decide/decide.ts'
import { explain } from '../../../server/policy/explain/explain.ts'
import { describeFailure } from '../../../server/policy/explain/failed-elements.ts'
import { parsePolicy } from '../../../server/policy/parse-policy.ts'
import type { PolicyKind } from '../../../server/policy/policy.ts'
import type { PolicyRequest } from '../../../server/policy/request.ts'

const account = '123456789012'
const resource = `arn:aws:notes:eu-1:${account}:note/7`

function policy(statements: object[], kind: PolicyKind = 'identity') {
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind)
}

function ask(over: Partial<PolicyRequest> = {}): PolicyRequest {
  return {
    principal: {
      kind: 'session',
      accountId: account,
      arn: `arn:aws:sts::${account}:assumed-role/writer/ada`,
      roleArn: `arn:aws:iam::${account}:role/writer`,
    },
    action: 'notes:Read',
    resource,
    context: new Map([['aws:principaltag/team', ['red']]]),
    ...over,
  }
}

const readNotes = { Sid: 'Read', Effect: 'Allow', Action: 'notes:Read', Resource: '*' }

describe('a near miss', () => {
  for (const [story, statement, expected] of [
    [
      'a condition with another value',
      { ...readNotes, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } },
      'Condition StringEquals aws:PrincipalTag/team: wanted "blue", was "red"',
    ],
    [
      'a condition on a key that is not there',
      { ...readNotes, Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
      'Condition Bool aws:MultiFactorAuthPresent: wanted "true", was absent',
    ],
    [
      'a condition that excludes the value',
      { ...readNotes, Condition: { StringNotEquals: { 'aws:PrincipalTag/team': ['red', 'green'] } } },
      'Condition StringNotEquals aws:PrincipalTag/team: wanted none of "red" or "green", was "red"',
    ],
    [
      'another resource',
      { ...readNotes, Resource: `arn:aws:notes:eu-1:${account}:note/8` },
      `Resource: wanted "arn:aws:notes:eu-1:${account}:note/8", was "${resource}"`,
    ],
    [
      'another action',
      { ...readNotes, Action: ['notes:Write', 'notes:List*'] },
      'Action: wanted "notes:Write" or "notes:List*", was "notes:Read"',
    ],
    [
      'an excluded action',
      { ...readNotes, Action: undefined, NotAction: 'notes:R*' },
      'NotAction: wanted none of "notes:R*", was "notes:Read"',
    ],
  ] as const) {
    test(`${story} is told with what was wanted and what was there`, () => {
      const { decision, nearMisses } = explain({ identity: [policy([statement])] }, ask())
      assert.equal(decision.outcome, 'implicitlyDenied')
      assert.deepEqual(
        nearMisses.map(({ place, failed }) => [place.sid, failed.map(describeFailure)]),
        [['Read', [expected]]],
      )
    })
  }

  test('a trust policy that names another provider says whom it wanted', () => {
    const trust = policy(
      [
        {
          Effect: 'Allow',
          Principal: { Federated: 'accounts.google.com' },
          Action: 'sts:AssumeRoleWithWebIdentity',
        },
      ],
      'trust',
    )
    const request = ask({
      principal: { kind: 'federated', providers: ['graph.facebook.com'] },
      action: 'sts:AssumeRoleWithWebIdentity',
    })
    const { nearMisses } = explain({ resource: trust }, request)
    assert.deepEqual(nearMisses[0]?.failed.map(describeFailure), [
      'Principal: wanted "accounts.google.com", was "graph.facebook.com"',
    ])
  })

  test('the nearest comes first, and what fails in many elements is no near miss', () => {
    const far = {
      Effect: 'Allow',
      Action: 'x:Y',
      Resource: 'arn:aws:x:::y',
      Condition: { Bool: { 'aws:SecureTransport': 'true' } },
    }
    const near = { ...readNotes, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } }
    const farther = { ...near, Sid: 'Farther', Resource: `arn:aws:notes:eu-1:${account}:other` }
    const { nearMisses } = explain({ identity: [policy([far, farther, near])] }, ask())
    assert.deepEqual(
      nearMisses.map(({ place }) => place.sid),
      ['Read', 'Farther'],
    )
  })

  test('a granted or an explicitly denied request has none', () => {
    const deny = { Effect: 'Deny', Action: '*', Resource: '*' }
    assert.deepEqual(explain({ identity: [policy([readNotes])] }, ask()).nearMisses, [])
    assert.deepEqual(explain({ identity: [policy([readNotes, deny])] }, ask()).nearMisses, [])
  })
})

test('every policy that had a say is listed by its part, with the statements that match', () => {
  const policies: PolicySet = {
    identity: [policy([readNotes]), policy([{ Effect: 'Allow', Action: 'x:*', Resource: '*' }])],
    group: [policy([{ ...readNotes, Sid: 'Everybody' }])],
    boundary: policy([{ Sid: 'Most', Effect: 'Allow', Action: 'notes:*', Resource: '*' }], 'boundary'),
    session: [policy([{ Sid: 'Never', Effect: 'Deny', Action: 'notes:*', Resource: '*' }], 'session')],
  }
  const { decision, considered } = explain(policies, ask())
  assert.deepEqual(decision, {
    outcome: 'explicitlyDenied',
    statements: [{ part: 'session', policy: 0, index: 0, sid: 'Never' }],
  })
  assert.deepEqual(
    considered.map(one => [
      one.part,
      one.policy,
      one.allowing.map(({ sid }) => sid),
      one.denying.map(({ sid }) => sid),
    ]),
    [
      ['identity', 0, ['Read'], []],
      ['identity', 1, [], []],
      ['group', 0, ['Everybody'], []],
      ['boundary', 0, ['Most'], []],
      ['session', 0, [], ['Never']],
    ],
  )
})

test('a part that narrows is named when it is what is missing', () => {
  const boundary = policy([{ Effect: 'Allow', Action: 'notes:Write', Resource: '*' }], 'boundary')
  const { decision, nearMisses } = explain({ identity: [policy([readNotes])], boundary }, ask())
  assert.deepEqual(decision, { outcome: 'implicitlyDenied', missing: 'boundary', statements: [] })
  assert.deepEqual(
    nearMisses.map(({ place }) => place.part),
    ['boundary'],
  )
})

test('of ten thousand statements it looks at few, and still finds those that nearly matched', () => {
  const statements = Array.from({ length: 10_000 }, (_, n) => ({
    Sid: `S${n}`,
    Effect: 'Allow',
    Action: 'notes:Read',
    Resource: `arn:aws:notes:eu-1:${account}:note/${n}`,
    Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
  }))
  const { nearMisses } = explain({ identity: [policy(statements)] }, ask())
  assert.equal(nearMisses.length, 5)
  assert.equal(nearMisses[0]?.place.sid, 'S7')
})
