import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultIn, postForm } from '../support/post-form.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { createAsker } from './web-identity-form.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const role = await rolecall.createRole('worker', trusting(accountId, issuer))
const ask = createAsker(rolecall, issuer, role)
const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

test('an answer is XML of the one form that AWS’s clients read', async () => {
  const { status, headers, xml } = await ask()
  assert.equal(status, 200)
  assert.match(headers['content-type'] ?? '', /^text\/xml/)
  assert.equal(headers['cache-control'], 'no-store')
  const requestId = headers['x-amzn-requestid'] ?? ''
  assert.match(requestId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  const shape = xml
    .replace(/<AccessKeyId>ASIA[A-Z2-7]{16}</, '<AccessKeyId>KEY<')
    .replace(/<SecretAccessKey>[A-Za-z0-9+/]{40}</, '<SecretAccessKey>SECRET<')
    .replace(/<SessionToken>[\w-]+</, '<SessionToken>TOKEN<')
    .replace(/<Expiration>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ</, '<Expiration>TIME<')
    .replace(/<AssumedRoleId>AROA[A-Z2-7]{17}:ada</, '<AssumedRoleId>ID:ada<')
    .replace(/>\s+</g, '><')
  assert.equal(
    shape,
    `<AssumeRoleWithWebIdentityResponse xmlns="${namespace}"><AssumeRoleWithWebIdentityResult>` +
      '<SubjectFromWebIdentityToken>person-1</SubjectFromWebIdentityToken><Audience>rolecall</Audience>' +
      `<AssumedRoleUser><AssumedRoleId>ID:ada</AssumedRoleId><Arn>arn:aws:sts::${accountId}:assumed-role/worker/ada</Arn></AssumedRoleUser>` +
      '<Credentials><AccessKeyId>KEY</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey>' +
      '<SessionToken>TOKEN</SessionToken><Expiration>TIME</Expiration></Credentials>' +
      `<Provider>${issuer.url}</Provider></AssumeRoleWithWebIdentityResult>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`,
  )
})

test('a refusal is XML of the one form, under the request id of its header', async () => {
  const { status, headers, xml } = await ask({ RoleArn: rolecall.roleArn('nobody') })
  assert.equal(status, 403)
  assert.match(headers['content-type'] ?? '', /^text\/xml/)
  assert.equal(
    xml,
    `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>AccessDenied</Code>` +
      '<Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error>' +
      `<RequestId>${headers['x-amzn-requestid']}</RequestId></ErrorResponse>`,
  )
})

test('every request has an id of its own, whatever the caller says it is', async () => {
  const form = { Action: 'GetCallerIdentity', Version: '2011-06-15' }
  const mine = { 'x-amzn-requestid': 'mine', 'x-request-id': 'mine' }
  const answers = await Promise.all([postForm(rolecall, form, mine), postForm(rolecall, form, mine)])
  const ids = answers.map(({ headers }) => headers['x-amzn-requestid'])
  assert.equal(new Set([...ids, 'mine']).size, 3)
})

test('what a caller sends comes back as text, never as markup', async () => {
  const arn = 'arn:aws:iam::1:role/</Message><Code>OK & "fine"</Code>'
  const answer = await ask({ RoleArn: arn })
  assert.ok(!answer.xml.includes('<Code>OK'))
  assert.equal(faultIn(answer).message, `${arn} is invalid`)
  const control = await ask({ RoleArn: 'arn:aws:iam::1:role/\u0000\u001b\ufffe' })
  assert.equal(faultIn(control).message, 'arn:aws:iam::1:role/\ufffd\ufffd\ufffd is invalid')
})

test('a token never comes back, and never is logged, whatever is wrong with the request', async () => {
  const token = issuer.sign({ sub: 'a-secret-subject' })
  for (const changes of [{}, { RoleArn: 'x' }, { ProviderId: 'graph.facebook.com' }, { Version: '1' }]) {
    const { xml } = await ask({ WebIdentityToken: token, ...changes })
    assert.ok(!xml.includes(token))
  }
  assert.ok(!rolecall.logged().includes(token))
  assert.ok(!rolecall.logged().includes(token.split('.')[2] ?? token))
})

const lookup = 'Action=GetCallerIdentity&Version=2011-06-15'

for (const [story, form, code, message] of [
  [
    'an action that no service has',
    'Action=Nonsense&Version=2011-06-15',
    'InvalidAction',
    /^Could not find operation Nonsense for version 2011-06-15$/,
  ],
  [
    'an action in another case',
    'Action=assumerolewithwebidentity&Version=2011-06-15',
    'InvalidAction',
    /^Could not find operation assumerolewithwebidentity for version 2011-06-15$/,
  ],
  [
    'an action that only another service has',
    'Action=CreateRole&Version=2011-06-15',
    'InvalidAction',
    /^Could not find operation CreateRole for version 2011-06-15$/,
  ],
  [
    'an action named like a member of every object',
    'Action=constructor&Version=2011-06-15',
    'InvalidAction',
    /^Could not find operation constructor/,
  ],
  ['a wrong version', 'Action=GetCallerIdentity&Version=2012-01-01', 'InvalidAction', /2012-01-01/],
  ['no version', 'Action=GetCallerIdentity', 'InvalidAction', /version/],
  ['an empty action', 'Action=&Version=2011-06-15', 'InvalidAction', /operation/],
  ['a parameter that comes twice', `${lookup}&Action=AssumeRole`, 'MalformedQueryString', /./],
  ['a broken escape', `${lookup}&X=%zz`, 'MalformedQueryString', /./],
  ['an escape that is no UTF-8', `${lookup}&X=%ff`, 'MalformedQueryString', /./],
] as const) {
  test(`${story} is refused: ${code}`, async () => {
    const fault = faultIn(await postForm(rolecall, form))
    assert.deepEqual([fault.code, fault.status, fault.type], [code, 400, 'Sender'])
    assert.match(fault.message, message)
  })
}

test('a request without an action is refused', async () => {
  for (const form of ['', 'Version=2011-06-15', 'action=GetCallerIdentity&version=2011-06-15']) {
    const { code, status } = faultIn(await postForm(rolecall, form))
    assert.deepEqual([code, status], ['MissingAction', 400])
  }
})

test('a body of more than half a megabyte is refused before it is read', async () => {
  const answer = await postForm(rolecall, `${lookup}&X=${'x'.repeat(512 * 1024)}`)
  assert.deepEqual([faultIn(answer).code, answer.status], ['RequestEntityTooLarge', 413])
})

test('an action that must be signed and is not, is refused', async () => {
  assert.deepEqual(faultIn(await postForm(rolecall, lookup)), {
    code: 'MissingAuthenticationToken',
    status: 403,
    message: 'Request is missing Authentication Token',
    type: 'Sender',
  })
})
