import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import * as sm from '@aws-sdk/client-secrets-manager'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { grants } from '../../server/iam/granted-services.ts'
import { allow, faultOf, keysOf, policyOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { startRolecall } from '../support/rolecall.ts'
import { serviceKinds } from '../support/stores.ts'

for (const { kind, skip, settings } of serviceKinds) {
  describe(`last uses on ${kind}`, { skip }, async () => {
    if (skip === false) await tellsOfUses(await settings())
  })
}

async function tellsOfUses(settings: Record<string, string>): Promise<void> {
  const rolecall = await startRolecall(settings)
  const { accountId, roleArn } = rolecall
  const root = rolecall.iam()
  const entities = entitiesOf(rolecall)
  const { userArn } = entities

  // Ada makes a user, asks who she is, and takes a role; Grace does nothing.
  const shared = await entities.policy('shared', allow('iam:CreateUser'))
  await entities.group('team', allow(['sts:*', 'cloudtrail:LookupEvents']))
  const adasKeys = await entities.user('ada', [allow('iam:*')])
  await entities.user('grace')
  for (const UserName of ['ada', 'grace']) {
    await root.send(new iam.AddUserToGroupCommand({ GroupName: 'team', UserName }))
  }
  const trust = { Effect: 'Allow', Principal: { AWS: userArn('ada') }, Action: 'sts:AssumeRole' }
  await rolecall.createRole('worker', { Version: '2012-10-17', Statement: trust })
  await root.send(new iam.AttachRolePolicyCommand({ RoleName: 'worker', PolicyArn: shared }))
  await root.send(new iam.AttachUserPolicyCommand({ UserName: 'grace', PolicyArn: shared }))
  await rolecall.iam(adasKeys).send(new iam.CreateUserCommand({ UserName: 'made' }))
  const take = new AssumeRoleCommand({ RoleArn: roleArn('worker'), RoleSessionName: 'shift-1' })
  const session = keysOf(await rolecall.sts(adasKeys).send(take))
  await rolecall.iam(session).send(new iam.CreateUserCommand({ UserName: 'made-by-worker' }))
  await faultOf(rolecall.iam(session).send(new iam.ListUsersCommand({})))
  await rolecall.sts(session).send(new GetCallerIdentityCommand({}))

  async function begin(Arn: string, Granularity: iam.AccessAdvisorUsageGranularityType = 'ACTION_LEVEL') {
    const asked = new iam.GenerateServiceLastAccessedDetailsCommand({ Arn, Granularity })
    return (await root.send(asked)).JobId ?? ''
  }
  async function report(Arn: string, granularity?: iam.AccessAdvisorUsageGranularityType) {
    const JobId = await begin(Arn, granularity)
    for (;;) {
      const answer = await root.send(new iam.GetServiceLastAccessedDetailsCommand({ JobId }))
      if (answer.JobStatus !== 'IN_PROGRESS') return { ...answer, JobId }
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }
  const summary = ({ ServicesLastAccessed = [] }: Awaited<ReturnType<typeof report>>) =>
    ServicesLastAccessed.map(service => [
      service.ServiceNamespace,
      service.LastAuthenticatedEntity,
      service.TotalAuthenticatedEntities,
      service.TrackedActionsLastAccessed?.map(({ ActionName }) => ActionName),
    ])

  test('a user’s services are those that the policies allow, each with the last use and the actions', async () => {
    const answer = await report(userArn('ada'))
    assert.equal(answer.JobStatus, 'COMPLETED')
    assert.equal(answer.JobType, 'ACTION_LEVEL')
    assert.deepEqual(summary(answer), [
      ['cloudtrail', undefined, 0, []],
      ['iam', userArn('ada'), 1, ['CreateUser']],
      ['sts', userArn('ada'), 1, ['AssumeRole']],
    ])
    const [, used] = answer.ServicesLastAccessed ?? []
    assert.equal(used?.ServiceName, 'AWS Identity and Access Management')
    assert.ok(Math.abs((used?.LastAuthenticated?.getTime() ?? 0) - Date.now()) < 60_000)
  })

  test('secrets are a service of their own, also in what identity pools have by the same name', async () => {
    const keys = await entities.user('secretary', [allow('secretsmanager:*')])
    const client = rolecall.secrets(keys)
    await client.send(new sm.CreateSecretCommand({ Name: 'kept', SecretString: 'x' }))
    await client.send(new sm.TagResourceCommand({ SecretId: 'kept', Tags: [{ Key: 'a', Value: 'b' }] }))
    await client.send(new sm.GetSecretValueCommand({ SecretId: 'kept' }))
    assert.deepEqual(summary(await report(userArn('secretary'))), [
      ['secretsmanager', userArn('secretary'), 1, ['CreateSecret', 'GetSecretValue', 'TagResource']],
    ])
  })

  test('a role’s sessions count for the role, refused attempts and what only looks among them', async () => {
    assert.deepEqual(summary(await report(roleArn('worker'))), [
      ['iam', roleArn('worker'), 1, ['CreateUser', 'ListUsers']],
    ])
    const [service] = (await report(roleArn('worker'), 'SERVICE_LEVEL')).ServicesLastAccessed ?? []
    assert.equal(service?.TrackedActionsLastAccessed, undefined)
  })

  test('of a policy and of a group it is told who used what they allow', async () => {
    const ofPolicy = await report(shared)
    assert.deepEqual(summary(ofPolicy), [['iam', roleArn('worker'), 1, ['CreateUser', 'ListUsers']]])
    const entitiesFor = async (JobId: string, ServiceNamespace: string) => {
      const asked = new iam.GetServiceLastAccessedDetailsWithEntitiesCommand({ JobId, ServiceNamespace })
      const { EntityDetailsList = [] } = await root.send(asked)
      return EntityDetailsList.map(({ EntityInfo, LastAuthenticated }) => [
        EntityInfo?.Arn,
        EntityInfo?.Type,
        LastAuthenticated !== undefined,
      ])
    }
    assert.deepEqual(
      await entitiesFor(ofPolicy.JobId, 'iam'),
      [
        [userArn('grace'), 'USER', false],
        [roleArn('worker'), 'ROLE', true],
      ].sort((one, other) => (String(one[0]) < String(other[0]) ? -1 : 1)),
    )
    const ofGroup = await report(`arn:aws:iam::${accountId}:group/team`)
    assert.deepEqual(summary(ofGroup), [
      ['cloudtrail', undefined, 0, []],
      ['sts', userArn('ada'), 1, ['AssumeRole']],
    ])
    assert.deepEqual(await entitiesFor(ofGroup.JobId, 'sts'), [
      [userArn('ada'), 'USER', true],
      [userArn('grace'), 'USER', false],
    ])
  })

  test('who gets a name anew has not done what was done under it before', async () => {
    await root.send(new iam.DetachRolePolicyCommand({ RoleName: 'worker', PolicyArn: shared }))
    await root.send(new iam.DeleteRoleCommand({ RoleName: 'worker' }))
    await rolecall.createRole('worker', { Version: '2012-10-17', Statement: trust })
    await root.send(new iam.AttachRolePolicyCommand({ RoleName: 'worker', PolicyArn: shared }))
    assert.deepEqual(summary(await report(roleArn('worker'))), [['iam', undefined, 0, []]])
  })

  test('which policies grant a service is told, with where they come from', async () => {
    const asked = new iam.ListPoliciesGrantingServiceAccessCommand({
      Arn: userArn('grace'),
      ServiceNamespaces: ['iam', 'sts', 's3'],
    })
    const { PoliciesGrantingServiceAccess, IsTruncated } = await root.send(asked)
    assert.equal(IsTruncated, false)
    assert.deepEqual(PoliciesGrantingServiceAccess, [
      {
        ServiceNamespace: 'iam',
        Policies: [{ PolicyName: 'shared', PolicyType: 'MANAGED', PolicyArn: shared }],
      },
      {
        ServiceNamespace: 'sts',
        Policies: [{ PolicyName: 'work', PolicyType: 'INLINE', EntityType: 'GROUP', EntityName: 'team' }],
      },
      { ServiceNamespace: 's3', Policies: [] },
    ])
  })

  test('only so many reports are begun at once, and each that was is finished', async () => {
    const begun = await Promise.allSettled(Array.from({ length: 60 }, () => begin(userArn('ada'))))
    const ids = begun.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
    assert.ok(ids.length >= 20)
    for (const one of begun) if (one.status === 'rejected') assert.equal(one.reason.name, 'Throttling')
    for (const JobId of ids) {
      const asked = new iam.GetServiceLastAccessedDetailsCommand({ JobId })
      while ((await root.send(asked)).JobStatus !== 'COMPLETED') {
        await new Promise(resolve => setTimeout(resolve, 10))
      }
    }
  })

  test('a job that nobody began, and one about nobody, are refused', async () => {
    const JobId = '00000000-0000-4000-8000-000000000000'
    const asked = new iam.GetServiceLastAccessedDetailsCommand({ JobId })
    assert.equal((await faultOf(root.send(asked))).code, 'NoSuchEntity')
    assert.equal((await faultOf(begin(userArn('nobody')))).code, 'NoSuchEntity')
    assert.equal((await faultOf(begin(`arn:aws:iam::${accountId}:policy/none`))).code, 'NoSuchEntity')
  })

  test('a job whose node died is told as failed, after a while', async () => {
    const id = '11111111-1111-4111-8111-111111111111'
    const { store } = rolecall.rolecall
    const begun = { arn: userArn('ada'), createdAtMs: Date.now() }
    await store.accessReports.create({ ...begun, id })
    const status = async (JobId: string) =>
      (await root.send(new iam.GetServiceLastAccessedDetailsCommand({ JobId }))).JobStatus
    assert.equal(await status(id), 'IN_PROGRESS')
    const dead = id.replaceAll('1', '2')
    await store.accessReports.create({ ...begun, id: dead, createdAtMs: Date.now() - 11 * 60_000 })
    assert.equal(await status(dead), 'FAILED')
    await store.accessReports.prune(Date.now() + 8 * 86_400_000)
    assert.equal(await store.accessReports.find(id), undefined)
  })
}

for (const [pattern, service, is] of [
  ['*', 'iam', true],
  ['iam:*', 'iam', true],
  ['IAM:getUser', 'iam', true],
  ['sts:AssumeRole', 'iam', false],
] as const) {
  test(`an allow of ${pattern} is ${is ? 'one' : 'none'} of ${service}`, () => {
    assert.equal(grants(policyOf(allow(pattern)), service), is)
  })
}

test('an allow of all but some is one of every service but those that it takes out whole', () => {
  const document = policyOf({ Effect: 'Allow', NotAction: ['iam:*', 'sts:AssumeRole'], Resource: '*' })
  assert.deepEqual(
    ['iam', 'sts', 'cloudtrail'].map(service => grants(document, service)),
    [false, true, true],
  )
  const deny = policyOf({ Effect: 'Deny', Action: '*', Resource: '*' })
  assert.equal(grants(deny, 'iam'), false)
})
