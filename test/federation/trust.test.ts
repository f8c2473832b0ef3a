import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Refusal } from '../../server/base/refusal.ts'
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
const { gate, deps, createRole } = composed
const open = documentOf(
  trustStatement(['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity']),
)
const reader = await createRole('reader', { trustPolicy: open, path: '/team/' })
const closed = await createRole('closed', { trustPolicy: documentOf(trustStatement('sts:AssumeRole')) })
const session = { name: 'ada', seconds: 900 }

/** As a door would tell it. The detail is for the log alone. */
const told = ({ reason, said }: Refusal) => ({ reason, said })

for (const [story, arn, identity] of [
  ['is not there', `arn:aws:iam::${accountId}:role/nobody`, person()],
  ['is on another path', `arn:aws:iam::${accountId}:role/reader`, person()],
  ['is another account’s', reader.replace(accountId, '999999999999'), person()],
  ['is written in another case', reader.replace('reader', 'READER'), person()],
  ['is the demo’s, while the demo is off', await createRole('demo-role', { demo: true }), person()],
  ['is asked for by somebody of the demo, while it is off', reader, person({ demo: true })],
  ['has a trust policy that no longer parses', await createRole('garbled', { trustPolicy: '{' }), person()],
  [
    'has a trust policy that was for another kind of document',
    await createRole('misfiled', {
      trustPolicy: documentOf({ Effect: 'Allow', Action: '*', Resource: '*' }),
    }),
    person(),
  ],
  [
    'trusts another provider',
    reader,
    person({ principals: [`arn:aws:iam::${accountId}:oidc-provider/evil.example`] }),
  ],
  [
    'trusts everybody who signs, which is not whom a provider vouches for',
    await createRole('signed', {
      trustPolicy: documentOf({
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: 'sts:AssumeRoleWithWebIdentity',
      }),
    }),
    person(),
  ],
  [
    'denies in one statement whom it allows in another',
    await createRole('banned', {
      trustPolicy: documentOf(trustStatement(), { ...trustStatement(), Effect: 'Deny' }),
    }),
    person(),
  ],
] as const) {
  test(`a role that ${story} is refused in the words of one that does not trust`, async () => {
    const expected = told(await refusalOf(gate.assumeRole(person(), closed, session, facts)))
    assert.deepEqual(expected, {
      reason: 'trust.denied',
      said: { action: 'sts:AssumeRoleWithWebIdentity' },
    })
    assert.deepEqual(told(await refusalOf(gate.assumeRole(identity, arn, session, facts))), expected)
  })
}

for (const [action, identity] of [
  ['sts:TagSession', person({ tags: { team: 'blue' } })],
  ['sts:SetSourceIdentity', person({ sourceIdentity: 'ada' })],
] as const) {
  test(`who brings along what needs ${action} needs it of the trust policy as well`, async () => {
    const plain = await createRole(`without-${action.slice(4)}`)
    const refusal = await refusalOf(gate.assumeRole(identity, plain, session, facts))
    assert.deepEqual(told(refusal), { reason: 'trust.denied', said: { action } })
    assert.ok(await gate.assumeRole(identity, reader, session, facts))
    assert.ok(await gate.assumeRole(person(), plain, session, facts))
  })
}

test('an edit of the trust policy acts on the next ask', async () => {
  const arn = await createRole('edited')
  const role = await composed.store.roles.find('edited')
  assert.ok(role && (await gate.assumeRole(person(), arn, session, facts)))
  await composed.store.roles.change(role, { trustPolicy: documentOf(trustStatement('sts:AssumeRole')) })
  assert.equal((await refusalOf(gate.assumeRole(person(), arn, session, facts))).reason, 'trust.denied')
})

test('while the demo is on, its people and its role count, and the session says so', async () => {
  const withDemo = createGate({ ...deps, demo: true })
  const arn = `arn:aws:iam::${accountId}:role/demo-role`
  const { session: given } = await withDemo.assumeRole(person({ demo: true }), arn, session, facts)
  assert.equal(given.demo, true)
})

const tagged = person({ tags: { Team: 'blue' }, transitiveTagKeys: ['Team'], sourceIdentity: 'ada.l' })

/** Every condition key that a trust policy may count on, its value here, and one that it must not have. */
const keys: [key: string, operator: string, actual: string, other: string][] = [
  ['aws:SourceIp', 'IpAddress', '192.0.2.0/24', '198.51.100.0/24'],
  ['aws:SecureTransport', 'Bool', 'true', 'false'],
  ['aws:UserAgent', 'StringEquals', 'curl/8', 'curl/9'],
  ['aws:CurrentTime', 'DateEquals', '2030-01-02T03:04:05Z', '2030-01-02T03:04:06Z'],
  ['aws:EpochTime', 'NumericEquals', String(startMs / 1000), '0'],
  ['aws:FederatedProvider', 'StringEquals', provider, 'accounts.google.com'],
  ['sts:RoleSessionName', 'StringEquals', 'ada', 'oksana'],
  ['sts:SourceIdentity', 'StringEquals', 'ada.l', 'oksana.s'],
  ['sts:TransitiveTagKeys', 'ForAnyValue:StringEquals', 'Team', 'Cost'],
  ['aws:TagKeys', 'ForAllValues:StringEquals', 'Team', 'Cost'],
  ['aws:RequestTag/team', 'StringEquals', 'blue', 'red'],
  ['aws:ResourceTag/Owner', 'StringEquals', 'ada', 'oksana'],
  ['issuer.example:sub', 'StringEquals', 'person-1', 'person-2'],
  ['ISSUER.example:AUD', 'StringEquals', 'rolecall', 'another'],
]

const everything = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity']
let conditional = 0
const roleOn = (operator: string, key: string, value: string) =>
  createRole(`conditional-${conditional++}`, {
    trustPolicy: documentOf(trustStatement(everything, { [operator]: { [key]: value } })),
    tags: { owner: 'ada' },
  })

for (const [key, operator, actual, other] of keys) {
  test(`a trust policy decides on ${key}`, async () => {
    assert.ok(await gate.assumeRole(tagged, await roleOn(operator, key, actual), session, facts))
    const refusal = await refusalOf(
      gate.assumeRole(tagged, await roleOn(operator, key, other), session, facts),
    )
    assert.equal(refusal.reason, 'trust.denied')
  })
}

for (const [key, value] of [
  ['aws:SourceIp', '10.0.0.1'],
  ['aws:FederatedProvider', 'accounts.google.com'],
  ['aws:RequestTag/team', 'blue'],
  ['aws:PrincipalTag/team', 'blue'],
  ['sts:RoleSessionName', 'root'],
  ['sts:SourceIdentity', 'root'],
  ['sts:ExternalId', 'secret'],
] as const) {
  test(`an issuer on a host called ${key.slice(0, 3)} can’t speak in the name of ${key}`, async () => {
    const { context } = person()
    const forger = person({ context: { ...context, [key.toLowerCase()]: [value] } })
    const arn = await roleOn('StringEquals', key, value)
    assert.equal((await refusalOf(gate.assumeRole(forger, arn, session, facts))).reason, 'trust.denied')
  })
}

test('a key that the request does not have is absent, not empty', async () => {
  const { userAgent: _userAgent, ...silent } = facts
  for (const key of [
    'aws:UserAgent',
    'sts:SourceIdentity',
    'aws:TagKeys',
    'sts:TransitiveTagKeys',
    'aws:RequestTag/team',
    'aws:ResourceTag/team',
    'aws:PrincipalArn',
  ]) {
    const arn = await roleOn('Null', key, 'true')
    assert.ok(await gate.assumeRole(person(), arn, session, silent), key)
  }
})

test('the log is told which condition stood in the way, and what the proof said in its place', async () => {
  const trustPolicy = documentOf({
    ...trustStatement('sts:AssumeRoleWithWebIdentity'),
    Sid: 'OnlyBen',
    Condition: { StringEquals: { 'sts:RoleSessionName': 'ben' } },
  })
  const arn = await createRole('for-ben', { trustPolicy })
  const { detail } = await refusalOf(gate.assumeRole(person(), arn, session, facts))
  assert.equal(
    detail,
    `${arn}: statement OnlyBen would allow sts:AssumeRoleWithWebIdentity but for Condition StringEquals sts:RoleSessionName: wanted "ben", was "ada"`,
  )
})
