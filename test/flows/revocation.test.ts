import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { allow, assumeRole, faultOf, keysOf, setPolicy } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { faultIn } from '../support/post-form.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'
import { postSigned } from '../support/signed-form.ts'

const rolecall = await startRolecall()
const { accountId, roleArn } = rolecall
const root = rolecall.iam()
const entities = entitiesOf(rolecall)
const issuer = await rolecall.registerIssuer()
const entryTrust = trusting(accountId, issuer)

const trust = (...principals: string[]) => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: principals }, Action: 'sts:AssumeRole' },
})
const whoIs = (keys: Keys) => rolecall.sts(keys).send(new GetCallerIdentityCommand({}))
const take = async (keys: Keys, role: string) =>
  keysOf(
    await rolecall.sts(keys).send(new AssumeRoleCommand({ RoleArn: roleArn(role), RoleSessionName: 'work' })),
  )
const enter = async (role: string, claims: Parameters<typeof issuer.sign>[0] = {}) =>
  keysOf(await assumeRole(rolecall, roleArn(role), issuer.sign(claims)))

async function revoke(what: Record<string, string>, keys?: Keys): Promise<void> {
  const answer = await postSigned(
    rolecall,
    'iam',
    { Action: 'RevokeSessions', Version: '2010-05-08', ...what },
    keys,
  )
  assert.equal(answer.status, 200, answer.xml)
}
async function lives(keys: Keys): Promise<boolean> {
  try {
    await whoIs(keys)
    return true
  } catch (error) {
    assert.equal((error as { Code?: string }).Code, 'InvalidClientTokenId')
    return false
  }
}
const all = (...keys: Keys[]) => Promise.all(keys.map(lives))

/** `entry`, which the issuer's people take, and `inner` behind it. */
async function twoRoles(name: string) {
  await rolecall.createRole(`${name}-entry`, entryTrust)
  await rolecall.createRole(`${name}-inner`, trust(roleArn(`${name}-entry`)))
  const entry = await enter(`${name}-entry`)
  return { entry, inner: await take(entry, `${name}-inner`), other: await enter(`${name}-entry`) }
}

test('one session ends, and what it got along a chain, and no other', async () => {
  const { entry, inner, other } = await twoRoles('one')
  assert.deepEqual(await all(entry, inner, other), [true, true, true])
  await revoke({ AccessKeyId: entry.accessKeyId })
  assert.deepEqual(await all(entry, inner, other), [false, false, true])
})

test('a session at the end of a chain ends alone', async () => {
  const { entry, inner } = await twoRoles('last')
  await revoke({ AccessKeyId: inner.accessKeyId })
  assert.deepEqual(await all(entry, inner), [true, false])
})

test('all sessions of a role up to a time end, with their chains; later ones do not', async () => {
  const { entry, inner, other } = await twoRoles('role')
  await revoke({ RoleName: 'role-entry' })
  assert.deepEqual(await all(entry, inner, other), [false, false, false])
  rolecall.advanceMs(1_500)
  const later = await enter('role-entry')
  assert.deepEqual(await all(later), [true])
  await revoke({ RoleName: 'role-entry', Before: '2020-01-01T00:00:00Z' })
  assert.deepEqual(await all(later), [true], 'and a weaker revocation takes nothing back')
  assert.deepEqual(await all(entry), [false])
})

test('all that a person holds ends, whatever the role, and nothing of anybody else’s', async () => {
  await rolecall.createRole('people', entryTrust)
  await rolecall.createRole('people-inner', trust(roleArn('people')))
  const eve = await enter('people', { sub: 'eve' })
  const eveInner = await take(eve, 'people-inner')
  const ada = await enter('people', { sub: 'ada' })
  await revoke({ Issuer: issuer.url, Subject: 'eve' })
  assert.deepEqual(await all(eve, eveInner, ada), [false, false, true])
})

test('a user’s sessions end, and the roles that were taken by the user’s key', async () => {
  const long = await entities.user('revoked-user')
  await rolecall.createRole('of-user', trust(entities.userArn('revoked-user')))
  const session = keysOf(await rolecall.sts(long).send(new GetSessionTokenCommand({})))
  const role = await take(long, 'of-user')
  const bySession = await take(session, 'of-user')
  assert.deepEqual(await all(session, role, bySession), [true, true, true])
  await revoke({ UserName: 'revoked-user' })
  assert.deepEqual(await all(session, role, bySession, long), [false, false, false, true])
})

test('an access key that is switched off takes along what it got', async () => {
  const long = await entities.user('switched')
  await rolecall.createRole('of-switched', trust(entities.userArn('switched')))
  const role = await take(long, 'of-switched')
  const asked = { UserName: 'switched', AccessKeyId: long.accessKeyId }
  await root.send(new iam.UpdateAccessKeyCommand({ ...asked, Status: 'Inactive' }))
  assert.deepEqual(await all(role), [false])
  await root.send(new iam.UpdateAccessKeyCommand({ ...asked, Status: 'Active' }))
  assert.deepEqual(await all(role), [true])
  await root.send(new iam.DeleteAccessKeyCommand(asked))
  assert.deepEqual(await all(role), [false])
})

test('a deleted role takes along what its sessions got from other roles', async () => {
  const { entry, inner } = await twoRoles('deleted')
  await root.send(new iam.DeleteRoleCommand({ RoleName: 'deleted-entry' }))
  await rolecall.createRole('deleted-entry', entryTrust)
  assert.deepEqual(await all(entry, inner), [false, false])
})

test('revoking takes a permission, on the role where one is named', async () => {
  await rolecall.createRole('guardian', entryTrust)
  await setPolicy(rolecall, 'guardian', allow('iam:RevokeSessions', roleArn('guardian')))
  const keys = await enter('guardian')
  const form = (what: Record<string, string>) => ({
    Action: 'RevokeSessions',
    Version: '2010-05-08',
    ...what,
  })
  for (const what of [{ RoleName: 'other' }, { AccessKeyId: keys.accessKeyId }, { UserName: 'ada' }]) {
    const { code } = faultIn(await postSigned(rolecall, 'iam', form(what), keys))
    assert.equal(code, 'AccessDenied')
  }
  await revoke({ RoleName: 'guardian' }, keys)
  assert.deepEqual(await all(keys), [false])
})

for (const [story, what, code] of [
  ['nothing', {}, 'ValidationError'],
  ['two things at once', { RoleName: 'a', UserName: 'b' }, 'ValidationError'],
  ['a subject without its issuer', { Subject: 'eve' }, 'ValidationError'],
  ['a time to come', { RoleName: 'guardian', Before: '2999-01-01T00:00:00Z' }, 'ValidationError'],
  ['a time that is none', { RoleName: 'guardian', Before: 'yesterday' }, 'ValidationError'],
  ['a role that is not there', { RoleName: 'missing' }, 'NoSuchEntity'],
] as const) {
  test(`revoking ${story} is refused: ${code}`, async () => {
    const answer = await postSigned(rolecall, 'iam', {
      Action: 'RevokeSessions',
      Version: '2010-05-08',
      ...what,
    })
    assert.equal(faultIn(answer).code, code)
  })
}

test('what is revoked is forgotten when no session can be left, and not before', async () => {
  const { entry } = await twoRoles('pruned')
  await revoke({ AccessKeyId: entry.accessKeyId })
  const { store } = rolecall.rolecall
  const covers = async () =>
    (await store.revocations.denylist()).covers({
      accessKeyId: entry.accessKeyId,
      principalId: '',
      issuedAtSeconds: 0,
    })
  await store.prune(Date.now() + 35 * 3_600_000)
  assert.equal(await covers(), true)
  await store.prune(Date.now() + 37 * 3_600_000)
  assert.equal(await covers(), false)
})

test('a stranger’s long-term key ends with what the fault is called', async () => {
  const { code } = await faultOf(whoIs({ accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x' }))
  assert.equal(code, 'InvalidClientTokenId')
})
