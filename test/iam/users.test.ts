import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
const entities = entitiesOf(rolecall)
const codeOf = async (call: Promise<unknown>) => (await faultOf(call)).code
const whoIs = (keys: Parameters<typeof rolecall.sts>[0]) =>
  rolecall.sts(keys).send(new GetCallerIdentityCommand({}))

test('a user comes back as it was made, with path, tags and boundary', async () => {
  const PermissionsBoundary = await entities.policy('bound', allow('*'))
  const Tags = [{ Key: 'team', Value: 'blue' }]
  const made = await iam.send(
    new sdk.CreateUserCommand({ UserName: 'ada', Path: '/eng/', Tags, PermissionsBoundary }),
  )
  const { CreateDate, UserId, ...rest } = made.User ?? {}
  assert.deepEqual(rest, {
    Path: '/eng/',
    UserName: 'ada',
    Arn: `arn:aws:iam::${accountId}:user/eng/ada`,
    PermissionsBoundary: {
      PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
      PermissionsBoundaryArn: PermissionsBoundary,
    },
    Tags,
  })
  assert.match(UserId ?? '', /^AIDA[A-Z2-7]{17}$/)
  assert.ok(CreateDate instanceof Date)
  const { User } = await iam.send(new sdk.GetUserCommand({ UserName: 'ada' }))
  assert.deepEqual(User, made.User)
})

test('names are unique without regard to case, and found with it', async () => {
  await iam.send(new sdk.CreateUserCommand({ UserName: 'Case' }))
  const { code, message, status } = await faultOf(iam.send(new sdk.CreateUserCommand({ UserName: 'CASE' })))
  assert.deepEqual(
    [code, status, message],
    ['EntityAlreadyExists', 409, 'User with name CASE already exists.'],
  )
  const missing = await faultOf(iam.send(new sdk.GetUserCommand({ UserName: 'case' })))
  assert.deepEqual(
    [missing.code, missing.status, missing.message],
    ['NoSuchEntity', 404, 'The user with name case cannot be found.'],
  )
})

test('a user’s access key signs, and says who they are', async () => {
  const keys = await entities.user('signer')
  assert.match(keys.accessKeyId, /^AKIA[A-Z2-7]{16}$/)
  assert.equal(keys.secretAccessKey.length, 40)
  const { Arn, Account, UserId } = await whoIs(keys)
  assert.deepEqual([Arn, Account], [entities.userArn('signer'), accountId])
  assert.match(UserId ?? '', /^AIDA/)
})

test('an inactive key signs nothing until it is active again, and a deleted one never', async () => {
  const keys = await entities.user('switched')
  const update = (Status: 'Active' | 'Inactive') =>
    iam.send(new sdk.UpdateAccessKeyCommand({ UserName: 'switched', AccessKeyId: keys.accessKeyId, Status }))
  await update('Inactive')
  assert.equal(await codeOf(whoIs(keys)), 'InvalidClientTokenId')
  await update('Active')
  await whoIs(keys)
  await iam.send(new sdk.DeleteAccessKeyCommand({ UserName: 'switched', AccessKeyId: keys.accessKeyId }))
  assert.equal(await codeOf(whoIs(keys)), 'InvalidClientTokenId')
})

test('a user has two keys at most, also when more are asked for at once', async () => {
  await iam.send(new sdk.CreateUserCommand({ UserName: 'greedy' }))
  const asked = await Promise.allSettled(Array.from({ length: 6 }, () => entities.accessKey('greedy')))
  assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 2)
  assert.equal(await codeOf(entities.accessKey('greedy')), 'LimitExceeded')
  const { AccessKeyMetadata = [] } = await iam.send(new sdk.ListAccessKeysCommand({ UserName: 'greedy' }))
  assert.deepEqual(
    AccessKeyMetadata.map(({ UserName, Status }) => [UserName, Status]),
    [
      ['greedy', 'Active'],
      ['greedy', 'Active'],
    ],
  )
})

test('nobody’s key is reached by naming somebody else', async () => {
  const mine = await entities.user('mine')
  await entities.user('theirs')
  const asked = { UserName: 'theirs', AccessKeyId: mine.accessKeyId }
  assert.equal(await codeOf(iam.send(new sdk.DeleteAccessKeyCommand(asked))), 'NoSuchEntity')
  const update = new sdk.UpdateAccessKeyCommand({ ...asked, Status: 'Inactive' })
  assert.equal(await codeOf(iam.send(update)), 'NoSuchEntity')
  await whoIs(mine)
})

test('the secret is shown once, and is in no file and no log in the clear', async () => {
  const keys = await entities.user('secretive')
  await whoIs(keys)
  const { AccessKeyMetadata } = await iam.send(new sdk.ListAccessKeysCommand({ UserName: 'secretive' }))
  assert.ok(!JSON.stringify(AccessKeyMetadata).includes(keys.secretAccessKey))
  assert.ok(!rolecall.logged().includes(keys.secretAccessKey))
})

test('when and for what a key was last used can be asked', async () => {
  const keys = await entities.user('used')
  const ask = () => iam.send(new sdk.GetAccessKeyLastUsedCommand({ AccessKeyId: keys.accessKeyId }))
  assert.deepEqual((await ask()).AccessKeyLastUsed, { ServiceName: 'N/A', Region: 'N/A' })
  await whoIs(keys)
  const { UserName, AccessKeyLastUsed } = await ask()
  assert.equal(UserName, 'used')
  assert.deepEqual([AccessKeyLastUsed?.ServiceName, AccessKeyLastUsed?.Region], ['sts', 'us-east-1'])
  assert.ok(AccessKeyLastUsed?.LastUsedDate instanceof Date)
})

test('a user who names nobody means themselves', async () => {
  const keys = await entities.user('self', [allow(['iam:GetUser', 'iam:*AccessKey*'], '*')])
  const own = rolecall.iam(keys)
  assert.equal((await own.send(new sdk.GetUserCommand({}))).User?.UserName, 'self')
  const { AccessKey } = await own.send(new sdk.CreateAccessKeyCommand({}))
  assert.equal(AccessKey?.UserName, 'self')
  assert.equal((await own.send(new sdk.ListAccessKeysCommand({}))).AccessKeyMetadata?.length, 2)
  await own.send(new sdk.DeleteAccessKeyCommand({ AccessKeyId: AccessKey?.AccessKeyId }))
  assert.equal(await codeOf(iam.send(new sdk.CreateAccessKeyCommand({}))), 'ValidationError')
})

test('a user keeps keys, policies and groups under a new name, and is found by it alone', async () => {
  const keys = await entities.user('before', [allow('iam:ListUsers')])
  await whoIs(keys)
  await iam.send(
    new sdk.UpdateUserCommand({ UserName: 'before', NewUserName: 'after', NewPath: '/renamed/' }),
  )
  assert.equal(await codeOf(iam.send(new sdk.GetUserCommand({ UserName: 'before' }))), 'NoSuchEntity')
  assert.equal((await whoIs(keys)).Arn, `arn:aws:iam::${accountId}:user/renamed/after`)
  await rolecall.iam(keys).send(new sdk.ListUsersCommand({}))
  await entities.user('taken')
  const rename = new sdk.UpdateUserCommand({ UserName: 'after', NewUserName: 'Taken' })
  assert.equal(await codeOf(iam.send(rename)), 'EntityAlreadyExists')
})

test('a user is deleted only when nothing hangs on it any more, in AWS’s words', async () => {
  const keys = await entities.user('leaving', [allow('s3:*')])
  const PolicyArn = await entities.policy('leaving', allow('s3:*'))
  const UserName = 'leaving'
  await iam.send(new sdk.AttachUserPolicyCommand({ UserName, PolicyArn }))
  await entities.group('leavers', allow('s3:*'))
  await entities.join(UserName, 'leavers')
  const remove = () => iam.send(new sdk.DeleteUserCommand({ UserName }))
  const steps: [RegExp, () => Promise<unknown>][] = [
    [
      /access keys first/,
      () => iam.send(new sdk.DeleteAccessKeyCommand({ UserName, AccessKeyId: keys.accessKeyId })),
    ],
    [/detach all policies first/, () => iam.send(new sdk.DetachUserPolicyCommand({ UserName, PolicyArn }))],
    [
      /delete policies first/,
      () => iam.send(new sdk.DeleteUserPolicyCommand({ UserName, PolicyName: 'work' })),
    ],
    [
      /remove users from group first/,
      () => iam.send(new sdk.RemoveUserFromGroupCommand({ UserName, GroupName: 'leavers' })),
    ],
  ]
  for (const [words, step] of steps) {
    const { code, message } = await faultOf(remove())
    assert.equal(code, 'DeleteConflict')
    assert.match(message, words)
    await step()
  }
  await remove()
  assert.equal(await codeOf(remove()), 'NoSuchEntity')
})

test('users and groups are listed in pages, by path', async () => {
  for (let n = 0; n < 5; n++) {
    await iam.send(new sdk.CreateUserCommand({ UserName: `paged-${n}`, Path: '/pages/' }))
    await iam.send(new sdk.CreateGroupCommand({ GroupName: `paged-${n}`, Path: '/pages/' }))
  }
  const names: unknown[] = []
  const asked = () => ({ PathPrefix: '/pages/', MaxItems: 2 })
  for await (const page of sdk.paginateListUsers({ client: iam }, asked())) {
    names.push(...(page.Users ?? []).map(({ UserName }) => UserName))
  }
  for await (const page of sdk.paginateListGroups({ client: iam }, asked())) {
    names.push(...(page.Groups ?? []).map(({ GroupName }) => GroupName))
  }
  const expected = Array.from({ length: 5 }, (_, n) => `paged-${n}`)
  assert.deepEqual(names, [...expected, ...expected])
})

test('the SDK’s waiters see a user, a role and a policy come', async () => {
  const bounds = { client: iam, maxWaitTime: 20, minDelay: 1 }
  const PolicyArn = `arn:aws:iam::${rolecall.accountId}:policy/awaited`
  const waiting = Promise.all([
    sdk.waitUntilUserExists(bounds, { UserName: 'awaited' }),
    sdk.waitUntilRoleExists(bounds, { RoleName: 'awaited' }),
    sdk.waitUntilPolicyExists(bounds, { PolicyArn }),
  ])
  await iam.send(new sdk.CreateUserCommand({ UserName: 'awaited' }))
  const trust = { Effect: 'Allow', Principal: { AWS: rolecall.accountId }, Action: 'sts:AssumeRole' }
  await rolecall.createRole('awaited', { Version: '2012-10-17', Statement: trust })
  const PolicyDocument = policyOf(allow('iam:GetRole'))
  await iam.send(new sdk.CreatePolicyCommand({ PolicyName: 'awaited', PolicyDocument }))
  assert.deepEqual(
    (await waiting).map(({ state }) => state),
    ['SUCCESS', 'SUCCESS', 'SUCCESS'],
  )
})

test('tags are added, replaced whatever their case, taken away, and there are fifty at most', async () => {
  await iam.send(new sdk.CreateUserCommand({ UserName: 'tagged' }))
  const tag = (...pairs: [string, string][]) =>
    iam.send(
      new sdk.TagUserCommand({ UserName: 'tagged', Tags: pairs.map(([Key, Value]) => ({ Key, Value })) }),
    )
  const read = async () => {
    const { Tags = [] } = await iam.send(new sdk.ListUserTagsCommand({ UserName: 'tagged' }))
    return Tags.map(({ Key, Value }) => `${Key}=${Value}`)
  }
  await tag(['team', 'blue'], ['tier', '1'])
  await tag(['TEAM', 'red'])
  assert.deepEqual(await read(), ['TEAM=red', 'tier=1'])
  await iam.send(new sdk.UntagUserCommand({ UserName: 'tagged', TagKeys: ['Team', 'never'] }))
  assert.deepEqual(await read(), ['tier=1'])
  await tag(...Array.from({ length: 49 }, (_, n): [string, string] => [`k${n}`, 'v']))
  assert.equal(await codeOf(tag(['one', 'more'])), 'LimitExceeded')
  assert.equal((await read()).length, 50)
})
