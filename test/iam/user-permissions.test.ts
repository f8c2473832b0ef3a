import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { allow, faultOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const root = rolecall.iam()
const { user, group, join, policy, userPolicy, userArn, policyArn } = entitiesOf(rolecall)

const deny = (action: string) => ({ Effect: 'Deny', Action: action, Resource: '*' })
const list = (keys: Keys) => rolecall.iam(keys).send(new sdk.ListUsersCommand({}))
const refusal = async (keys: Keys) => {
  const { code, message } = await faultOf(list(keys))
  assert.equal(code, 'AccessDenied')
  return message.split('. Encoded')[0] ?? ''
}

test('a user without policies may do nothing', async () => {
  const keys = await user('bare')
  assert.match(await refusal(keys), /because no identity-based policy allows the iam:ListUsers action$/)
})

test('inline, attached and group policies each let a user do it', async () => {
  await list(await user('inline', [allow('iam:ListUsers')]))

  const attached = await user('attached')
  const PolicyArn = await policy('listing', allow('iam:ListUsers'))
  await root.send(new sdk.AttachUserPolicyCommand({ UserName: 'attached', PolicyArn }))
  await list(attached)

  const member = await user('member')
  await group('listers', allow('iam:ListUsers'))
  await refusal(member)
  await join('member', 'listers')
  await list(member)
  await root.send(new sdk.RemoveUserFromGroupCommand({ UserName: 'member', GroupName: 'listers' }))
  await refusal(member)
})

test('what is attached to a group is its members’, from the moment that it is', async () => {
  const keys = await user('managed-member')
  await group('managed', allow('s3:*'))
  await join('managed-member', 'managed')
  const PolicyArn = await policy('managed-listing', allow('iam:ListUsers'))
  await refusal(keys)
  await root.send(new sdk.AttachGroupPolicyCommand({ GroupName: 'managed', PolicyArn }))
  await list(keys)
  await root.send(new sdk.DetachGroupPolicyCommand({ GroupName: 'managed', PolicyArn }))
  await refusal(keys)
})

test('a group’s deny wins over the user’s own allow', async () => {
  const keys = await user('denied', [allow('*')])
  await group('deniers', deny('iam:ListUsers'))
  await join('denied', 'deniers')
  assert.match(await refusal(keys), /with an explicit deny in an identity-based policy$/)
})

test('a boundary narrows what the policies allow, allows nothing itself, and acts at once', async () => {
  const boundary = await policy('boundary', allow(['iam:GetUser', 'iam:ListUsers']))
  const keys = await user('bounded', [allow('iam:ListUsers')], boundary)
  await list(keys)
  const get = rolecall.iam(keys).send(new sdk.GetUserCommand({ UserName: 'bounded' }))
  assert.equal((await faultOf(get)).code, 'AccessDenied')

  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: allow('iam:GetUser') })
  await root.send(
    new sdk.CreatePolicyVersionCommand({ PolicyArn: boundary, PolicyDocument, SetAsDefault: true }),
  )
  assert.match(await refusal(keys), /because no permissions boundary allows the iam:ListUsers action$/)
  await root.send(new sdk.DeleteUserPermissionsBoundaryCommand({ UserName: 'bounded' }))
  await list(keys)
  const again = new sdk.DeleteUserPermissionsBoundaryCommand({ UserName: 'bounded' })
  assert.equal((await faultOf(root.send(again))).code, 'NoSuchEntity')
})

test('a policy that is a boundary is counted, found, and not deleted from under its user', async () => {
  const PolicyArn = await policy('held', allow('*'))
  await user('holder', [], PolicyArn)
  const { Policy } = await root.send(new sdk.GetPolicyCommand({ PolicyArn }))
  assert.deepEqual([Policy?.AttachmentCount, Policy?.PermissionsBoundaryUsageCount], [0, 1])
  const entities = await root.send(new sdk.ListEntitiesForPolicyCommand({ PolicyArn }))
  assert.deepEqual(
    entities.PolicyUsers?.map(({ UserName }) => UserName),
    ['holder'],
  )
  const filtered = new sdk.ListPoliciesCommand({ PolicyUsageFilter: 'PermissionsBoundary' })
  const { Policies = [] } = await root.send(filtered)
  assert.ok(Policies.some(({ Arn }) => Arn === PolicyArn))
  assert.equal((await faultOf(root.send(new sdk.DeletePolicyCommand({ PolicyArn })))).code, 'DeleteConflict')
})

test('a boundary must be there', async () => {
  const asked = { UserName: 'nobody-yet', PermissionsBoundary: policyArn('missing') }
  const { code, status } = await faultOf(root.send(new sdk.CreateUserCommand(asked)))
  assert.deepEqual([code, status], ['NoSuchEntity', 404])
})

test('policies may speak of the user: by name, tag, type and ARN', async () => {
  const keys = await user('spoken-of', [allow('s3:*')])
  const Tags = [{ Key: 'Team', Value: 'blue' }]
  await root.send(new sdk.TagUserCommand({ UserName: 'spoken-of', Tags }))
  for (const [key, value] of [
    ['aws:username', 'spoken-of'],
    ['aws:PrincipalTag/team', 'blue'],
    ['aws:PrincipalType', 'User'],
    ['aws:PrincipalArn', userArn('spoken-of')],
  ] as const) {
    const when = (wanted: string) => ({
      ...allow('iam:ListUsers'),
      Condition: { StringEquals: { [key]: wanted } },
    })
    await userPolicy('spoken-of', when('somebody else'))
    await refusal(keys)
    await userPolicy('spoken-of', when(value))
    await list(keys)
  }
})

test('inline policies of a user share 2,048 characters, those of a group 5,120', async () => {
  await user('wordy')
  await group('wordy', allow('s3:*'))
  const long = (length: number) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: allow('s3:*', `arn:aws:s3:::${'x'.repeat(length)}`),
    })
  const put = (PolicyDocument: string) =>
    root.send(new sdk.PutUserPolicyCommand({ UserName: 'wordy', PolicyName: 'long', PolicyDocument }))
  await put(long(1_900))
  assert.equal((await faultOf(put(long(2_040)))).code, 'LimitExceeded')
  const forGroup = { GroupName: 'wordy', PolicyName: 'long', PolicyDocument: long(1_900) }
  await root.send(new sdk.PutGroupPolicyCommand(forGroup))
})
