import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { diff, type PolicyDiff } from '../../../../server/policy/ask/diff/diff.ts'
import type { PolicyKind } from '../../../../server/policy/policy.ts'
import { account, parse, stranger } from '../arbitraries.ts'

type Edit = {
  kind?: PolicyKind
  before: object[]
  after: object[]
  becameAllowed?: string[]
  noLongerAllowed?: string[]
  denyAdded?: string[]
  denyRemoved?: string[]
}

const everyNote = 'arn:aws:notes:::*'
const books = 'arn:aws:notes:::book/*'

function allow(Action: string | string[], Resource = books, more: object = {}): object {
  return { Effect: 'Allow', Action, Resource, ...more }
}

function deny(Action: string | string[], Resource = '*', more: object = {}): object {
  return { ...allow(Action, Resource, more), Effect: 'Deny' }
}

function trusting(Principal: object | string, more: object = {}): object {
  return { Effect: 'Allow', Action: 'sts:AssumeRole', Principal, ...more }
}

const mfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }
const atHome = { AWS: `arn:aws:iam::${account}:root` }
const forRole = { Principal: { AWS: `arn:aws:iam::${account}:role/writer` } }

const edits: Record<string, Edit> = {
  'an action is added': {
    before: [allow('notes:Read', books, { Sid: 'Notes' })],
    after: [allow(['notes:Read', 'notes:Write'], books, { Sid: 'Notes' })],
    becameAllowed: [
      'Statement 1 (Notes) now allows notes:Write on arn:aws:notes:::book/*; before, only notes:Read.',
    ],
  },
  'a resource is narrowed': {
    before: [allow('notes:Read', '*', { Sid: 'Read' })],
    after: [allow('notes:Read', books, { Sid: 'Read' })],
    noLongerAllowed: [
      'Statement 1 (Read) no longer allows notes:Read on any resource; now, only on arn:aws:notes:::book/*.',
    ],
  },
  'a condition is added': {
    before: [allow('notes:*')],
    after: [allow('notes:*', books, mfa)],
    noLongerAllowed: [
      'Statement 1 no longer allows notes:* on arn:aws:notes:::book/*; now, only if aws:MultiFactorAuthPresent is true.',
    ],
  },
  'the value of a condition is widened': {
    before: [allow('notes:Read', books, { Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } })],
    after: [allow('notes:Read', books, { Condition: { IpAddress: { 'aws:SourceIp': '192.0.0.0/16' } } })],
    becameAllowed: [
      'Statement 1 now allows notes:Read on arn:aws:notes:::book/*, if aws:SourceIp is in 192.0.0.0/16; before, only if aws:SourceIp is in 192.0.2.0/24.',
    ],
  },
  'a deny is removed': {
    before: [allow('notes:*'), deny('notes:Delete*', everyNote, { Sid: 'KeepAll' })],
    after: [allow('notes:*')],
    becameAllowed: ['Statement 2 (KeepAll) no longer denies notes:Delete* on arn:aws:notes:::*.'],
  },
  'a deny is removed, and what it denied is allowed': {
    before: [deny('notes:Read')],
    after: [allow('notes:Read', '*')],
    becameAllowed: ['Statement 1 no longer denies notes:Read on any resource; statement 1 now allows it.'],
  },
  'a deny is added where something is allowed': {
    before: [allow('notes:*')],
    after: [allow('notes:*'), deny('notes:Delete')],
    noLongerAllowed: ['Statement 2 now denies notes:Delete on any resource.'],
  },
  'a deny is added where nothing is allowed': {
    before: [allow('notes:Read')],
    after: [allow('notes:Read'), deny('secrets:*')],
    denyAdded: ['Statement 2 now denies secrets:* on any resource; nothing in this policy allows it.'],
  },
  'a wildcard is widened': {
    before: [allow('notes:Get*')],
    after: [allow('notes:*')],
    becameAllowed: ['Statement 1 now allows notes:* on arn:aws:notes:::book/*; before, only notes:Get*.'],
  },
  'everything but a service becomes everything': {
    before: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
    after: [allow('*', '*')],
    becameAllowed: ['Statement 1 now allows any action on any resource; before, only everything but iam:*.'],
  },
  'a statement is tightened in three ways at once': {
    before: [allow('notes:*', '*')],
    after: [allow('notes:Read', books, mfa)],
    noLongerAllowed: [
      'Statement 1 no longer allows notes:* on any resource; now, only notes:Read.',
      'Statement 1 no longer allows notes:* on any resource; now, only on arn:aws:notes:::book/*.',
      'Statement 1 no longer allows notes:* on any resource; now, only if aws:MultiFactorAuthPresent is true.',
    ],
  },
  'two conditional statements on the same things are removed': {
    before: [
      allow('notes:Read', books, mfa),
      allow('notes:Read', books, { Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'blue' } } }),
      allow('notes:List'),
    ],
    after: [allow('notes:List')],
    noLongerAllowed: [
      'Statement 1 no longer allows notes:Read on arn:aws:notes:::book/*, if aws:MultiFactorAuthPresent is true.',
      'Statement 2 no longer allows notes:Read on arn:aws:notes:::book/*, if aws:PrincipalTag/Team is blue.',
    ],
  },
  'a statement is split, and the order of all is another': {
    before: [allow(['notes:Read', 'notes:List']), deny('notes:Delete')],
    after: [deny(['notes:Delete', 'notes:DELETE']), allow('notes:List'), allow('notes:Read')],
  },
  'a condition is written another way': {
    before: [allow('notes:Read', books, { Condition: { StringEquals: { k: ['a', 'b'] } } })],
    after: [
      allow('notes:Read', books, { Condition: { StringLike: { K: 'a' } } }),
      allow('notes:Read', books, { Condition: { StringEquals: { k: 'b' } } }),
    ],
  },
  'a boundary is narrowed': {
    kind: 'boundary',
    before: [allow('*', '*')],
    after: [allow('notes:*', '*')],
    noLongerAllowed: ['Statement 1 no longer allows any action on any resource; now, only notes:*.'],
  },
  'a session policy is given up': {
    kind: 'session',
    before: [allow('notes:Read', '*')],
    after: [allow('*', '*')],
    becameAllowed: ['Statement 1 now allows any action on any resource; before, only notes:Read.'],
  },
  'a trust policy takes in another account': {
    kind: 'trust',
    before: [trusting(atHome)],
    after: [trusting({ AWS: [atHome.AWS, `arn:aws:iam::${stranger}:root`] })],
    becameAllowed: [
      `Statement 1 now allows sts:AssumeRole for arn:aws:iam::${stranger}:root; before, only for arn:aws:iam::${account}:root.`,
    ],
  },
  'a trust policy forgets to ask for the audience': {
    kind: 'trust',
    before: [
      trusting(
        { Federated: 'accounts.google.com' },
        { Condition: { StringEquals: { 'accounts.google.com:aud': 'app' } } },
      ),
    ],
    after: [trusting({ Federated: 'accounts.google.com' })],
    becameAllowed: [
      'Statement 1 now allows sts:AssumeRole for accounts.google.com; before, only if accounts.google.com:aud is app.',
    ],
  },
  'a grant to a role becomes one to everybody': {
    kind: 'resource',
    before: [allow('notes:Read', books, forRole)],
    after: [allow('notes:Read', books, { Principal: '*' })],
    becameAllowed: [
      `Statement 1 now allows notes:Read on arn:aws:notes:::book/* for anybody; before, only for arn:aws:iam::${account}:role/writer.`,
      'Statement 1 now allows notes:Read on arn:aws:notes:::book/* for anybody; before, only as far as boundaries and session policies allow it too.',
    ],
  },
  'a grant to a role is left to its account': {
    kind: 'resource',
    before: [allow('notes:Read', books, forRole)],
    after: [allow('notes:Read', books, { Principal: { AWS: account } })],
    becameAllowed: [
      `Statement 1 now allows notes:Read on arn:aws:notes:::book/* for ${account}; before, only for arn:aws:iam::${account}:role/writer.`,
    ],
    noLongerAllowed: [
      `Statement 1 no longer allows notes:Read on arn:aws:notes:::book/* for arn:aws:iam::${account}:role/writer; now, only as far as the policies of their account allow it too.`,
    ],
  },
}

const directions = ['becameAllowed', 'noLongerAllowed', 'denyAdded', 'denyRemoved'] as const

function sentences(found: PolicyDiff, direction: (typeof directions)[number]): string[] {
  return found[direction].map(({ says }) => says)
}

describe('an edit is told in a sentence:', () => {
  for (const [story, { kind = 'identity', before, after, ...expected }] of Object.entries(edits)) {
    test(story, () => {
      const found = diff(parse(kind, before), parse(kind, after))
      for (const direction of directions) {
        assert.deepEqual(sentences(found, direction), expected[direction] ?? [], direction)
      }
      assert.deepEqual([found.exact, found.because], [true, []])
    })

    test(`${story}; and the other way round`, () => {
      const found = diff(parse(kind, after), parse(kind, before))
      const counts = directions.map(direction => found[direction].length > 0)
      const [became = [], noLonger = [], added = [], removed = []] = directions.map(one => expected[one])
      assert.deepEqual(
        counts,
        [noLonger, became, removed, added].map(list => list.length > 0),
      )
    })
  }
})

describe('an example', () => {
  test('is made of actions that there are, when they are told', () => {
    const found = diff(parse('identity', [allow('notes:Get*')]), parse('identity', [allow('notes:*')]), {
      actions: ['notes:GetNote', 'notes:PutNote'],
    })
    assert.equal(found.becameAllowed[0]?.example.request.action, 'notes:PutNote')
    assert.equal(found.becameAllowed[0]?.example.request.resource, 'arn:aws:notes:::book/example')
  })

  test('has a resource of the service that its action is of', () => {
    const found = diff(parse('identity', [allow('notes:Get')]), parse('identity', [allow('notes:Get', '*')]))
    assert.match(found.becameAllowed[0]?.example.request.resource ?? '', /^arn:aws:notes:/)
  })

  test('is at home or abroad, as the resource is', () => {
    const before = parse('resource', [allow('notes:Read', books, forRole)])
    const after = parse('resource', [deny('notes:Read', books, forRole)])
    const [home, abroad] = [account, stranger].map(
      accountId => diff(before, after, { accountId }).noLongerAllowed[0]?.example,
    )
    assert.deepEqual([home?.ownPolicies, home?.request.resourceAccountId], ['nothing', account])
    assert.deepEqual([abroad?.ownPolicies, abroad?.request.resourceAccountId], ['everything', stranger])
  })

  test('meets a variable where only one value of it makes the difference', () => {
    const own = allow('notes:Read', 'arn:aws:notes:::${aws:username}/*')
    const keepFromAda = deny('notes:Read', 'arn:aws:notes:::ada/*')
    const found = diff(parse('identity', [own, keepFromAda]), parse('identity', [own]))
    assert.deepEqual(found.becameAllowed[0]?.example.request.context, new Map([['aws:username', ['ada']]]))
    assert.equal(found.exact, false)
  })
})

describe('an answer that may not be whole says why:', () => {
  const manyStars = [...'abcdefghijklmnopqrst'].map(one =>
    allow('notes:Read', `arn:aws:notes:::*${one}*${one}*`),
  )
  const manyKeys = [...Array(20).keys()].map(n =>
    allow('notes:Read', books, { Condition: { NumericLessThan: { [`k${n}`]: '1' } } }),
  )
  for (const [story, list, reason] of [
    [
      'a variable',
      [allow('notes:Read', 'arn:aws:notes:::${aws:username}/*')],
      'Only some values of the variable aws:username were tried.',
    ],
    ['resources that cross each other', manyStars, 'There are too many combinations of resource patterns.'],
    [
      'actions that cross each other',
      [allow([...'abcdefghijklmnopqrst'].map(one => `notes:*${one}*${one}*`))],
      'There are too many combinations of action patterns.',
    ],
    ['conditions', manyKeys, 'There are too many combinations of condition keys to try all of them.'],
    [
      'a key that is text and number',
      [allow('notes:Read', books, { Condition: { NumericLessThan: { k: '1' }, StringLike: { k: '1*' } } })],
      'k is compared in more than one way: only some of its values were tried.',
    ],
  ] as const) {
    test(`${story}, and still tells what it found`, () => {
      const found = diff(parse('identity', list), parse('identity', [...list, deny('notes:*')]))
      assert.ok(found.because.includes(reason), found.because.join())
      assert.equal(found.exact, false)
      assert.deepEqual(sentences(found, 'noLongerAllowed'), [
        `Statement ${list.length + 1} now denies notes:* on any resource.`,
      ])
    })
  }

  test('but not for what has nothing to do with the change', () => {
    const unchanged = [...manyStars, allow('notes:List', 'arn:aws:notes:::${aws:username}')]
    const found = diff(
      parse('identity', [...unchanged, allow('secrets:Get')]),
      parse('identity', [...unchanged, allow('secrets:*')]),
    )
    assert.deepEqual([found.exact, found.becameAllowed.length], [true, 1])
  })
})
