import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
const trust = policyOf({
  Effect: 'Allow',
  Principal: { Federated: 'accounts.google.com' },
  Action: 'sts:AssumeRoleWithWebIdentity',
})

const create = (name: string, more: Partial<sdk.CreateRoleCommandInput> = {}) =>
  iam.send(new sdk.CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust, ...more }))
const get = (name: string) => iam.send(new sdk.GetRoleCommand({ RoleName: name }))
const remove = (name: string) => iam.send(new sdk.DeleteRoleCommand({ RoleName: name }))

const tags = [
  { Key: 'team', Value: 'blue' },
  { Key: 'cost centre', Value: '' },
]
const everything = {
  Path: '/team/night/',
  Description: 'Reads <logs> & "metrics", \'daily\'\r\n\tat naïve hours',
  MaxSessionDuration: 7200,
  Tags: tags,
}

test('CreateRole answers the role as AWS does: without its session duration, its document encoded', async () => {
  const before = Math.floor(Date.now() / 1000) * 1000
  const { Role } = await create('whole', everything)
  const { RoleId, CreateDate, ...rest } = Role ?? assert.fail('no role')
  assert.match(RoleId ?? '', /^AROA[A-Z2-7]{17}$/)
  assert.ok(CreateDate && CreateDate.getTime() >= before && CreateDate.getTime() <= Date.now())
  assert.deepEqual(rest, {
    Path: '/team/night/',
    RoleName: 'whole',
    Arn: `arn:aws:iam::${accountId}:role/team/night/whole`,
    AssumeRolePolicyDocument: encodeURIComponent(trust),
    Description: everything.Description,
    Tags: tags,
  })
})

test('GetRole answers more: the longest session, and when it was last used', async () => {
  const made = (await create('read', everything)).Role
  const { Role } = await get('read')
  assert.deepEqual(Role, { ...made, MaxSessionDuration: 7200, RoleLastUsed: {} })
})

test('a role of nothing but a name and a trust policy has the defaults, and no empty members', async () => {
  await create('plain')
  const { Role } = await get('plain')
  const { RoleId, CreateDate, ...rest } = Role ?? assert.fail('no role')
  assert.deepEqual(rest, {
    Path: '/',
    RoleName: 'plain',
    Arn: rolecall.roleArn('plain'),
    AssumeRolePolicyDocument: encodeURIComponent(trust),
    MaxSessionDuration: 3600,
    RoleLastUsed: {},
  })
})

test('ListRoles answers the roles by name, without their tags, those on a path alone', async () => {
  const { Roles = [] } = await iam.send(new sdk.ListRolesCommand({ PathPrefix: '/team/' }))
  assert.deepEqual(
    Roles.map(({ RoleName }) => RoleName),
    ['read', 'whole'],
  )
  const { Tags: _, RoleLastUsed: __, ...listed } = (await get('whole')).Role ?? assert.fail('no role')
  assert.deepEqual(Roles[1], listed)
})

test('a name is taken in any case of its letters', async () => {
  await create('Taken')
  for (const name of ['Taken', 'taken', 'TAKEN']) {
    assert.deepEqual(await faultOf(create(name, { Path: '/elsewhere/' })), {
      code: 'EntityAlreadyExists',
      status: 409,
      message: `Role with name ${name} already exists.`,
      type: 'Sender',
    })
  }
})

for (const [action, call] of [
  ['GetRole', () => get('nobody')],
  ['DeleteRole', () => remove('nobody')],
  [
    'UpdateAssumeRolePolicy',
    () => iam.send(new sdk.UpdateAssumeRolePolicyCommand({ RoleName: 'nobody', PolicyDocument: trust })),
  ],
] as const) {
  test(`${action} of a role that is not there: NoSuchEntity`, async () => {
    assert.deepEqual(await faultOf(call()), {
      code: 'NoSuchEntity',
      status: 404,
      message: 'The role with name nobody cannot be found.',
      type: 'Sender',
    })
  })
}

test('UpdateAssumeRolePolicy replaces the trust policy, and nothing else', async () => {
  const made = (await create('edited', everything)).Role
  const closed = policyOf({ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRoleWithWebIdentity' })
  await iam.send(new sdk.UpdateAssumeRolePolicyCommand({ RoleName: 'edited', PolicyDocument: closed }))
  const { Role } = await get('edited')
  assert.deepEqual(Role, {
    ...made,
    AssumeRolePolicyDocument: encodeURIComponent(closed),
    MaxSessionDuration: 7200,
    RoleLastUsed: {},
  })
})

test('a role with policies is not deleted until they are gone, and then it is', async () => {
  await create('laden')
  const document = policyOf(allow('iam:GetRole'))
  const { Policy } = await iam.send(
    new sdk.CreatePolicyCommand({ PolicyName: 'cargo', PolicyDocument: document }),
  )
  const pair = { RoleName: 'laden', PolicyArn: Policy?.Arn ?? '' }
  const inline = { RoleName: 'laden', PolicyName: 'work' }
  await iam.send(new sdk.AttachRolePolicyCommand(pair))
  await iam.send(new sdk.PutRolePolicyCommand({ ...inline, PolicyDocument: document }))
  const conflict = { code: 'DeleteConflict', status: 409, type: 'Sender' }
  const attached = 'Cannot delete entity, must detach all policies first.'
  assert.deepEqual(await faultOf(remove('laden')), { ...conflict, message: attached })
  await iam.send(new sdk.DetachRolePolicyCommand(pair))
  const kept = 'Cannot delete entity, must delete policies first.'
  assert.deepEqual(await faultOf(remove('laden')), { ...conflict, message: kept })
  await iam.send(new sdk.DeleteRolePolicyCommand(inline))
  await remove('laden')
  assert.equal((await faultOf(get('laden'))).code, 'NoSuchEntity')
})

test('a role that is made again under its name is another role', async () => {
  const first = (await create('phoenix')).Role
  await remove('phoenix')
  const second = (await create('phoenix')).Role
  assert.equal(second?.Arn, first?.Arn)
  assert.notEqual(second?.RoleId, first?.RoleId)
})
