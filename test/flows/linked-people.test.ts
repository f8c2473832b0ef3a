import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Event, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { ListRolesCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { accountWalk, noticeOf } from '../support/account-walk.ts'
import { assumeRole, faultOf, keysOf, setPolicy } from '../support/aws-calls.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import type { HttpBrowser } from '../support/http-browser.ts'
import { faultIn } from '../support/post-form.ts'
import type { Keys } from '../support/rolecall.ts'
import { postSigned } from '../support/signed-form.ts'

const demo = await startDemoRolecall()
const { url, accountId } = demo
const walk = accountWalk(demo)
const googleSub = '100000000000000000011'
const facebookId = '10000000000000011'

const { browser } = await demo.signIn('google', 'ada')
const personId = await walk.link(browser, 'facebook', 'ada')
const google = `arn:aws:iam::${accountId}:oidc-provider/${new URL(String(demo.providers.google?.issuer)).host}`
const action = 'sts:AssumeRoleWithWebIdentity'
const trust = (statement: object) => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: action, ...statement },
})
const byKey = await demo.createRole(
  'by-key',
  trust({
    Principal: '*',
    Condition: { StringEquals: { 'rolecall:person': personId } },
  }),
)
const byArn = await demo.createRole(
  'by-arn',
  trust({ Principal: { Federated: `arn:aws:iam::${accountId}:person/${personId}` } }),
)
const inner = await demo.createRole('inner', {
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { AWS: byKey },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'rolecall:person': personId } },
  },
})

async function take(page: HttpBrowser, role: string): Promise<Keys> {
  const html = await (await page.post(`${url}/credentials`, { role, duration: '900' })).text()
  const json = /<pre id="json"[^>]*>([^<]+)</.exec(html)?.[1]?.replaceAll('&#34;', '"')
  assert.ok(json, html)
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
  } = JSON.parse(json)
  return { accessKeyId, secretAccessKey, sessionToken }
}
const onTheWire = async (role: string, person = 'ada') =>
  assumeRole(
    demo,
    role,
    await (await fetch(`${demo.providers.google?.issuer}/sample-id-token/${person}`)).text(),
  )

async function lives(keys: Keys): Promise<boolean> {
  try {
    await demo.sts(keys).send(new GetCallerIdentityCommand({}))
    return true
  } catch (error) {
    assert.equal((error as { Code?: string }).Code, 'InvalidClientTokenId')
    return false
  }
}

test('a role that trusts a person is assumed by each of their ways in, and by nobody else’s', async () => {
  const { browser: byFacebook } = await demo.signIn('facebook', 'ada')
  for (const role of [byKey, byArn]) {
    for (const page of [browser, byFacebook]) {
      assert.ok((await (await page.get(`${url}/roles`)).text()).includes(`value="${role}"`))
      assert.ok(await lives(await take(page, role)))
    }
    assert.ok(await lives(keysOf(await onTheWire(role))))
    assert.equal((await faultOf(onTheWire(role, 'oksana'))).code, 'AccessDenied')
  }
})

test('the audit log names the same person whichever way they came, beside the provider’s own subject', async () => {
  const { Events = [] } = await demo.cloudTrail().send(
    new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: action.slice(4) }],
    }),
  )
  const records = Events.map(({ CloudTrailEvent }: Event) => JSON.parse(String(CloudTrailEvent)))
  const granted = records.filter(
    ({ errorCode, resources }) => errorCode === undefined && resources[0].ARN === byArn,
  )
  assert.deepEqual(new Set(granted.map(one => one.additionalEventData.person)), new Set([personId]))
  assert.deepEqual(new Set(granted.map(one => one.userIdentity.userName)), new Set([googleSub, facebookId]))
})

test('a session’s own policies can ask who it is, also at the end of a chain', async () => {
  const only = (value: string) => ({
    Effect: 'Allow',
    Action: ['iam:ListRoles', 'sts:AssumeRole'],
    Resource: '*',
    Condition: { StringEquals: { 'rolecall:person': value } },
  })
  const keys = await take(browser, byKey)
  await setPolicy(demo, 'by-key', only('PERSONSOMEBODYELSE'))
  assert.equal((await faultOf(demo.iam(keys).send(new ListRolesCommand({})))).code, 'AccessDenied')
  await setPolicy(demo, 'by-key', only(personId))
  assert.ok(await demo.iam(keys).send(new ListRolesCommand({})))
  await setPolicy(demo, 'inner', only(personId))
  const chained = keysOf(
    await demo.sts(keys).send(new AssumeRoleCommand({ RoleArn: inner, RoleSessionName: 'on' })),
  )
  assert.ok(await demo.iam(chained).send(new ListRolesCommand({})))
})

test('all that a person holds ends together, whichever way they got it and also from before they linked it', async () => {
  const { browser: before } = await demo.signIn('google', 'mateo')
  await demo.createRole('for-google', trust({ Principal: { Federated: google } }))
  const early = await take(before, demo.roleArn('for-google'))
  const mateo = await walk.link(before, 'facebook', 'mateo')
  const role = await demo.createRole(
    'of-mateo',
    trust({ Principal: { Federated: `arn:aws:iam::${accountId}:person/${mateo}` } }),
  )
  const { browser: after } = await demo.signIn('facebook', 'mateo')
  const [one, other, theirs] = [await take(before, role), await take(after, role), await take(browser, byArn)]
  const form = { Action: 'RevokeSessions', Version: '2010-05-08' }
  const answer = await postSigned(demo, 'iam', { ...form, PersonId: mateo })
  assert.equal(answer.status, 200, answer.xml)
  assert.deepEqual(await Promise.all([early, one, other, theirs].map(lives)), [false, false, false, true])
  const absent = await postSigned(demo, 'iam', { ...form, PersonId: 'PERSONAAAAAAAAAAAAAAAAA' })
  assert.equal(faultIn(absent).code, 'NoSuchEntity')
  const both = await postSigned(demo, 'iam', { ...form, PersonId: mateo, RoleName: 'x' })
  assert.equal(faultIn(both).code, 'ValidationError')
})

test('what was got by a way ends when it is unlinked, and linking it anew does not revive it', async () => {
  const { browser: byFacebook } = await demo.signIn('facebook', 'ada')
  const [theirs, mine] = [await take(byFacebook, byArn), await take(browser, byArn)]
  const chainStart = await take(byFacebook, byKey)
  await setPolicy(demo, 'by-key', { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' })
  const chained = keysOf(
    await demo.sts(chainStart).send(new AssumeRoleCommand({ RoleArn: inner, RoleSessionName: 'on' })),
  )
  const html = await (await browser.get(`${url}/account`)).text()
  const issuer =
    new RegExp(`name="issuer" value="([^"]+)">\\s*<input[^>]+value="${facebookId}"`).exec(html)?.[1] ?? ''
  const answer = await walk.unlink(browser, { issuer, subject: facebookId }, 'facebook', 'ada')
  assert.equal(noticeOf(answer), 'unlinked')
  assert.deepEqual(await Promise.all([theirs, chainStart, chained, mine].map(lives)), [
    false,
    false,
    false,
    true,
  ])
  const refused = await byFacebook.post(`${url}/credentials`, { role: byArn, duration: '900' })
  assert.equal(refused.status, 403)

  demo.advanceMs(2_000)
  assert.equal(await walk.link(browser, 'facebook', 'ada'), personId)
  assert.deepEqual(await Promise.all([theirs, chained].map(lives)), [false, false])
  assert.ok(await lives(await take(byFacebook, byArn)))
})
