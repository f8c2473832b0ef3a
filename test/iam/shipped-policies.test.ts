import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { ensureShippedPolicies } from '../../server/iam/shipped-policies.ts'
import { lint } from '../../server/policy/lint/lint.ts'
import { allow, faultOf, keysOf, policyOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { startRolecall } from '../support/rolecall.ts'
import { openEmbeddedStore } from '../support/stores.ts'

const rolecall = await startRolecall()
const iam = rolecall.iam()
const entities = entitiesOf(rolecall)
const arnOf = (name: string) => `arn:aws:iam::aws:policy/${name}`
const codeOf = async (call: Promise<unknown>) => (await faultOf(call)).code
const list = async (Scope: 'All' | 'AWS' | 'Local') =>
  ((await iam.send(new sdk.ListPoliciesCommand({ Scope, MaxItems: 1000 }))).Policies ?? []).map(
    ({ Arn }) => Arn,
  )

test('the policies that people attach without thinking are there, under AWS’s names', async () => {
  const { Policy } = await iam.send(new sdk.GetPolicyCommand({ PolicyArn: arnOf('AdministratorAccess') }))
  assert.deepEqual([Policy?.PolicyName, Policy?.Arn], ['AdministratorAccess', arnOf('AdministratorAccess')])
  const shipped = await list('AWS')
  for (const name of ['ReadOnlyAccess', 'IAMFullAccess']) assert.ok(shipped.includes(arnOf(name)))
  assert.ok(shipped.every(arn => arn?.startsWith('arn:aws:iam::aws:policy/')))
  assert.deepEqual(
    (await list('Local')).filter(arn => shipped.includes(arn)),
    [],
  )
  assert.deepEqual((await list('All')).sort(), [...shipped, ...(await list('Local'))].sort())
})

test('one that is attached acts, is listed by its own ARN, and is taken away again', async () => {
  const keys = await entities.user('reader')
  const pair = { UserName: 'reader', PolicyArn: arnOf('ReadOnlyAccess') }
  await iam.send(new sdk.AttachUserPolicyCommand(pair))
  await rolecall.iam(keys).send(new sdk.ListUsersCommand({}))
  assert.equal(
    await codeOf(rolecall.iam(keys).send(new sdk.CreateUserCommand({ UserName: 'x' }))),
    'AccessDenied',
  )
  const { AttachedPolicies } = await iam.send(new sdk.ListAttachedUserPoliciesCommand({ UserName: 'reader' }))
  assert.deepEqual(AttachedPolicies, [{ PolicyName: 'ReadOnlyAccess', PolicyArn: arnOf('ReadOnlyAccess') }])
  const entitiesOfPolicy = new sdk.ListEntitiesForPolicyCommand({ PolicyArn: arnOf('ReadOnlyAccess') })
  assert.deepEqual(
    (await iam.send(entitiesOfPolicy)).PolicyUsers?.map(({ UserName }) => UserName),
    ['reader'],
  )
  await iam.send(new sdk.DetachUserPolicyCommand(pair))
  assert.equal(await codeOf(rolecall.iam(keys).send(new sdk.ListUsersCommand({}))), 'AccessDenied')
})

test('it may be a boundary, and narrow a session', async () => {
  const keys = await entities.user('bounded', [allow('iam:*')], arnOf('IAMReadOnlyAccess'))
  await rolecall.iam(keys).send(new sdk.ListUsersCommand({}))
  assert.equal(
    await codeOf(rolecall.iam(keys).send(new sdk.DeleteUserCommand({ UserName: 'x' }))),
    'AccessDenied',
  )

  const admin = await entities.user('admin')
  const trust = { Effect: 'Allow', Principal: { AWS: entities.userArn('admin') }, Action: 'sts:AssumeRole' }
  const RoleArn = await rolecall.createRole('admin', { Version: '2012-10-17', Statement: trust })
  await iam.send(
    new sdk.AttachRolePolicyCommand({ RoleName: 'admin', PolicyArn: arnOf('AdministratorAccess') }),
  )
  const PolicyArns = [{ arn: arnOf('ReadOnlyAccess') }]
  const asked = { RoleArn, RoleSessionName: 'work', PolicyArns }
  const session = rolecall.iam(keysOf(await rolecall.sts(admin).send(new AssumeRoleCommand(asked))))
  await session.send(new sdk.ListUsersCommand({}))
  assert.equal(await codeOf(session.send(new sdk.DeleteUserCommand({ UserName: 'x' }))), 'AccessDenied')
})

test('nobody changes it, not even the owner', async () => {
  const PolicyArn = arnOf('ReadOnlyAccess')
  const PolicyDocument = policyOf(allow('*'))
  for (const call of [
    iam.send(new sdk.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true })),
    iam.send(new sdk.SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v1' })),
    iam.send(new sdk.DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v1' })),
    iam.send(new sdk.DeletePolicyCommand({ PolicyArn })),
    iam.send(new sdk.TagPolicyCommand({ PolicyArn, Tags: [{ Key: 'a', Value: 'b' }] })),
    iam.send(new sdk.UntagPolicyCommand({ PolicyArn, TagKeys: ['a'] })),
  ]) {
    assert.equal(await codeOf(call), 'InvalidInput')
  }
})

test('the account may have a policy of the same name, which is another one', async () => {
  const own = await entities.policy('AdministratorAccess', allow('s3:*'))
  assert.notEqual(own, arnOf('AdministratorAccess'))
  const keys = await entities.user('twice')
  await iam.send(new sdk.AttachUserPolicyCommand({ UserName: 'twice', PolicyArn: own }))
  assert.equal(await codeOf(rolecall.iam(keys).send(new sdk.ListUsersCommand({}))), 'AccessDenied')
  await iam.send(
    new sdk.AttachUserPolicyCommand({ UserName: 'twice', PolicyArn: arnOf('AdministratorAccess') }),
  )
  await rolecall.iam(keys).send(new sdk.ListUsersCommand({}))
  const { AttachedPolicies = [] } = await iam.send(
    new sdk.ListAttachedUserPoliciesCommand({ UserName: 'twice' }),
  )
  assert.deepEqual(
    AttachedPolicies.map(({ PolicyArn }) => PolicyArn).sort(),
    [own, arnOf('AdministratorAccess')].sort(),
  )
})

test('each is sound, and a start changes nothing that is there already', async () => {
  const store = await openEmbeddedStore()
  await Promise.all([1, 2].map(() => ensureShippedPolicies(store.policies, () => 1)))
  const before = await store.policies.list()
  for (const { id } of before) {
    const document = (await store.policies.findDocument(id)) ?? ''
    assert.deepEqual(
      lint(document, 'identity', { nowMs: 1 }).filter(({ level }) => level === 'error'),
      [],
    )
  }
  await ensureShippedPolicies(store.policies, () => 2)
  assert.deepEqual(await store.policies.list(), before)
  await store.close()
})

test('what another release shipped otherwise is brought up to date, as a version', async () => {
  const store = await openEmbeddedStore()
  await ensureShippedPolicies(store.policies, () => 1)
  const policy = await store.policies.find('ReadOnlyAccess', true)
  assert.ok(policy)
  const now = await store.policies.findDocument(policy.id)
  for (let n = 0; n < 4; n++) {
    const added = { document: `{"older":${n}}`, asDefault: true, nowMs: 1, mostVersions: 5 }
    await store.policies.addVersion(policy, added)
  }
  await ensureShippedPolicies(store.policies, () => 2)
  assert.equal(await store.policies.findDocument(policy.id), now)
  assert.equal((await store.policies.listVersions(policy.id)).length, 5)
  await store.close()
})
