import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { allow, faultOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
const { user, group, join } = entitiesOf(rolecall)
const codeOf = async (call: Promise<unknown>) => (await faultOf(call)).code

test('a group comes back as it was made, with who is in it', async () => {
  const made = await iam.send(new sdk.CreateGroupCommand({ GroupName: 'eng', Path: '/people/' }))
  assert.equal(made.Group?.Arn, `arn:aws:iam::${accountId}:group/people/eng`)
  assert.match(made.Group?.GroupId ?? '', /^AGPA[A-Z2-7]{17}$/)
  await user('ada')
  await user('bob')
  for (const name of ['bob', 'ada', 'ada']) await join(name, 'eng')
  const { Group, Users, IsTruncated } = await iam.send(new sdk.GetGroupCommand({ GroupName: 'eng' }))
  assert.deepEqual(Group, made.Group)
  assert.deepEqual(
    Users?.map(({ UserName }) => UserName),
    ['ada', 'bob'],
  )
  assert.equal(IsTruncated, false)
  const { Groups } = await iam.send(new sdk.ListGroupsForUserCommand({ UserName: 'ada' }))
  assert.deepEqual(
    Groups?.map(({ GroupName }) => GroupName),
    ['eng'],
  )
})

test('a group is deleted only when it is empty and has no policies', async () => {
  await group('closing', allow('s3:*'))
  await user('last')
  await join('last', 'closing')
  const remove = () => iam.send(new sdk.DeleteGroupCommand({ GroupName: 'closing' }))
  assert.match((await faultOf(remove())).message, /remove users from group first/)
  await iam.send(new sdk.RemoveUserFromGroupCommand({ GroupName: 'closing', UserName: 'last' }))
  assert.match((await faultOf(remove())).message, /delete policies first/)
  await iam.send(new sdk.DeleteGroupPolicyCommand({ GroupName: 'closing', PolicyName: 'work' }))
  await remove()
  assert.equal(await codeOf(iam.send(new sdk.GetGroupCommand({ GroupName: 'closing' }))), 'NoSuchEntity')
})

test('a user is in ten groups at most', async () => {
  await user('joiner')
  for (let n = 0; n < 11; n++) await iam.send(new sdk.CreateGroupCommand({ GroupName: `many-${n}` }))
  for (let n = 0; n < 10; n++) await join('joiner', `many-${n}`)
  assert.equal(await codeOf(join('joiner', 'many-10')), 'LimitExceeded')
  await join('joiner', 'many-3')
})

test('who is not there can’t be added, and who is not in it can’t be taken out', async () => {
  await group('closed', allow('s3:*'))
  await user('outside')
  assert.equal(await codeOf(join('nobody', 'closed')), 'NoSuchEntity')
  assert.equal(await codeOf(join('outside', 'no-group')), 'NoSuchEntity')
  const asked = { GroupName: 'closed', UserName: 'outside' }
  assert.equal(await codeOf(iam.send(new sdk.RemoveUserFromGroupCommand(asked))), 'NoSuchEntity')
})

test('a group keeps its policies and members under a new name', async () => {
  await group('old-name', allow('iam:ListUsers'))
  const keys = await user('renamed-member')
  await join('renamed-member', 'old-name')
  await iam.send(new sdk.UpdateGroupCommand({ GroupName: 'old-name', NewGroupName: 'new-name' }))
  await rolecall.iam(keys).send(new sdk.ListUsersCommand({}))
  const { PolicyNames } = await iam.send(new sdk.ListGroupPoliciesCommand({ GroupName: 'new-name' }))
  assert.deepEqual(PolicyNames, ['work'])
})
