import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Asker, type WhoCanQuestion, whoCan } from '../../../server/policy/ask/who-can.ts'
import type { PolicySet } from '../../../server/policy/decide/decide.ts'
import type { PolicyPrincipal } from '../../../server/policy/request.ts'
import { account, parse, stranger } from './arbitraries.ts'

const note = 'arn:aws:notes:::ada/1'
const read: WhoCanQuestion = { action: 'notes:Read', resource: note }
const allow = { Effect: 'Allow', Action: 'notes:Read', Resource: '*' }
const deny = { ...allow, Effect: 'Deny' }
const mfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }
const inside = { Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }
const own = { ...allow, Resource: 'arn:aws:notes:::${aws:username}/*' }

const ada: PolicyPrincipal = { kind: 'user', accountId: account, arn: `arn:aws:iam::${account}:user/ada` }
const session: PolicyPrincipal = {
  kind: 'session',
  accountId: account,
  arn: `arn:aws:sts::${account}:assumed-role/writer/ada`,
  roleArn: `arn:aws:iam::${account}:role/writer`,
}
const google: PolicyPrincipal = { kind: 'federated', providers: ['accounts.google.com'] }

function ask(question: WhoCanQuestion, policies: PolicySet, asker: Partial<Asker> = {}) {
  const [found] = whoCan(question, [{ name: 'one', principal: ada, policies, ...asker }])
  assert.ok(found)
  return found
}

function identity(...list: object[]): PolicySet {
  return { identity: [parse('identity', list)] }
}

function resource(statement: object, kind: 'resource' | 'trust' = 'resource') {
  return { resourcePolicy: parse(kind, [statement]) }
}

/** The answer, with what it depends on. */
function summary({ answer, conditions, exact }: ReturnType<typeof ask>): (string | boolean)[] {
  return [answer, ...conditions.map(({ says }) => says), ...(exact ? [] : ['?'])]
}

describe('who can: with nothing known of the context', () => {
  for (const [story, policies, expected] of [
    ['an Allow without conditions', identity(allow), ['yes']],
    ['no policy', {}, ['no']],
    ['another action', identity({ ...allow, Action: 'notes:Write' }), ['no']],
    [
      'an Allow under a condition',
      identity({ ...allow, ...mfa }),
      ['depends', 'if aws:MultiFactorAuthPresent is true'],
    ],
    ['an Allow with and one without a condition', identity({ ...allow, ...mfa }, allow), ['yes']],
    ['a Deny', identity(allow, deny), ['no']],
    [
      'a Deny under a condition',
      identity(allow, { ...deny, ...inside }),
      ['depends', 'unless aws:SourceIp is in 192.0.2.0/24'],
    ],
    ['a Deny under a condition where nothing allows', identity({ ...deny, ...mfa }), ['no']],
    [
      'a condition that always holds',
      identity({ ...allow, Condition: { StringLikeIfExists: { k: '*' } } }),
      ['yes'],
    ],
    [
      'a condition that never holds',
      identity({ ...allow, Condition: { 'ForAnyValue:StringLike': { k: [] } } }),
      ['no'],
    ],
    [
      'conditions that exclude each other',
      identity({ ...allow, Condition: { NumericLessThan: { n: '3' }, NumericGreaterThan: { n: '5' } } }),
      // Several values at once may meet both: one each.
      ['depends', 'if n is less than 3 and n is more than 5'],
    ],
    [
      'conditions on one key that exclude each other',
      identity({ ...allow, Condition: { Null: { k: 'true' }, StringEquals: { k: 'a' } } }),
      ['no'],
    ],
    [
      'two statements that cover all cases together',
      identity(
        { ...allow, Condition: { Null: { k: 'true' } } },
        { ...allow, Condition: { Null: { k: 'false' } } },
      ),
      ['yes'],
    ],
    [
      'a variable in the resource',
      identity(own),
      ['depends', 'if the resource is arn:aws:notes:::${aws:username}/*'],
    ],
    ['a variable elsewhere', identity({ ...own, Resource: 'arn:aws:notes:::x-${aws:username}/*' }), ['no']],
    [
      'a boundary under a condition',
      { ...identity(allow), boundary: parse('boundary', [{ ...allow, ...mfa }]) },
      ['depends', 'if aws:MultiFactorAuthPresent is true'],
    ],
    [
      'a boundary that allows something else',
      { ...identity(allow), boundary: parse('boundary', [own]) },
      ['depends', 'if the resource is arn:aws:notes:::${aws:username}/*'],
    ],
    ['a group', { group: [parse('identity', [allow])] }, ['yes']],
  ] as [string, PolicySet, string[]][]) {
    test(`${story}: ${expected.join(', ')}`, () => {
      assert.deepEqual(summary(ask(read, policies)), expected)
    })
  }
})

describe('who can: with some keys known', () => {
  for (const [story, policies, context, expected] of [
    [
      'the condition is met',
      identity({ ...allow, ...mfa }),
      { 'aws:MultiFactorAuthPresent': ['true'] },
      'yes',
    ],
    [
      'the condition is not met',
      identity({ ...allow, ...mfa }),
      { 'aws:MultiFactorAuthPresent': ['false'] },
      'no',
    ],
    [
      'the key is known to be absent',
      identity({ ...allow, ...mfa }),
      { 'aws:MultiFactorAuthPresent': [] },
      'no',
    ],
    ['another key is known', identity({ ...allow, ...mfa }), { 'aws:SourceIp': ['192.0.2.1'] }, 'depends'],
    ['the variable is known, and fits', identity(own), { 'aws:username': ['ada'] }, 'yes'],
    ['the variable is known, and does not fit', identity(own), { 'aws:username': ['bob'] }, 'no'],
    ['the variable is known to be absent', identity(own), { 'aws:username': [] }, 'no'],
    [
      'the key is known, and fits no value of the variable',
      identity({ ...allow, Condition: { StringLike: { prefix: 'home/${aws:username}/*' } } }),
      { prefix: ['tmp/'] },
      'no',
    ],
    [
      'the key is known, and fits some value of the variable',
      identity({ ...allow, Condition: { StringLike: { prefix: 'home/${aws:username}/*' } } }),
      { prefix: ['home/ada/'] },
      'depends',
    ],
    // It was “no”: the absent key was taken to settle it, though with a user name it is allowed.
    [
      'an Allow where the key is absent, and is not to be a variable that may have no value',
      identity({ ...allow, Condition: { StringNotEquals: { 'k:Tag': '${aws:username}' } } }),
      { 'k:Tag': [] },
      'depends',
    ],
    [
      'a Deny of the same, which asks for no value of the variable',
      identity(allow, { ...deny, Condition: { StringNotEquals: { 'k:Tag': '${aws:username}' } } }),
      { 'k:Tag': [] },
      'no',
    ],
    [
      'an Allow where the key is absent, and is to be a variable',
      identity({ ...allow, Condition: { StringEquals: { 'k:Tag': '${aws:username}' } } }),
      { 'k:Tag': [] },
      'no',
    ],
    [
      'an Allow of all but a variable that may have no value',
      identity({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:notes:::x${aws:username}' }),
      {},
      'depends',
    ],
    [
      'a Deny of all but what no variable can be',
      identity(allow, { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:notes:::x${aws:username}' }),
      {},
      'no',
    ],
  ] as [string, PolicySet, Record<string, string[]>, string][]) {
    test(`${story}: ${expected}`, () => {
      assert.equal(ask({ ...read, context: new Map(Object.entries(context)) }, policies).answer, expected)
    })
  }

  test('what is known of one principal is known of no other', () => {
    const policies = identity(own)
    const answers = whoCan(read, [
      { name: 'ada', principal: ada, policies, context: new Map([['aws:username', ['ada']]]) },
      { name: 'bob', principal: ada, policies, context: new Map([['aws:username', ['bob']]]) },
      { name: 'somebody', principal: ada, policies },
    ])
    assert.deepEqual(
      answers.map(({ name, answer }) => [name, answer]),
      [
        ['ada', 'yes'],
        ['bob', 'no'],
        ['somebody', 'depends'],
      ],
    )
  })
})

describe('who can: by what the resource says', () => {
  const forAda = { ...allow, Principal: { AWS: `arn:aws:iam::${account}:user/ada` } }
  const forAccount = { ...allow, Principal: { AWS: account } }
  const forRole = { ...allow, Principal: { AWS: `arn:aws:iam::${account}:role/writer` } }
  const forAll = { ...allow, Principal: '*' }
  const trust = {
    Effect: 'Allow',
    Action: 'sts:AssumeRoleWithWebIdentity',
    Principal: { Federated: 'accounts.google.com' },
    Condition: { StringEquals: { 'accounts.google.com:aud': 'app' } },
  }
  const assume = { action: 'sts:AssumeRoleWithWebIdentity', resource: `arn:aws:iam::${account}:role/r` }
  const session0 = { session: [parse('session', [{ ...allow, Action: 'notes:Write' }])] }
  const abroad = { resourceAccountId: stranger }

  for (const [story, question, asker, expected] of [
    ['it names the user', { ...read, ...resource(forAda) }, {}, ['yes']],
    ['it names the account alone', { ...read, ...resource(forAccount) }, {}, ['no']],
    [
      'it names the account, whose policies allow',
      { ...read, ...resource(forAccount) },
      { policies: identity(allow) },
      ['yes'],
    ],
    [
      'across accounts its own policies must allow too',
      { ...read, ...abroad, ...resource(forAda) },
      {},
      ['no'],
    ],
    [
      'across accounts both allow',
      { ...read, ...abroad, ...resource(forAda) },
      { policies: identity(allow) },
      ['yes'],
    ],
    ['across accounts it must allow', { ...read, ...abroad }, { policies: identity(allow) }, ['no']],
    [
      'it grants to the role, and a session policy narrows',
      { ...read, ...resource(forRole) },
      { principal: session, policies: session0 },
      ['no'],
    ],
    [
      'it grants to all, and nothing narrows',
      { ...read, ...resource(forAll) },
      { principal: session, policies: session0 },
      ['yes'],
    ],
    [
      'it grants to the role, and to all under a condition',
      { ...read, ...resource({ ...forAll, ...mfa }) },
      { principal: session, policies: session0 },
      ['depends', 'if aws:MultiFactorAuthPresent is true'],
    ],
    [
      'a boundary and a NotPrincipal Deny',
      {
        ...read,
        ...resource({ ...forAda, Effect: 'Deny', Principal: undefined, NotPrincipal: forAda.Principal }),
      },
      { policies: { ...identity(allow), boundary: parse('boundary', [allow]) } },
      ['no'],
    ],
    [
      'a NotPrincipal Deny that leaves them out',
      {
        ...read,
        ...resource({ ...forAda, Effect: 'Deny', Principal: undefined, NotPrincipal: forAda.Principal }),
      },
      { policies: identity(allow) },
      ['yes'],
    ],
    [
      'a trust policy that must name',
      { ...assume, ...resource(trust, 'trust') },
      { policies: identity({ ...allow, Action: '*' }) },
      ['no'],
    ],
    [
      'a trust policy that names',
      { ...assume, ...resource(trust, 'trust') },
      { principal: google },
      ['depends', 'if accounts.google.com:aud is app'],
    ],
    [
      'the account itself, without any policy',
      read,
      { principal: { kind: 'root', accountId: account } },
      ['yes'],
    ],
  ] as [string, WhoCanQuestion, Partial<Asker>, string[]][]) {
    test(`${story}: ${expected.join(', ')}`, () => {
      assert.deepEqual(summary(ask(question, {}, asker)), expected)
    })
  }
})

test('an answer that depends shows one context that allows, and one that does not', () => {
  const { examples, conditions, statements } = ask(
    read,
    identity({ ...allow, Sid: 'Read', ...mfa }, { ...deny, ...inside }),
  )
  assert.deepEqual(examples, {
    allowed: new Map([['aws:multifactorauthpresent', ['true']]]),
    denied: new Map(),
  })
  assert.deepEqual(statements, [
    { part: 'identity', policy: 0, index: 0, sid: 'Read' },
    { part: 'identity', policy: 0, index: 1 },
  ])
  assert.deepEqual(conditions[0]?.lines, [
    {
      element: 'Condition Bool aws:MultiFactorAuthPresent',
      keys: ['aws:multifactorauthpresent'],
      wanted: ['true'],
      says: 'aws:MultiFactorAuthPresent is true',
    },
  ])
})

test('a statement that makes no difference is not among what it depends on', () => {
  const { conditions } = ask(read, identity(allow, { ...allow, ...mfa }, { ...deny, ...inside }))
  assert.deepEqual(
    conditions.map(({ place }) => place.index),
    [2],
  )
})

test('an answer that could not be found out for the number of values says so', () => {
  const list = [...Array(12).keys()].map(n => ({
    ...allow,
    Condition: {
      NumericLessThan: { [`n${n}`]: '1' },
      NumericGreaterThan: { [`m${n}`]: '1' },
      Null: { [`n${n}`]: 'true' },
    },
  }))
  const found = ask(read, identity(...list))
  assert.equal(found.answer, 'depends')
  assert.equal(found.exact, false)
  assert.deepEqual(found.because, ['There are too many combinations of condition keys to try all of them.'])
  assert.notEqual(found.examples.denied, undefined)
  assert.equal(found.examples.allowed, undefined)
})
