import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import { assumeRole, faultOf } from '../support/aws-calls.ts'
import { audience, startIssuer, type TestIssuer } from '../support/issuer.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const other = await rolecall.registerIssuer({ algorithm: 'ES384' })
const prefix = issuer.url.replace('http://', '')
const key = (claim: string) => `${prefix}:${claim}`

const refusal = {
  code: 'AccessDenied',
  status: 403,
  message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
  type: 'Sender',
}

let count = 0
const roleOn = (condition: object) =>
  rolecall.createRole(`conditional-${count++}`, trusting(accountId, issuer, condition))

type Claims = Record<string, unknown>

const conditions: [story: string, condition: object, admitted: Claims, refused: Claims][] = [
  ['the subject', { StringEquals: { [key('sub')]: 'person-1' } }, { sub: 'person-1' }, { sub: 'person-2' }],
  [
    'the subject, letter by letter',
    { StringEquals: { [key('sub')]: 'Person-1' } },
    { sub: 'Person-1' },
    { sub: 'person-1' },
  ],
  [
    'a pattern of subjects, as for a build of one branch',
    { StringLike: { [key('sub')]: 'repo:acme/*:ref:refs/heads/main' } },
    { sub: 'repo:acme/shop:ref:refs/heads/main' },
    { sub: 'repo:acme/shop:ref:refs/heads/evil' },
  ],
  [
    'a claim of the issuer’s own',
    { StringEquals: { [key('environment')]: 'production' } },
    { environment: 'production' },
    { environment: 'test' },
  ],
  [
    'a claim that is not there',
    { StringEquals: { [key('environment')]: 'production' } },
    { environment: 'production' },
    {},
  ],
  [
    'a claim that is a list',
    { 'ForAnyValue:StringEquals': { [key('groups')]: ['admins', 'owners'] } },
    { groups: ['staff', 'admins'] },
    { groups: ['staff'] },
  ],
  [
    'a claim that must not be one thing',
    { StringNotEquals: { [key('tier')]: 'free' } },
    { tier: 'paid' },
    { tier: 'free' },
  ],
  ['a claim that is a truth', { Bool: { [key('admin')]: 'true' } }, { admin: true }, { admin: false }],
  [
    'a claim that is a number',
    { NumericGreaterThanEquals: { [key('level')]: '3' } },
    { level: 3 },
    { level: 2 },
  ],
  [
    'two claims at once',
    { StringEquals: { [key('project')]: 'shop', [key('branch')]: 'main' } },
    { project: 'shop', branch: 'main' },
    { project: 'shop', branch: 'evil' },
  ],
]

for (const [story, condition, admitted, refused] of conditions) {
  test(`a trust policy decides on ${story}`, async () => {
    const role = await roleOn(condition)
    assert.ok((await assumeRole(rolecall, role, issuer.sign(admitted))).Credentials)
    assert.deepEqual(await faultOf(assumeRole(rolecall, role, issuer.sign(refused))), refusal)
  })
}

/** An issuer of the caller's own, registered under this address and for these clients. */
async function register(path: string, clients: string[]): Promise<TestIssuer> {
  const one = await startIssuer()
  after(() => one.close())
  one.metadata.issuer = one.url + path
  const command = new CreateOpenIDConnectProviderCommand({ Url: one.url + path, ClientIDList: clients })
  await rolecall.iam().send(command)
  return one
}

test('a trust policy decides on the audience, which is the authorized party where there is one', async () => {
  const one = await register('', ['web', 'phone'])
  const condition = { StringEquals: { [`${one.url.slice('http://'.length)}:aud`]: 'web' } }
  const role = await rolecall.createRole('web-only', trusting(accountId, one, condition))
  const both = { aud: ['web', 'phone'] }
  for (const claims of [{ aud: 'web' }, { ...both, azp: 'web' }, { aud: 'phone', azp: 'web' }]) {
    assert.equal((await assumeRole(rolecall, role, one.sign(claims))).Audience, 'web')
  }
  for (const claims of [{ aud: 'phone' }, { ...both, azp: 'phone' }, { aud: 'web', azp: 'phone' }]) {
    assert.deepEqual(await faultOf(assumeRole(rolecall, role, one.sign(claims))), refusal)
  }
  for (const claims of [{ aud: 'stranger' }, both, { aud: 'web', azp: 'stranger' }]) {
    const { code, message } = await faultOf(assumeRole(rolecall, role, one.sign(claims)))
    assert.deepEqual([code, message], ['InvalidIdentityToken', 'Incorrect token audience'])
  }
})

test('a condition key is the same in any case, its values are not', async () => {
  const role = await roleOn({ StringEquals: { [key('SUB').toUpperCase()]: 'person-1' } })
  assert.ok((await assumeRole(rolecall, role, issuer.sign())).Credentials)
})

test('a trust policy decides on the session name, such as to make it the person’s own', async () => {
  const role = await roleOn({ StringEquals: { 'sts:RoleSessionName': `\${${key('sub')}}` } })
  const token = issuer.sign({ sub: 'ada.lindqvist' })
  assert.ok((await assumeRole(rolecall, role, token, { RoleSessionName: 'ada.lindqvist' })).Credentials)
  assert.deepEqual(await faultOf(assumeRole(rolecall, role, token, { RoleSessionName: 'oksana' })), refusal)
})

test('a subject that holds wildcards is matched as text, and so is nobody but itself', async () => {
  const role = await roleOn({ StringLike: { 'sts:RoleSessionName': `\${${key('sub')}}` } })
  const fault = await faultOf(assumeRole(rolecall, role, issuer.sign({ sub: '*' })))
  assert.deepEqual(fault, refusal)
})

test('a trust policy decides on where the request comes from', async () => {
  const near = await roleOn({ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } })
  const far = await roleOn({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })
  assert.ok((await assumeRole(rolecall, near, issuer.sign())).Credentials)
  assert.deepEqual(await faultOf(assumeRole(rolecall, far, issuer.sign())), refusal)
})

test('a person whom a trust policy denies does not get in by another statement that allows them', async () => {
  const [open] = Object(trusting(accountId, issuer)).Statement
  const banned = { StringEquals: { [key('sub')]: 'banned' } }
  const role = await rolecall.createRole('with-a-ban', {
    Version: '2012-10-17',
    Statement: [open, { ...open, Effect: 'Deny', Condition: banned }],
  })
  assert.ok((await assumeRole(rolecall, role, issuer.sign())).Credentials)
  assert.deepEqual(await faultOf(assumeRole(rolecall, role, issuer.sign({ sub: 'banned' }))), refusal)
})

test('another registered issuer’s token with the same claims opens no role that trusts the first', async () => {
  const role = await roleOn({ StringEquals: { [key('sub')]: 'person-1' } })
  assert.deepEqual(await faultOf(assumeRole(rolecall, role, other.sign({ sub: 'person-1' }))), refusal)
})

test('an issuer whose address begins with the trusted one’s is not the trusted one', async () => {
  const longer = await register('/tenant', [audience])
  const iss = `${longer.url}/tenant`
  const short = await rolecall.createRole('short-trust', trusting(accountId, longer))
  const long = await rolecall.createRole('long-trust', trusting(accountId, { url: iss }))
  assert.deepEqual(await faultOf(assumeRole(rolecall, short, longer.sign({ iss }))), refusal)
  assert.equal((await assumeRole(rolecall, long, longer.sign({ iss }))).Provider, iss)
})

test('a role that is not there, that trusts nobody, and that is on another path answer alike', async () => {
  await rolecall.createRole('there', trusting(accountId, issuer, { Bool: { [key('never')]: 'true' } }))
  for (const role of [
    rolecall.roleArn('not-there'),
    rolecall.roleArn('there'),
    rolecall.roleArn('elsewhere/there'),
    'arn:aws:iam::999999999999:role/there',
  ]) {
    assert.deepEqual(await faultOf(assumeRole(rolecall, role, issuer.sign())), refusal, role)
  }
})

test('whoever has no genuine token learns nothing of which roles there are', async () => {
  const forged = `${issuer.sign().slice(0, -6)}AAAAAA`
  await rolecall.createRole('secret-project', trusting(accountId, issuer))
  const faults = await Promise.all(
    ['secret-project', 'no-such-project'].map(name =>
      faultOf(assumeRole(rolecall, rolecall.roleArn(name), forged)),
    ),
  )
  assert.equal(faults[0]?.code, 'InvalidIdentityToken')
  assert.deepEqual(faults[0], faults[1])
})
