import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { allow, faultOf, keysOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const entities = entitiesOf(rolecall)
const root = rolecall.iam()
const federate = allow('sts:GetFederationToken')
const ada = await entities.user('ada', [allow(['iam:ListUsers', 'iam:ListRoles']), federate])
const codeOf = async (call: Promise<unknown>) => (await faultOf(call)).code

const sessionOf = async (keys: Keys, DurationSeconds?: number) => {
  const command = new GetSessionTokenCommand(DurationSeconds === undefined ? {} : { DurationSeconds })
  const answer = await rolecall.sts(keys).send(command)
  return { keys: keysOf(answer), ends: answer.Credentials?.Expiration }
}
const federated = (keys: Keys, more: object = {}) =>
  rolecall.sts(keys).send(new GetFederationTokenCommand({ Name: 'Bob', ...more }))
const whoIs = (keys: Keys) => rolecall.sts(keys).send(new GetCallerIdentityCommand({}))

test('GetSessionToken’s credentials are the user, for twelve hours unless asked otherwise', async () => {
  const { keys, ends } = await sessionOf(ada)
  assert.match(keys.accessKeyId, /^ASIA/)
  assert.equal((await whoIs(keys)).Arn, entities.userArn('ada'))
  const hours = (Number(ends) - Date.now()) / 3_600_000
  assert.ok(hours > 11.9 && hours <= 12, String(hours))
})

test('they are over when their time is', async () => {
  const { keys } = await sessionOf(ada, 900)
  await whoIs(keys)
  rolecall.advanceMs(901_000)
  const late = await codeOf(whoIs(keys))
  rolecall.advanceMs(-901_000)
  assert.ok(['ExpiredToken', 'SignatureDoesNotMatch'].includes(late), late)
})

test('without a second factor they call no IAM, and of STS only what changes nothing', async () => {
  const { keys } = await sessionOf(ada)
  const { code, message } = await faultOf(rolecall.iam(keys).send(new iam.ListUsersCommand({})))
  assert.equal(code, 'AccessDenied')
  assert.match(message, /without multi-factor authentication can't call IAM/)
  assert.equal(await codeOf(sessionOf(keys)), 'AccessDenied')
  assert.equal(await codeOf(federated(keys)), 'AccessDenied')
})

test('they take a role that trusts the user', async () => {
  const { keys } = await sessionOf(ada)
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: entities.userArn('ada') }, Action: 'sts:AssumeRole' },
  }
  const RoleArn = await rolecall.createRole('taken', trust)
  await rolecall.sts(keys).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'work' }))
  const PolicyDocument = JSON.stringify({
    ...trust,
    Statement: { ...trust.Statement, Action: ['sts:AssumeRole', 'sts:TagSession'] },
  })
  await root.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName: 'taken', PolicyDocument }))
  const Tags = [{ Key: 'team', Value: 'blue' }]
  await rolecall.sts(keys).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'work', Tags }))
})

test('they end with the key that they were got with, and with the user', async () => {
  const long = await entities.user('short-lived')
  const { keys } = await sessionOf(long)
  await whoIs(keys)
  const asked = { UserName: 'short-lived', AccessKeyId: long.accessKeyId }
  await root.send(new iam.UpdateAccessKeyCommand({ ...asked, Status: 'Inactive' }))
  assert.equal(await codeOf(whoIs(keys)), 'InvalidClientTokenId')
  await root.send(new iam.UpdateAccessKeyCommand({ ...asked, Status: 'Active' }))
  await whoIs(keys)
  await root.send(new iam.DeleteAccessKeyCommand(asked))
  await root.send(new iam.DeleteUserCommand({ UserName: 'short-lived' }))
  await entities.user('short-lived')
  assert.equal(await codeOf(whoIs(keys)), 'InvalidClientTokenId')
})

test('the owner’s last an hour at most', async () => {
  const { keys, ends } = await sessionOf(rolecall.rootKeys)
  assert.equal((await whoIs(keys)).Arn, `arn:aws:iam::${accountId}:root`)
  assert.ok(Number(ends) - Date.now() <= 3_600_000)
  assert.equal(await codeOf(rolecall.iam(keys).send(new iam.ListUsersCommand({}))), 'AccessDenied')
})

test('a federated user has a name of their own, and no permission that was not passed on', async () => {
  const answer = await federated(ada)
  assert.deepEqual(answer.FederatedUser, {
    FederatedUserId: `${accountId}:Bob`,
    Arn: `arn:aws:sts::${accountId}:federated-user/Bob`,
  })
  assert.equal(answer.PackedPolicySize, 0)
  const keys = keysOf(answer)
  const { Arn, UserId } = await whoIs(keys)
  assert.deepEqual([Arn, UserId], [answer.FederatedUser?.Arn, answer.FederatedUser?.FederatedUserId])
  assert.equal(await codeOf(rolecall.iam(keys).send(new iam.ListUsersCommand({}))), 'AccessDenied')
})

test('whatever is passed on, a federated user calls neither IAM nor STS', async () => {
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: allow('*') })
  const keys = keysOf(await federated(ada, { Policy }))
  const { message } = await faultOf(rolecall.iam(keys).send(new iam.ListUsersCommand({})))
  assert.match(message, /session credentials of a federated user can't call IAM/)
  const RoleArn = rolecall.roleArn('any')
  const take = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'work' })
  assert.equal(await codeOf(rolecall.sts(keys).send(take)), 'AccessDenied')
  assert.equal(await codeOf(federated(keys)), 'AccessDenied')
})

test('passing on takes a permission, on the name that is given', async () => {
  const plain = await entities.user('plain')
  assert.equal(await codeOf(federated(plain)), 'AccessDenied')
  await entities.userPolicy(
    'plain',
    allow('sts:GetFederationToken', `arn:aws:sts::${accountId}:federated-user/Bob`),
  )
  await federated(plain)
  assert.equal(await codeOf(federated(plain, { Name: 'Eve' })), 'AccessDenied')
  const tagged = await faultOf(federated(plain, { Tags: [{ Key: 'team', Value: 'blue' }] }))
  assert.match(tagged.message, /sts:TagSession/)
})

test('an access key id is told its account, to whom may ask', async () => {
  const ask = (keys: Keys) =>
    rolecall.sts(keys).send(new GetAccessKeyInfoCommand({ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }))
  assert.equal((await ask(rolecall.rootKeys)).Account, accountId)
  assert.equal(await codeOf(ask(ada)), 'AccessDenied')
})
