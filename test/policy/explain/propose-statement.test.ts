import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decide, type PolicySet } from '../../../server/policy/decide/decide.ts'
import { proposeStatement } from '../../../server/policy/explain/propose-statement.ts'
import { parsePolicy } from '../../../server/policy/parse-policy.ts'
import type { PolicyKind } from '../../../server/policy/policy.ts'
import type { PolicyRequest } from '../../../server/policy/request.ts'

const account = '123456789012'
const session = {
  kind: 'session',
  accountId: account,
  arn: `arn:aws:sts::${account}:assumed-role/writer/ada`,
  roleArn: `arn:aws:iam::${account}:role/writer`,
} as const
const asked: PolicyRequest = {
  principal: session,
  action: 'notes:Read',
  resource: `arn:aws:notes:eu-1:${account}:note/7`,
  context: new Map(),
}
const all = { Effect: 'Allow', Action: '*', Resource: '*' }

function policy(statements: object[], kind: PolicyKind = 'identity') {
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind)
}

test('what no policy allows is proposed as one statement for exactly this request', () => {
  assert.deepEqual(proposeStatement({}, asked), {
    possible: true,
    add: [
      { part: 'identity', statement: { Effect: 'Allow', Action: 'notes:Read', Resource: asked.resource } },
    ],
  })
})

test('for a name that nothing has, none is proposed: a policy can’t say it', () => {
  const proposal = proposeStatement({}, { ...asked, resource: 'note-7' })
  assert.ok(!proposal.possible)
  assert.match(proposal.because, /no such resource/)
})

test('across accounts both sides get a statement', () => {
  const proposal = proposeStatement({}, { ...asked, resourceAccountId: '999999999999' })
  assert.ok(proposal.possible)
  assert.deepEqual(
    proposal.add.map(({ part, statement }) => [part, statement.Principal]),
    [
      ['resource', { AWS: session.arn }],
      ['identity', undefined],
    ],
  )
})

test('a role that trusts nobody yet is proposed a statement that pins audience and subject', () => {
  const trust = policy(
    [{ Effect: 'Allow', Principal: { Service: 'x.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    'trust',
  )
  const proposal = proposeStatement(
    { resource: trust },
    {
      principal: { kind: 'federated', providers: ['accounts.google.com'] },
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: `arn:aws:iam::${account}:role/writer`,
      context: new Map([
        ['accounts.google.com:aud', ['client']],
        ['accounts.google.com:sub', ['42']],
        ['aws:sourceip', ['192.0.2.1']],
      ]),
    },
  )
  assert.deepEqual(proposal, {
    possible: true,
    add: [
      {
        part: 'resource',
        statement: {
          Effect: 'Allow',
          Principal: { Federated: 'accounts.google.com' },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { 'accounts.google.com:aud': 'client', 'accounts.google.com:sub': '42' },
          },
        },
      },
    ],
  })
})

for (const [story, policies, because] of [
  [
    'an explicit deny',
    { identity: [policy([all, { ...all, Effect: 'Deny', Sid: 'No' }])] },
    /statement 2 \(No\), denies it explicitly/,
  ],
  [
    'a boundary',
    { boundary: policy([{ ...all, Action: 'x:*' }], 'boundary') },
    /permissions boundary does not allow it/,
  ],
  [
    'a session policy',
    { session: [policy([{ ...all, Action: 'x:*' }], 'session')] },
    /session policy does not allow it/,
  ],
  ['nothing, since it is allowed', { identity: [policy([all])] }, /allowed already/],
] as const satisfies readonly (readonly [string, PolicySet, RegExp])[]) {
  test(`nothing can be added against ${story}, and it says so`, () => {
    const proposal = proposeStatement(policies, asked)
    assert.ok(!proposal.possible)
    assert.match(proposal.because, because)
  })
}

test('nobody in particular can’t be named: opening to everybody is never proposed', () => {
  const proposal = proposeStatement({}, { ...asked, principal: { kind: 'anonymous' } })
  assert.deepEqual(proposal, { possible: false, because: 'Only opening it to everybody would allow it.' })
})

test('a proposal allows this resource and no other, whatever characters its name has', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'b', '*', '?', '$', '{', '}', '/', ':'),
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(name, name, (one, other) => {
      const [wanted, unwanted] = [one, other].map(text => `arn:aws:notes:eu-1:${account}:${text}`)
      const request = { ...asked, resource: wanted ?? '' }
      const proposal = proposeStatement({}, request)
      assert.ok(proposal.possible)
      const identity = [policy(proposal.add.map(({ statement }) => statement))]
      assert.equal(decide({ identity }, request).outcome, 'allowed')
      const elsewhere = decide({ identity }, { ...asked, resource: unwanted ?? '' }).outcome
      assert.equal(elsewhere, one === other ? 'allowed' : 'implicitlyDenied')
    }),
  )
})

test('an ARN that is too long once its stars are written out is proposed as everything, and nothing throws', () => {
  const resource = `arn:aws:notes:::${'*'.repeat(600)}`
  assert.deepEqual(proposeStatement({}, { ...asked, resource }), {
    possible: true,
    add: [{ part: 'identity', statement: { Effect: 'Allow', Action: 'notes:Read', Resource: '*' } }],
  })
})
