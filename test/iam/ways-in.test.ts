import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Event, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { person } from '../federation/compose-gate.ts'
import { accountWalk } from '../support/account-walk.ts'
import { allow, assumeRole, keysOf } from '../support/aws-calls.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { faultIn, postForm, resultIn } from '../support/post-form.ts'
import type { Keys } from '../support/rolecall.ts'
import { postSigned } from '../support/signed-form.ts'

const demo = await startDemoRolecall()
const { accountId } = demo
const walk = accountWalk(demo)
const { user } = entitiesOf(demo)
const { browser } = await demo.signIn('google', 'ada')
const personId = await walk.link(browser, 'facebook', 'ada')
const personArn = `arn:aws:iam::${accountId}:person/${personId}`
const role = await demo.createRole('of-ada', {
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Federated: personArn },
    Action: 'sts:AssumeRoleWithWebIdentity',
  },
})
const Version = '2010-05-08'
const google = { Issuer: String(demo.providers.google?.issuer), Subject: '100000000000000000011' }

type Form = Record<string, string>
const list = (form: Form, keys?: Keys) =>
  postSigned(demo, 'iam', { Action: 'ListWaysIn', Version, ...form }, keys)
const unlink = (form: Form, keys?: Keys) =>
  postSigned(demo, 'iam', { Action: 'UnlinkWayIn', Version, PersonId: personId, ...form }, keys)

type Way = Form & { Subject: string }
async function listed(form: Form): Promise<{ PersonId: unknown; Arn: unknown; ways: Way[] }> {
  const { PersonId, Arn, WaysIn } = resultIn('ListWaysIn', await list(form))
  return { PersonId, Arn, ways: [Object(WaysIn).member].flat() }
}

async function asAda(): Promise<Keys> {
  const token = await (await fetch(`${google.Issuer}/sample-id-token/ada`)).text()
  return keysOf(await assumeRole(demo, role, token))
}

test('a person is found by their id and by each of their ways, with all of these', async () => {
  const byId = await listed({ PersonId: personId })
  assert.deepEqual([byId.PersonId, byId.Arn], [personId, personArn])
  assert.deepEqual(
    byId.ways.map(({ Kind, StandIn, Subject }) => [Kind, StandIn, Subject]),
    [
      ['facebook', 'true', '10000000000000011'],
      ['oidc', 'true', google.Subject],
    ],
  )
  for (const { LinkDate, LastUsedDate } of byId.ways)
    for (const date of [LinkDate, LastUsedDate]) assert.match(String(date), /^20\d\d-\d\d-\d\dT.*Z$/)
  for (const { Issuer = '', Subject } of byId.ways) assert.deepEqual(await listed({ Issuer, Subject }), byId)
})

for (const [story, form, code] of [
  ['nothing', {}, 'ValidationError'],
  ['a way without its subject', { Issuer: google.Issuer }, 'ValidationError'],
  ['a person and a way at once', { PersonId: personId, ...google }, 'ValidationError'],
  ['a person who is not there', { PersonId: 'PERSONAAAAAAAAAAAAAAAAA' }, 'NoSuchEntity'],
  ['a way that is linked with no other', { ...google, Subject: '1' }, 'NoSuchEntity'],
] as const) {
  test(`to ask for ${story} is answered with ${code}`, async () => {
    assert.equal(faultIn(await list(form)).code, code)
  })
}

test('who may look and who may unlink is decided on the person', async () => {
  const elsewhere = personArn.replace(personId, 'PERSONAAAAAAAAAAAAAAAAA')
  const reader = await user('reader', [allow('iam:ListWaysIn', personArn)])
  assert.equal((await list({ PersonId: personId }, reader)).status, 200)
  const denied = faultIn(await list(google, reader))
  assert.equal(denied.code, 'AccessDenied', 'finding out whose a way is wants leave for everybody')
  assert.doesNotMatch(denied.message, /PERSON/)
  const everybody = await user('everybody', [allow('iam:ListWaysIn', '*')])
  assert.equal((await list(google, everybody)).status, 200)
  const other = await user('other', [allow(['iam:ListWaysIn', 'iam:UnlinkWayIn'], elsewhere)])
  for (const ask of [list({ PersonId: personId }, other), unlink(google, other), unlink(google, everybody)])
    assert.equal(faultIn(await ask).code, 'AccessDenied')
  for (const Action of ['ListWaysIn', 'UnlinkWayIn']) {
    const unsigned = await postForm(demo, { Action, Version, PersonId: personId, ...google })
    assert.equal(faultIn(unsigned).code, 'MissingAuthenticationToken')
  }
  assert.equal((await listed({ PersonId: personId })).ways.length, 2)
})

test('an operator takes off a way that its owner can’t, what was got by it ends, and the log has which and who', async () => {
  const keys = await asAda()
  await demo.sts(keys).send(new GetCallerIdentityCommand({}))
  const operator = await user('operator', [allow('iam:UnlinkWayIn', personArn)])
  assert.equal((await unlink(google, operator)).status, 200)
  await assert.rejects(demo.sts(keys).send(new GetCallerIdentityCommand({})), {
    Code: 'InvalidClientTokenId',
  })
  await assert.rejects(asAda(), { Code: 'AccessDenied' })
  assert.equal((await listed({ PersonId: personId })).ways.length, 1)
  assert.equal(await walk.personIdOn((await demo.signIn('facebook', 'ada')).browser), personId)

  const { Events = [] } = await demo.cloudTrail().send(
    new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'UnlinkWayIn' }],
    }),
  )
  const records = Events.map(({ CloudTrailEvent }: Event) => JSON.parse(String(CloudTrailEvent)))
  const [row] = records.filter(({ errorCode }) => errorCode === undefined)
  assert.equal(row.userIdentity.userName, 'operator')
  assert.deepEqual(row.resources, [{ ARN: personArn, accountId }])
  assert.deepEqual(row.additionalEventData, {
    person: personId,
    way: { issuer: google.Issuer, subject: google.Subject },
  })
})

test('operators find, revoke and unlink also whoever has as long a name as a SAML provider may give', async () => {
  const { people } = demo.rolecall.store
  const id = 'PERSONBBBBBBBBBBBBBBBBB'
  const Issuer = `arn:aws:iam::${accountId}:saml-provider/${'c'.repeat(128)}`
  const [long, other] = ['l', 'o'].map(letter => letter.repeat(1_024))
  const ways = [long, other].map((Subject = '') => ({ Issuer, Subject }))
  const [present, added] = ways.map(({ Subject }) =>
    person({ kind: 'saml', issuer: Issuer, provider: Issuer, subject: Subject }),
  )
  assert.ok(present && added)
  await people.link({ personId: id, present, added }, demo.nowMs())
  for (const way of ways) {
    assert.equal((await listed(way)).PersonId, id)
    const revoked = await postSigned(demo, 'iam', { Action: 'RevokeSessions', Version, ...way })
    assert.equal(revoked.status, 200, revoked.xml)
  }
  const [, lost = {}] = ways
  assert.equal((await unlink({ PersonId: id, ...lost })).status, 200)
  assert.deepEqual(
    (await listed({ PersonId: id })).ways.map(({ Subject }) => Subject),
    [long],
  )
  const longer = { Issuer, Subject: 'l'.repeat(1_025) }
  for (const ask of [list(longer), unlink({ PersonId: id, ...longer })])
    assert.equal(faultIn(await ask).code, 'ValidationError')
})

test('the last way stays, and one that is not theirs is nothing to unlink', async () => {
  assert.equal(faultIn(await unlink(google)).code, 'NoSuchEntity')
  const [last] = (await listed({ PersonId: personId })).ways
  const { Issuer = '', Subject = '' }: Partial<Way> = last ?? {}
  assert.equal(faultIn(await unlink({ Issuer, Subject })).code, 'DeleteConflict')
  assert.equal(await walk.personIdOn((await demo.signIn('facebook', 'ada')).browser), personId)
})
