import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../../server/base/refusal.ts'
import { createGate } from '../../server/federation/assume-role.ts'
import { accountId, composeGate, documentOf, facts, person, trustStatement } from './compose-gate.ts'

const { gate, deps, store, rows, createRole } = await composeGate()
const only = (key: string, value: string) =>
  documentOf(trustStatement('sts:AssumeRoleWithWebIdentity', { StringEquals: { [key]: value } }))

await createRole('open', { description: 'for everybody', path: '/team/', maxSessionSeconds: 7200 })
await createRole('alpha', { trustPolicy: only('issuer.example:sub', 'person-1') })
await createRole('Beta', { trustPolicy: only('sts:RoleSessionName', 'ada') })
await createRole('near', {
  trustPolicy: documentOf(
    trustStatement('sts:AssumeRoleWithWebIdentity', { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }),
  ),
})
await createRole('tagging', {
  trustPolicy: documentOf(trustStatement(['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'])),
})
await createRole('closed', { trustPolicy: documentOf(trustStatement('sts:AssumeRole')) })
await createRole('garbled', { trustPolicy: '{' })
await createRole('demo-role', { demo: true })

const namesFor = async (who = person(), name = 'ada', from = facts, one = gate) =>
  (await one.rolesFor(who, name, from)).map(role => role.name)

const usual = ['alpha', 'Beta', 'near', 'open', 'tagging']
test('only the roles that admit a person are shown, by name', async () => {
  assert.deepEqual(await namesFor(), usual)
})

const but = (name: string) => usual.filter(one => one !== name)
const far = { ...facts, sourceIp: '198.51.100.1' }
for (const [story, expected, who, name, from] of [
  ['another person sees fewer', but('alpha'), person({ context: {} }), 'ada', facts],
  ['under another session name there are fewer', but('Beta'), person(), 'oksana', facts],
  ['from elsewhere there are fewer', but('near'), person(), 'ada', far],
  ['who brings tags sees what takes tags', ['tagging'], person({ tags: { team: 'blue' } }), 'ada', facts],
  ['whom no role trusts sees none', [], person({ principals: ['accounts.google.com'] }), 'ada', facts],
  ['somebody of the demo sees none while it is off', [], person({ demo: true }), 'ada', facts],
] as const) {
  test(story, async () => {
    assert.deepEqual(await namesFor(who, name, from), expected)
  })
}

test('while the demo is on, its role is shown, and to its people as well', async () => {
  const withDemo = createGate({ ...deps, demo: true })
  for (const demo of [true, false]) {
    const names = await namesFor(person({ demo }), 'ada', facts, withDemo)
    assert.ok(names.includes('demo-role'))
  }
})

test('a role is shown with what it is for, how long, and what it may do', async () => {
  const role = await store.roles.find('open')
  assert.ok(role)
  await store.principalPolicies.putInline(
    role.id,
    'work',
    documentOf({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::reports/*' }),
  )
  const shown = (await gate.rolesFor(person(), 'ada', facts)).find(({ name }) => name === 'open')
  assert.deepEqual(shown, {
    arn: `arn:aws:iam::${accountId}:role/team/open`,
    name: 'open',
    description: 'for everybody',
    maxSessionSeconds: 7200,
    abilities: ['Use s3:GetObject on arn:aws:s3:::reports/*'],
  })
  // What can't be read denies everything, and so nothing is promised.
  await store.principalPolicies.putInline(role.id, 'broken', '{')
  const after = (await gate.rolesFor(person(), 'ada', facts)).find(({ name }) => name === 'open')
  assert.deepEqual(after?.abilities, [])
})

test('what is shown is what is given: a role is shown exactly when the gate gives it', async () => {
  const all = (await store.roles.list()).map(role => ({
    name: role.name,
    arn: `arn:aws:iam::${accountId}:role${role.path}${role.name}`,
  }))
  const someone = fc.record({
    context: fc.constantFrom({}, person().context),
    tags: fc.constantFrom({}, { team: 'blue' }),
    principals: fc.constantFrom(person().principals, ['accounts.google.com']),
    demo: fc.boolean(),
  })
  const name = fc.constantFrom('ada', 'oksana')
  const sourceIp = fc.constantFrom('192.0.2.7', '198.51.100.1')
  await fc.assert(
    fc.asyncProperty(someone, name, sourceIp, async (who, sessionName, from) => {
      const identity = person(who)
      const here = { ...facts, sourceIp: from }
      const given: string[] = []
      for (const role of all) {
        const asked = { name: sessionName, seconds: 900 }
        const answer = gate.assumeRole(identity, role.arn, asked, here)
        await answer.then(() => given.push(role.name), requireRefusal)
      }
      assert.deepEqual(await namesFor(identity, sessionName, here), given)
    }),
    { numRuns: 32 },
  )
})

function requireRefusal(error: unknown): void {
  assert.ok(error instanceof Refusal, String(error))
}

test('looking leaves no trace: nothing is issued by it', async () => {
  const before = rows().length
  await gate.rolesFor(person(), 'ada', facts)
  assert.equal(rows().length, before)
})

for (const [story, who, from] of [
  ['here', person(), facts],
  ['elsewhere', person(), far],
  ['another person', person({ context: {} }), facts],
  ['somebody of the demo', person({ demo: true }), facts],
] as const) {
  test(`whoever acts on by a role is admitted to just those that would be shown, ${story}, and no row is written`, async () => {
    const before = (await rows()).length
    const admitted: string[] = []
    for (const role of await store.roles.list()) {
      const arn = `arn:aws:iam::${accountId}:role${role.path}${role.name}`
      const answer = await gate.requireAdmitted(who, arn, 'ada', from).catch((error: unknown) => error)
      if (answer === undefined) admitted.push(role.name)
      else assert.ok(answer instanceof Refusal && answer.reason === 'trust.denied', String(answer))
    }
    assert.deepEqual(admitted, await namesFor(who, 'ada', from))
    assert.equal((await rows()).length, before)
  })
}
