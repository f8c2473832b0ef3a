import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthorizer } from '../../server/authorization/authorize.ts'
import type { Caller } from '../../server/base/caller.ts'
import { newId } from '../../server/base/ids.ts'
import type { Session } from '../../server/base/session.ts'
import { accountId, composeGate, documentOf, facts } from '../federation/compose-gate.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { root, sessionCaller } from './callers.ts'

const { store, keyring, createRole, createPolicy } = await composeGate()
const authorizer = createAuthorizer({ ...store, keyring })

type Effect = 'Allow' | 'Deny'
const statement = (Effect: Effect, Action: string | string[], Resource = '*', Condition?: object) => ({
  Effect,
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
})
const allow = (...more: [string | string[], string?, object?]) => documentOf(statement('Allow', ...more))
const deny = (...more: [string | string[], string?, object?]) => documentOf(statement('Deny', ...more))

const readerArn = `arn:aws:iam::${accountId}:role/reader`
const get = { action: 'iam:GetRole', resource: readerArn }
const remove = { action: 'iam:DeleteRole', resource: readerArn }
const list = { action: 'iam:ListRoles', resource: '*' }

let count = 0
/** The id of a role with these inline and managed documents. */
async function roleWith(inline: string[], attached: string[] = []): Promise<string> {
  const id = newId('AROA')
  await createRole(`role-${count++}`, { id })
  for (const [n, document] of inline.entries())
    await store.principalPolicies.putInline(id, `inline-${n}`, document)
  for (const document of attached) await attach(id, document)
  return id
}

async function attach(roleId: string, document: string): Promise<string> {
  const name = `managed-${count++}`
  const arn = await createPolicy(name, document)
  const policy = await store.policies.find(name)
  assert.ok(policy)
  await store.principalPolicies.attach(roleId, policy.id, 1)
  return arn
}

const may = (caller: Caller, permission = get, from = facts) =>
  authorizer.requirePermission(caller, permission, from)

async function mayNot(caller: Caller, permission = get, why?: RegExp, from = facts): Promise<void> {
  const refusal = await refusalOf(may(caller, permission, from))
  assert.equal(refusal.reason, 'access.denied')
  const { action, resource } = permission
  const { why: said = '', sealed: _, ...rest } = refusal.said
  assert.deepEqual(rest, { principal: caller.arn, action, resource })
  if (why !== undefined) assert.match(said, why)
}

test('the root may do all, whatever is stored', async () => {
  await roleWith([deny('*')])
  for (const permission of [get, remove, list, { action: 'never:Heard', resource: 'arn:aws:never:::x' }]) {
    await may(root, permission)
  }
})

test('a role without policies may do nothing, nor may one that is gone', async () => {
  for (const roleId of [await roleWith([]), 'AROAGONE']) {
    for (const permission of [get, list])
      await mayNot(sessionCaller(roleId), permission, /no identity-based policy/)
  }
})

const everything = allow('*')
const explicit = /explicit deny/
const grants: [story: string, inline: string[], attached: string[], allowed: boolean][] = [
  ['an inline policy allows it', [allow('iam:GetRole')], [], true],
  ['an attached policy allows it', [], [allow('iam:GetRole')], true],
  ['one of many policies allows it', [allow('s3:*')], [allow('sqs:*'), allow('iam:Get*')], true],
  ['another action is allowed', [allow('iam:GetRolePolicy')], [], false],
  ['it is allowed on another resource', [allow('iam:GetRole', `${readerArn}s`)], [], false],
  ['it is allowed on its own resource', [allow('iam:GetRole', readerArn)], [], true],
  [
    'it is allowed and denied within one policy',
    [documentOf(statement('Allow', '*'), statement('Deny', 'iam:GetRole'))],
    [],
    false,
  ],
  [
    'it is denied first and allowed after',
    [documentOf(statement('Deny', 'iam:GetRole'), statement('Allow', '*'))],
    [],
    false,
  ],
  ['an attached policy denies what an inline one allows', [everything], [deny('iam:*')], false],
  ['an inline policy denies what an attached one allows', [deny('iam:GetRole')], [everything], false],
  ['what is denied is another action', [everything], [deny('iam:DeleteRole')], true],
  ['what is denied is another resource', [everything], [deny('iam:*', `${readerArn}s`)], true],
  [
    'a deny’s condition does not hold',
    [everything],
    [deny('*', '*', { Bool: { 'aws:SecureTransport': 'false' } })],
    true,
  ],
  [
    'a deny’s condition holds',
    [everything],
    [deny('*', '*', { Bool: { 'aws:SecureTransport': 'true' } })],
    false,
  ],
]

for (const [story, inline, attached, allowed] of grants) {
  test(`${allowed ? 'allowed' : 'not allowed'}: ${story}`, async () => {
    const caller = sessionCaller(await roleWith(inline, attached))
    await (allowed ? may(caller) : mayNot(caller))
  })
}

const getOnly = await createPolicy('get-only', allow('iam:GetRole'))
const noGet = await createPolicy('no-get', deny('iam:GetRole'))
const narrowings: [story: string, session: Partial<Session>, can: (typeof get)[], cannot: (typeof get)[]][] =
  [
    ['no session policy', {}, [get, list], [remove]],
    ['an inline one', { policy: allow('iam:GetRole') }, [get], [list, remove]],
    ['an inline one that allows everything', { policy: everything }, [get, list], [remove]],
    [
      'an inline one that allows only what the role lacks',
      { policy: allow('iam:DeleteRole') },
      [],
      [get, list, remove],
    ],
    ['an inline one that only denies', { policy: deny('iam:GetRole') }, [], [get, list, remove]],
    ['a managed one', { policyArns: [getOnly] }, [get], [list, remove]],
    [
      'an inline and a managed one, which add up',
      { policy: allow('iam:ListRoles'), policyArns: [getOnly] },
      [get, list],
      [remove],
    ],
    [
      'one that allows and one that denies',
      { policy: everything, policyArns: [noGet] },
      [list],
      [get, remove],
    ],
  ]

for (const [story, session, can, cannot] of narrowings) {
  test(`a session with ${story} has no more than both the role and the session allow`, async () => {
    const roleId = await roleWith([allow(['iam:GetRole', 'iam:ListRoles'])])
    const caller = sessionCaller(roleId, session)
    for (const permission of can) await may(caller, permission)
    for (const permission of cannot) await mayNot(caller, permission)
  })
}

test('a deny of the role’s is not lifted by its session, nor the other way round', async () => {
  const denying = await roleWith([everything, deny('iam:GetRole')])
  await mayNot(sessionCaller(denying, { policy: everything }), get, explicit)
  const open = await roleWith([everything])
  await mayNot(
    sessionCaller(open, { policy: documentOf(statement('Allow', '*'), statement('Deny', 'iam:GetRole')) }),
    get,
    explicit,
  )
})

const unreadable: [story: string, make: () => Promise<Caller>][] = [
  ['an inline policy', async () => sessionCaller(await roleWith([everything, '{']))],
  ['an attached policy', async () => sessionCaller(await roleWith([everything], ['{"Statement":"x"}']))],
  [
    'a policy of another kind, with a principal,',
    async () =>
      sessionCaller(await roleWith([everything, documentOf({ ...statement('Deny', '*'), Principal: '*' })])),
  ],
  ['the session’s own policy', async () => sessionCaller(await roleWith([everything]), { policy: '{' })],
  [
    'an empty policy of the session’s',
    async () => sessionCaller(await roleWith([everything]), { policy: '' }),
  ],
  [
    'a managed policy of the session’s',
    async () => {
      const arn = await createPolicy(`broken-${count++}`, '{')
      return sessionCaller(await roleWith([everything]), { policyArns: [getOnly, arn] })
    },
  ],
  ...[
    ['is gone', `arn:aws:iam::${accountId}:policy/gone`],
    ['is on another path', `arn:aws:iam::${accountId}:policy/team/get-only`],
    ['is another account’s', getOnly.replace(accountId, '999999999999')],
    ['is a role', `arn:aws:iam::${accountId}:role/get-only`],
    ['is no ARN', 'get-only'],
  ].map(([story, arn = '']): [string, () => Promise<Caller>] => [
    `a managed policy of the session’s that ${story}`,
    async () => sessionCaller(await roleWith([everything]), { policyArns: [arn] }),
  ]),
]

for (const [story, make] of unreadable) {
  test(`${story} that can’t be read any more denies everything: it may have held a Deny`, async () => {
    const caller = await make()
    for (const permission of [get, remove, list]) await mayNot(caller, permission, /can no longer be read/)
  })
}

test('an edit of the role’s policies acts on the next request of a live session', async () => {
  const roleId = await roleWith([allow('iam:GetRole')])
  const caller = sessionCaller(roleId)
  await may(caller)
  await store.principalPolicies.putInline(roleId, 'inline-0', allow('s3:*'))
  await mayNot(caller)
  await store.principalPolicies.putInline(roleId, 'inline-0', allow('iam:GetRole'))
  await may(caller)
  await attach(roleId, deny('iam:GetRole'))
  await mayNot(caller, get, explicit)
})

for (const [key, actual, other] of [
  ['aws:PrincipalArn', `arn:aws:iam::${accountId}:role/team/reader`, `arn:aws:iam::${accountId}:role/reader`],
  ['aws:PrincipalTag/TEAM', 'blue', 'red'],
  ['aws:PrincipalType', 'AssumedRole', 'Account'],
  ['aws:SourceIp', '192.0.2.7', '192.0.2.8'],
  ['aws:SourceIdentity', 'ada.l', 'oksana.s'],
  ['iam:PolicyARN', 'arn:aws:iam::aws:policy/x', 'arn:aws:iam::aws:policy/y'],
] as const) {
  test(`a permission may rest on ${key}`, async () => {
    const on = (value: string) => roleWith([allow('iam:*', '*', { StringEquals: { [key]: value } })])
    const asked = { ...get, context: new Map([['iam:policyarn', ['arn:aws:iam::aws:policy/x']]]) }
    const session = { tags: { team: 'blue' }, sourceIdentity: 'ada.l' }
    await may(sessionCaller(await on(actual), session), asked)
    await mayNot(sessionCaller(await on(other), session), asked)
  })
}

test('people reach what is their own by a variable, and no name of theirs acts as a wildcard', async () => {
  const roleId = await roleWith([
    allow('iam:GetRole', `arn:aws:iam::${accountId}:role/\${aws:PrincipalTag/home}`),
  ])
  await may(sessionCaller(roleId, { tags: { home: 'reader' } }))
  for (const tags of [{ home: 'other' }, { home: '*' }, {}]) await mayNot(sessionCaller(roleId, { tags }))
})
