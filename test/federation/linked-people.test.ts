import assert from 'node:assert/strict'
import { test } from 'node:test'
import { personArn } from '../../server/base/arn.ts'
import type { FederatedIdentity } from '../../server/base/federated-identity.ts'
import { createGate } from '../../server/federation/assume-role.ts'
import { refusalOf } from '../support/refusal-of.ts'
import {
  accountId,
  composeGate,
  documentOf,
  facts,
  person,
  provider,
  startMs,
  trustStatement,
} from './compose-gate.ts'

const composed = await composeGate()
const { gate, deps, store, createRole } = composed
const session = { name: 'ada', seconds: 900 }

const otherProvider = `arn:aws:iam::${accountId}:saml-provider/corp`
await store.samlProviders.create({
  name: 'corp',
  id: 'ASIAPROVIDER',
  metadata: '',
  privateKeys: [],
  tags: {},
  createdAtMs: 1,
})
const first = person({ subject: 'ada-1', email: 'ada@example.com' })
const second = person({
  kind: 'saml',
  principals: [otherProvider],
  provider: otherProvider,
  issuer: otherProvider,
  subject: 'ada-2',
  email: 'ada@example.com',
})
const stranger = person({ subject: 'ada-3', email: 'ada@example.com' })
const personId = 'PERSONADAAAAAAAAAAAAAAA'
const link = (present: FederatedIdentity, added: FederatedIdentity, id: string) =>
  store.people.link({ personId: id, present, added }, startMs)
await link(first, second, personId)

const either = ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithSAML']
const byKey = await createRole('by-key', {
  trustPolicy: documentOf({
    Effect: 'Allow',
    Principal: { Federated: [provider, otherProvider] },
    Action: either,
    Condition: { StringEquals: { 'rolecall:person': personId } },
  }),
})
const byArn = await createRole('by-arn', {
  trustPolicy: documentOf({
    Effect: 'Allow',
    Principal: { Federated: personArn(accountId, personId) },
    Action: either,
  }),
})

const assume = (identity: FederatedIdentity, roleArn: string) =>
  gate.assumeRole(identity, roleArn, session, facts)
const reasonOf = async (identity: FederatedIdentity, roleArn: string) =>
  (await refusalOf(assume(identity, roleArn))).reason

for (const [how, roleArn] of [
  ['the condition key rolecall:person', byKey],
  ['the ARN of the person as a principal', byArn],
] as const) {
  test(`a role that names a person by ${how} is theirs whichever way they came in, and no one else’s`, async () => {
    for (const identity of [first, second]) {
      const { session: given } = await assume(identity, roleArn)
      assert.deepEqual(given.person, { issuer: identity.issuer, subject: identity.subject, personId })
      const row = (await composed.rows()).at(-1)
      assert.equal(row?.subject, identity.subject, 'the audit log has the provider’s subject')
      assert.equal(JSON.parse(String(row?.detail)).person, personId, 'and beside it the person')
    }
    assert.equal(
      await reasonOf(stranger, roleArn),
      'trust.denied',
      'the same address makes nobody the same person',
    )
    const offered = await gate.rolesFor(second, 'ada', facts)
    assert.ok(offered.some(({ arn }) => arn === roleArn))
    assert.deepEqual(await gate.rolesFor(stranger, 'ada', facts), [])
  })
}

test('a door can’t say whose a way in is: the gate looks it up', async () => {
  for (const roleArn of [byKey, byArn]) {
    assert.equal(await reasonOf({ ...stranger, personId }, roleArn), 'trust.denied')
    assert.deepEqual(await gate.rolesFor({ ...stranger, personId }, 'ada', facts), [])
  }
})

test('an issuer that is called rolecall can’t say who somebody is', async () => {
  const forger = person({ subject: 'forger', context: { 'rolecall:person': [personId] } })
  assert.equal(await reasonOf(forger, byKey), 'trust.denied')
})

test('the claims of one way are not those of another: a role that trusts one trusts only that one', async () => {
  const onlyFirst = await createRole('only-first', {
    trustPolicy: documentOf(trustStatement(either)),
  })
  assert.ok(await assume(first, onlyFirst))
  assert.equal(await reasonOf(second, onlyFirst), 'trust.denied')
})

test('a statement that denies a person denies them whichever way they came in', async () => {
  const banned = await createRole('banned', {
    trustPolicy: documentOf(
      { Effect: 'Allow', Principal: { Federated: [provider, otherProvider] }, Action: either },
      { Effect: 'Deny', Principal: { Federated: personArn(accountId, personId) }, Action: either },
    ),
  })
  assert.equal(await reasonOf(first, banned), 'trust.denied')
  assert.equal(await reasonOf(second, banned), 'trust.denied')
  assert.ok(await assume(stranger, banned))
})

test('a refusal is noted with the person as well', async () => {
  const closed = await createRole('closed', { trustPolicy: documentOf(trustStatement('sts:AssumeRole')) })
  const { about } = await refusalOf(assume(second, closed))
  assert.deepEqual(about, { issuer: second.issuer, subject: second.subject, personId, resource: closed })
})

test('a way that is unlinked is the person’s no longer', async () => {
  const third = person({ subject: 'ada-4' })
  await link(first, third, personId)
  assert.ok(await assume(third, byArn))
  await store.people.unlink(personId, third)
  assert.equal(await reasonOf(third, byArn), 'trust.denied')
  assert.ok(await assume(first, byArn))
})

test('what stand-ins vouch for is linked apart, and is worth nothing once the demo is off', async () => {
  const [standIn, other] = [
    person({ subject: 'demo-1', demo: true }),
    person({ subject: 'demo-2', demo: true }),
  ]
  await link(standIn, other, 'PERSONDEMO')
  const role = await createRole('for-demo', {
    trustPolicy: documentOf({
      Effect: 'Allow',
      Principal: { Federated: personArn(accountId, 'PERSONDEMO') },
      Action: either,
    }),
  })
  assert.equal(await reasonOf(standIn, role), 'trust.denied')
  assert.equal(
    await reasonOf({ ...standIn, demo: false }, role),
    'trust.denied',
    'nor is the real provider’s',
  )
  const withDemo = createGate({ ...deps, demo: true })
  assert.ok(await withDemo.assumeRole(other, role, session, facts))
})
