import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam'
import { allow, assumeRole, faultOf, keysOf, setPolicy } from '../support/aws-calls.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()

type Statement = { Action: string; Condition?: object }

/** Trust of the issuer for assuming the role, and for what else is named here. */
function trustFor(...more: Statement[]): object {
  const [statement] = Object(trusting(accountId, issuer)).Statement
  return { Version: '2012-10-17', Statement: [statement, ...more.map(one => ({ ...statement, ...one }))] }
}

const tagging = { Action: 'sts:TagSession' }
const identifying = { Action: 'sts:SetSourceIdentity' }
const tags = (principal_tags: object, transitive_tag_keys?: string[]) => ({
  'https://aws.amazon.com/tags': {
    principal_tags,
    ...(transitive_tag_keys === undefined ? {} : { transitive_tag_keys }),
  },
})
const source = (name: unknown) => ({ 'https://aws.amazon.com/source_identity': name })

const tagged = await rolecall.createRole('tagged', trustFor(tagging))
const untagged = await rolecall.createRole('untagged', trustFor())
const identified = await rolecall.createRole('identified', trustFor(identifying))
const teamOnly = { StringEquals: { 'aws:PrincipalTag/team': 'blue' } }
await setPolicy(rolecall, 'tagged', { ...allow('iam:GetRole'), Condition: teamOnly })

const getRole = (keys: Keys, name: string) => rolecall.iam(keys).send(new GetRoleCommand({ RoleName: name }))

for (const [story, claims] of [
  ['in the nested form', tags({ team: ['blue'] })],
  ['in the flat form', { 'https://aws.amazon.com/tags/principal_tags/team': 'blue' }],
  ['under a key of another case', tags({ TEAM: ['blue'] })],
] as const) {
  test(`session tags ${story} become principal tags that policies decide on`, async () => {
    const answer = await assumeRole(rolecall, tagged, issuer.sign(claims))
    assert.ok(Number(answer.PackedPolicySize) > 0)
    assert.equal((await getRole(keysOf(answer), 'tagged')).Role?.RoleName, 'tagged')
  })
}

test('a session with another tag, or none, has none of the tag’s permissions', async () => {
  for (const claims of [tags({ team: ['red'] }), tags({ other: ['blue'] }), {}]) {
    const keys = keysOf(await assumeRole(rolecall, tagged, issuer.sign(claims)))
    assert.equal((await faultOf(getRole(keys, 'tagged'))).code, 'AccessDenied')
  }
})

test('a role’s own tags are matched against the session’s: people reach what is their team’s', async () => {
  const AssumeRolePolicyDocument = JSON.stringify(trustFor())
  for (const team of ['blue', 'red']) {
    const command = { RoleName: `of-${team}`, AssumeRolePolicyDocument, Tags: [{ Key: 'team', Value: team }] }
    await rolecall.iam().send(new CreateRoleCommand(command))
  }
  const role = await rolecall.createRole('matcher', trustFor(tagging))
  const same = { StringEquals: { 'aws:ResourceTag/team': '${aws:PrincipalTag/team}' } }
  await setPolicy(rolecall, 'matcher', { ...allow('iam:GetRole'), Condition: same })
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign(tags({ team: ['blue'] }))))
  assert.ok((await getRole(keys, 'of-blue')).Role)
  assert.equal((await faultOf(getRole(keys, 'of-red'))).code, 'AccessDenied')
})

test('tags need sts:TagSession in the trust policy', async () => {
  const fault = await faultOf(assumeRole(rolecall, untagged, issuer.sign(tags({ team: ['blue'] }))))
  assert.deepEqual(fault, {
    code: 'AccessDenied',
    status: 403,
    message: 'Not authorized to perform sts:TagSession',
    type: 'Sender',
  })
})

test('a trust policy decides on which tags, with which values, and which of them are transitive', async () => {
  const condition = {
    StringEquals: { 'aws:RequestTag/team': ['blue', 'red'] },
    'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'shift'], 'sts:TransitiveTagKeys': ['team'] },
  }
  const role = await rolecall.createRole('picky', trustFor({ ...tagging, Condition: condition }))
  for (const good of [
    tags({ team: ['blue'] }),
    tags({ team: ['red'], shift: ['night'] }),
    tags({ team: ['red'] }, ['team']),
  ]) {
    assert.ok((await assumeRole(rolecall, role, issuer.sign(good))).Credentials)
  }
  for (const bad of [
    tags({ team: ['green'] }),
    tags({ shift: ['night'] }),
    tags({ team: ['blue'], admin: ['yes'] }),
    tags({ team: ['blue'], shift: ['night'] }, ['shift']),
  ]) {
    const { message } = await faultOf(assumeRole(rolecall, role, issuer.sign(bad)))
    assert.equal(message, 'Not authorized to perform sts:TagSession')
  }
})

const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key-${n}`, ['v']]))

test('fifty tags, a key of 128 characters and a value of 256 fit', async () => {
  for (const claims of [tags(fifty), tags({ ['k'.repeat(128)]: ['v'.repeat(256)] })]) {
    assert.ok((await assumeRole(rolecall, tagged, issuer.sign(claims))).Credentials)
  }
})

for (const [story, claims, message] of [
  ['fifty-one tags', tags({ ...fifty, more: ['v'] }), /50/],
  ['a key of 129 characters', tags({ ['k'.repeat(129)]: ['v'] }), /not valid/],
  ['a value of 257 characters', tags({ team: ['v'.repeat(257)] }), /not valid/],
  ['a tag with two values', tags({ team: ['blue', 'red'] }), /one value/],
  ['a key that begins with aws:', tags({ 'aws:team': ['blue'] }), /aws:/],
  [
    'keys that differ in case alone',
    tags({ team: ['blue'], Team: ['red'] }),
    /^Duplicate tag keys found\. Please note that Tag keys are case insensitive\.$/,
  ],
  [
    'a transitive key without its tag',
    tags({ team: ['blue'] }, ['shift']),
    /^The specified transitive tag key must be included in the requested tags\.$/,
  ],
] as const) {
  test(`${story}: InvalidParameterValue`, async () => {
    const fault = await faultOf(assumeRole(rolecall, tagged, issuer.sign(claims)))
    assert.deepEqual([fault.code, fault.status], ['InvalidParameterValue', 400])
    assert.match(fault.message, message)
  })
}

test('a source identity is answered, and policies decide on it', async () => {
  const role = await rolecall.createRole('sourced', trustFor(identifying))
  const adaOnly = { StringEquals: { 'aws:SourceIdentity': 'ada' } }
  await setPolicy(rolecall, 'sourced', { ...allow('iam:GetRole'), Condition: adaOnly })
  const ada = await assumeRole(rolecall, role, issuer.sign(source('ada')))
  assert.equal(ada.SourceIdentity, 'ada')
  assert.equal(ada.PackedPolicySize, undefined)
  assert.ok((await getRole(keysOf(ada), 'sourced')).Role)
  const oksana = await assumeRole(rolecall, role, issuer.sign(source('oksana')))
  assert.equal((await faultOf(getRole(keysOf(oksana), 'sourced'))).code, 'AccessDenied')
})

test('a source identity needs sts:SetSourceIdentity in the trust policy, which decides on it too', async () => {
  const { message } = await faultOf(assumeRole(rolecall, untagged, issuer.sign(source('ada'))))
  assert.equal(message, 'Not authorized to perform sts:SetSourceIdentity')
  const condition = { StringEquals: { 'sts:SourceIdentity': 'ada' } }
  const role = await rolecall.createRole('ada-only', trustFor({ ...identifying, Condition: condition }))
  assert.equal((await assumeRole(rolecall, role, issuer.sign(source('ada')))).SourceIdentity, 'ada')
  const fault = await faultOf(assumeRole(rolecall, role, issuer.sign(source('oksana'))))
  assert.equal(fault.message, 'Not authorized to perform sts:SetSourceIdentity')
})

test('a source identity that is none is refused, never passed over', async () => {
  for (const name of ['', 'a', 'x'.repeat(65), 'two words', 'aws:root', 42, ['ada'], null]) {
    const fault = await faultOf(assumeRole(rolecall, identified, issuer.sign(source(name))))
    assert.deepEqual([fault.code, fault.status], ['InvalidParameterValue', 400], JSON.stringify(name))
  }
})

test('tags and a source identity together need both permissions', async () => {
  const claims = { ...tags({ team: ['blue'] }), ...source('ada') }
  for (const role of [tagged, identified, untagged]) {
    assert.equal((await faultOf(assumeRole(rolecall, role, issuer.sign(claims)))).code, 'AccessDenied')
  }
  const both = await rolecall.createRole('both', trustFor(tagging, identifying))
  assert.ok((await assumeRole(rolecall, both, issuer.sign(claims))).Credentials)
})
