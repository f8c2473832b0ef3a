import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type LookupAttributeKey,
  LookupEventsCommand,
  type LookupEventsCommandInput,
  paginateLookupEvents,
} from '@aws-sdk/client-cloudtrail'
import { CreateUserCommand, DeleteUserCommand, GetRoleCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { allow, assumeRole, faultOf, keysOf, setPolicy } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { serviceKinds } from '../support/stores.ts'

for (const { kind, skip, settings } of serviceKinds) {
  describe(`the trail on ${kind}`, { skip }, async () => {
    if (skip === false) await readsWhatWasDone(await settings())
  })
}

async function readsWhatWasDone(settings: Record<string, string>): Promise<void> {
  const rolecall = await startRolecall(settings)
  const { accountId, roleArn } = rolecall
  const trail = rolecall.cloudTrail()
  const entities = entitiesOf(rolecall)
  const issuer = await rolecall.registerIssuer()
  await rolecall.createRole('entry', trusting(accountId, issuer))
  const trust = { Effect: 'Allow', Principal: { AWS: roleArn('entry') }, Action: 'sts:AssumeRole' }
  await rolecall.createRole('inner', { Version: '2012-10-17', Statement: trust })
  await setPolicy(rolecall, 'inner', allow('iam:CreateUser'))
  const entry = await assumeRole(rolecall, roleArn('entry'), issuer.sign())
  const take = new AssumeRoleCommand({ RoleArn: roleArn('inner'), RoleSessionName: 'inside' })
  const inner = await rolecall.sts(keysOf(entry)).send(take)
  const asInner = rolecall.iam(keysOf(inner))
  await asInner.send(new CreateUserCommand({ UserName: 'made-inside', Path: '/team/' }))
  await faultOf(asInner.send(new GetRoleCommand({ RoleName: 'entry' })))

  const lookUp = async (AttributeKey: LookupAttributeKey, AttributeValue: string, more: object = {}) => {
    const asked = { LookupAttributes: [{ AttributeKey, AttributeValue }], ...more }
    const { Events = [] } = await trail.send(new LookupEventsCommand(asked))
    return Events.map(event => ({ ...event, record: JSON.parse(event.CloudTrailEvent ?? '') }))
  }

  test('an event is told in CloudTrail’s shape', async () => {
    const [event] = await lookUp('EventName', 'CreateUser')
    assert.ok(event)
    assert.equal(event.EventSource, 'iam.amazonaws.com')
    assert.equal(event.Username, 'inside')
    assert.equal(event.AccessKeyId, inner.Credentials?.AccessKeyId)
    assert.equal(event.ReadOnly, 'false')
    assert.ok(Math.abs(Number(event.EventTime) - Date.now()) < 60_000)
    const arn = `arn:aws:iam::${accountId}:user/team/made-inside`
    assert.deepEqual(event.Resources, [{ ResourceName: arn, ResourceType: 'AWS::IAM::User' }])
    const { record } = event
    assert.deepEqual(record.userIdentity, {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${accountId}:assumed-role/inner/inside`,
      accountId,
      accessKeyId: inner.Credentials?.AccessKeyId,
      sessionContext: {
        sessionIssuer: { type: 'Role', accountId, userName: 'inner' },
        webIdFederationData: {},
      },
    })
    assert.equal(record.eventID, event.EventId)
    assert.equal(record.sourceIPAddress, '127.0.0.1')
    assert.match(record.userAgent, /aws-sdk-js/)
    assert.equal(record.recipientAccountId, accountId)
  })

  test('from a credential its whole chain is followed back to the person', async () => {
    const [made] = await lookUp('EventName', 'CreateUser')
    const given = async (accessKeyId: string | undefined) => {
      const events = await lookUp('AccessKeyId', accessKeyId ?? '')
      const event = events.find(
        ({ record }) => record.responseElements?.credentials.accessKeyId === accessKeyId,
      )
      assert.ok(event)
      return event.record
    }
    const taken = await given(made?.AccessKeyId)
    assert.equal(taken.eventName, 'AssumeRole')
    assert.equal(taken.userIdentity.sessionContext.webIdFederationData.federatedProvider, issuer.url)
    const entered = await given(taken.userIdentity.accessKeyId)
    assert.equal(entered.eventName, 'AssumeRoleWithWebIdentity')
    assert.equal(entered.userIdentity.type, 'WebIdentityUser')
    assert.deepEqual(
      [entered.userIdentity.identityProvider, entered.userIdentity.userName],
      [issuer.url, taken.userIdentity.sessionContext.webIdFederationData.attributes.subject],
    )
    assert.ok(!JSON.stringify(entered).includes(entry.Credentials?.SecretAccessKey ?? ''))
  })

  test('a refusal has its code and reason', async () => {
    const [event] = await lookUp('EventName', 'GetRole')
    assert.equal(event?.record.errorCode, 'AccessDenied')
    assert.equal(event?.record.errorMessage, 'access.denied')
    assert.equal(event?.ReadOnly, 'true')
  })

  test('what is found by source, by kind of resource and by whether it only looked is what shows just that', async () => {
    const all = (await trail.send(new LookupEventsCommand({ MaxResults: 50 }))).Events ?? []
    const idsOf = (events: readonly { EventId?: string | undefined }[]) =>
      events.map(({ EventId }) => EventId).sort()
    const known = new Set(idsOf(all))
    const types = ['Role', 'User', 'Group', 'Policy', 'AccessKey'].map(type => `AWS::IAM::${type}`)
    for (const [key, value, shows] of [
      ...['true', 'false'].map(value => ['ReadOnly', value, 'ReadOnly'] as const),
      ...['sts', 'iam', 'cloudtrail', 's3'].map(
        name => ['EventSource', `${name}.amazonaws.com`, 'EventSource'] as const,
      ),
      ...types.map(type => ['ResourceType', type, undefined] as const),
      ['ReadOnly', 'perhaps', 'ReadOnly'] as const,
      ['ResourceType', 'AWS::S3::Bucket', undefined] as const,
    ]) {
      const expected = all.filter(event =>
        shows === undefined
          ? event.Resources?.some(({ ResourceType }) => ResourceType === value)
          : event[shows] === value,
      )
      // What this test itself asks is in the log as well by now.
      const found = (await lookUp(key, value)).filter(({ EventId }) => known.has(EventId))
      assert.deepEqual(idsOf(found), idsOf(expected), `${key} ${value}`)
    }
    const counted = (key: 'ReadOnly' | 'EventSource', value: string) =>
      all.filter(event => event[key] === value).length
    for (const value of ['true', 'false']) assert.ok(counted('ReadOnly', value) > 0)
    for (const value of ['sts', 'iam']) assert.ok(counted('EventSource', `${value}.amazonaws.com`) > 0)
  })

  test('events are found by their id, by resource, whole or by name, and by user', async () => {
    const [made] = await lookUp('EventName', 'CreateUser')
    assert.ok(made)
    assert.deepEqual(
      (await lookUp('EventId', made.EventId ?? '')).map(({ EventId }) => EventId),
      [made.EventId],
    )
    for (const name of [`arn:aws:iam::${accountId}:user/team/made-inside`, 'made-inside']) {
      assert.equal((await lookUp('ResourceName', name))[0]?.EventId, made.EventId)
    }
    assert.ok((await lookUp('Username', 'inside')).some(({ EventId }) => EventId === made.EventId))
    for (const [key, value] of [
      ['EventId', 'none'],
      ['ResourceName', 'made-insid_'],
      ['ResourceName', '%'],
      ['Username', '%'],
      ['Username', 'nside'],
    ] as const) {
      assert.deepEqual(await lookUp(key, value), [], value)
    }
  })

  test('what the account’s owner did is found by the name that is shown for them', async () => {
    const [made] = await lookUp('EventName', 'CreateRole')
    assert.ok(made)
    assert.equal(made.Username, 'root')
    assert.ok((await lookUp('Username', 'root')).some(({ EventId }) => EventId === made.EventId))
  })

  test('a time span bounds what is found', async () => {
    const minute = 60_000
    const at = (ms: number) => new Date(Date.now() + ms)
    assert.equal((await lookUp('EventName', 'CreateUser', { StartTime: at(-minute) })).length, 1)
    assert.equal((await lookUp('EventName', 'CreateUser', { StartTime: at(minute) })).length, 0)
    assert.equal((await lookUp('EventName', 'CreateUser', { EndTime: at(-minute) })).length, 0)
    const asked = { StartTime: at(minute), EndTime: at(-minute) }
    const { name } = await trail.send(new LookupEventsCommand(asked)).catch(error => error)
    assert.equal(name, 'InvalidTimeRangeException')
  })

  test('pages give every event once, the newest first', async () => {
    for (let n = 0; n < 5; n++) await entities.group(`paged-${n}`, allow('s3:*'))
    const whole = await lookUp('EventName', 'CreateGroup')
    assert.equal(whole.length, 5)
    const paged: string[] = []
    const asked: LookupEventsCommandInput = {
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateGroup' }],
    }
    for await (const page of paginateLookupEvents({ client: trail, pageSize: 2 }, asked)) {
      assert.ok((page.Events ?? []).length <= 2)
      paged.push(...(page.Events ?? []).map(({ EventId }) => EventId ?? ''))
    }
    assert.deepEqual(
      paged,
      whole.map(({ EventId }) => EventId),
    )
    assert.deepEqual(paged, [...paged].sort().reverse())
    for (const NextToken of ['x', 'MTIzNA==', '-1']) {
      const { name } = await trail.send(new LookupEventsCommand({ NextToken })).catch(error => error)
      assert.equal(name, 'InvalidNextTokenException')
    }
  })

  test('looking takes a permission of its own', async () => {
    const keys = await entities.user('looker')
    const look = () => rolecall.cloudTrail(keys).send(new LookupEventsCommand({}))
    const error = await look().catch(thrown => thrown)
    assert.equal(error.name, 'AccessDeniedException')
    assert.match(error.message, /not authorized to perform: cloudtrail:LookupEvents on resource: \*/)
    await entities.userPolicy('looker', allow('cloudtrail:LookupEvents'))
    assert.ok((await look()).Events?.length)
    await rolecall.iam().send(new DeleteUserCommand({ UserName: 'made-inside' }))
  })
}
