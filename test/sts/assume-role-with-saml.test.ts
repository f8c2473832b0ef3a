import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { AssumeRoleCommand, AssumeRoleWithSAMLCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { allow, faultOf, keysOf, setPolicy } from '../support/aws-calls.ts'
import { faultIn, postForm } from '../support/post-form.ts'
import { startRolecall } from '../support/rolecall.ts'
import { type Asked, awsAttributes, createSamlIdp, encode, selfSigned } from '../support/saml-idp.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const idp = createSamlIdp()
const own = selfSigned('rolecall')
const root = rolecall.iam()
const { SAMLProviderArn: PrincipalArn = '' } = await root.send(
  new iam.CreateSAMLProviderCommand({
    Name: 'corp',
    SAMLMetadataDocument: idp.metadata(),
    AddPrivateKey: own.privateKey,
  }),
)
const meant = { recipient: `${rolecall.url}/saml/acs`, audience: `${rolecall.url}/saml/metadata` }

function trusting(condition: object = {}, action: string | string[] = 'sts:AssumeRoleWithSAML') {
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Federated: PrincipalArn }, Action: action, Condition: condition },
    ],
  }
}

const RoleArn = await rolecall.createRole('dev', trusting({ StringEquals: { 'SAML:aud': meant.recipient } }))
const respond = async (asked: Partial<Asked> = {}) =>
  encode(await idp.respond({ ...meant, attributes: awsAttributes([RoleArn], PrincipalArn), ...asked }))
const assume = (SAMLAssertion: string, more: object = {}) =>
  rolecall.sts().send(new AssumeRoleWithSAMLCommand({ RoleArn, PrincipalArn, SAMLAssertion, ...more }))

test('a response becomes credentials, under the name that the provider gives', async () => {
  const {
    $metadata: _,
    Credentials,
    AssumedRoleUser,
    NameQualifier,
    ...answer
  } = await assume(await respond())
  assert.deepEqual(answer, {
    Subject: 'ada',
    SubjectType: 'persistent',
    Issuer: idp.entityId,
    Audience: meant.recipient,
  })
  assert.match(NameQualifier ?? '', /^[\w+/]{27}=$/)
  assert.equal(AssumedRoleUser?.Arn, `arn:aws:sts::${accountId}:assumed-role/dev/ada`)
  const keys = keysOf({ Credentials } as never)
  const { Arn } = await rolecall.sts(keys).send(new GetCallerIdentityCommand())
  assert.equal(Arn, AssumedRoleUser?.Arn)
})

test('nothing outlives the session at the provider, also not along a chain', async () => {
  await rolecall.createRole('behind', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: RoleArn }, Action: 'sts:AssumeRole' },
  })
  await setPolicy(rolecall, 'dev', allow('sts:AssumeRole'))
  const answer = await assume(await respond({ sessionEndsAtMs: 1_200_000 }))
  const keys = keysOf(answer as never)
  const asked = { RoleArn: rolecall.roleArn('behind'), RoleSessionName: 'on' }
  const { Credentials } = await rolecall.sts(keys).send(new AssumeRoleCommand(asked))
  assert.deepEqual(Credentials?.Expiration, answer.Credentials?.Expiration)
})

test('no signature and no credentials are needed: the response is the proof', async () => {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithSAML',
    Version: '2011-06-15',
    RoleArn,
    PrincipalArn,
    SAMLAssertion: await respond({ encryptFor: own.certificate }),
  })
  const answer = await fetch(rolecall.url, { method: 'POST', body: form })
  assert.equal(answer.status, 200)
  assert.match(await answer.text(), /<SubjectType>persistent<\/SubjectType>/)
})

test('a response that was used before gives nothing more', async () => {
  const response = await respond()
  await assume(response)
  const { code, status, message } = await faultOf(assume(response))
  assert.deepEqual(
    [code, status, message],
    ['InvalidIdentityToken', 400, 'The SAML response was used before'],
  )
})

test('of many that show the same response at once, one gets credentials', async () => {
  const response = await respond()
  const answers = await Promise.allSettled(Array.from({ length: 10 }, () => assume(response)))
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('tags, a transitive key and a source identity come along where the trust policy lets them', async () => {
  const roleArn = await rolecall.createRole(
    'tagged',
    trusting({}, ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity']),
  )
  await setPolicy(rolecall, 'tagged', {
    ...allow('iam:GetRole'),
    Condition: {
      StringEquals: {
        'aws:PrincipalTag/Project': 'blue',
        'saml:sub': 'ada',
        'aws:FederatedProvider': PrincipalArn,
      },
    },
  })
  const attributes = {
    ...awsAttributes([roleArn], PrincipalArn),
    'https://aws.amazon.com/SAML/Attributes/PrincipalTag:Project': ['blue'],
    'https://aws.amazon.com/SAML/Attributes/SourceIdentity': ['ada@corp'],
  }
  const answer = await assume(await respond({ attributes }), { RoleArn: roleArn })
  assert.equal(answer.SourceIdentity, 'ada@corp')
  const client = rolecall.iam(keysOf(answer))
  assert.ok((await client.send(new iam.GetRoleCommand({ RoleName: 'tagged' }))).Role)
  const refused = faultOf(
    assume(await respond({ attributes: { ...attributes, ...awsAttributes([RoleArn], PrincipalArn) } })),
  )
  assert.equal((await refused).message, 'Not authorized to perform sts:TagSession')
})

test('attributes are asked about in trust policies', async () => {
  const roleArn = await rolecall.createRole(
    'staff',
    trusting({ 'ForAnyValue:StringEquals': { 'saml:edupersonaffiliation': 'staff', 'saml:groups': 'dev' } }),
  )
  const attributes = (affiliation: string) => ({
    ...awsAttributes([roleArn], PrincipalArn),
    'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': ['member', affiliation],
    groups: ['dev', 'ops'],
  })
  assert.ok(await assume(await respond({ attributes: attributes('staff') }), { RoleArn: roleArn }))
  const refused = await faultOf(
    assume(await respond({ attributes: attributes('student') }), { RoleArn: roleArn }),
  )
  assert.deepEqual([refused.code, refused.status], ['AccessDenied', 403])
})

test('a role that the response does not name, that does not trust it, or is not there: one and the same answer', async () => {
  const other = await rolecall.createRole('unnamed', trusting())
  const closed = await rolecall.createRole('closed', trusting({ StringEquals: { 'saml:sub': 'eve' } }))
  const absent = rolecall.roleArn('absent')
  const attributes = awsAttributes([RoleArn, closed, absent], PrincipalArn)
  const answers = new Set<string>()
  for (const role of [other, closed, absent]) {
    answers.add(JSON.stringify(await faultOf(assume(await respond({ attributes }), { RoleArn: role }))))
  }
  assert.deepEqual(
    [...answers].map(answer => JSON.parse(answer)),
    [
      {
        code: 'AccessDenied',
        status: 403,
        type: 'Sender',
        message: 'Not authorized to perform sts:AssumeRoleWithSAML',
      },
    ],
  )
})

test('a trust policy that allows web identities alone does not admit a response', async () => {
  const roleArn = await rolecall.createRole('web-only', trusting({}, 'sts:AssumeRoleWithWebIdentity'))
  const attributes = awsAttributes([roleArn], PrincipalArn)
  const { code } = await faultOf(assume(await respond({ attributes }), { RoleArn: roleArn }))
  assert.equal(code, 'AccessDenied')
})

test('credentials end with the session at the provider, where that ends sooner', async () => {
  const { Credentials } = await assume(await respond({ sessionEndsAtMs: 1_000_000 }))
  const seconds = ((Credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 1000
  assert.ok(seconds > 900 && seconds <= 1000, String(seconds))
})

test('SessionDuration is for browsers: here DurationSeconds says how long, as on AWS', async () => {
  const SessionDuration = 'https://aws.amazon.com/SAML/Attributes/SessionDuration'
  const attributes = { ...awsAttributes([RoleArn], PrincipalArn), [SessionDuration]: ['900'] }
  const { Credentials } = await assume(await respond({ attributes }), { DurationSeconds: 3600 })
  const seconds = ((Credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 1000
  assert.ok(seconds > 3500, String(seconds))
})

for (const [story, more, code] of [
  ['a longer session than the role has', { DurationSeconds: 7200 }, 'ValidationError'],
  ['a provider that is not there', { PrincipalArn: `${PrincipalArn}2` }, 'InvalidIdentityToken'],
  ['a provider of another kind', { PrincipalArn: PrincipalArn.replace('saml', 'oidc') }, 'ValidationError'],
  ['a session policy that does not parse', { Policy: '{' }, 'MalformedPolicyDocument'],
] as const) {
  test(`${story} is refused with ${code}`, async () => {
    assert.equal((await faultOf(assume(await respond(), more))).code, code)
  })
}

test('a response for somebody else is refused, and says nothing but that', async () => {
  const fault = await faultOf(assume(await respond({ audience: 'urn:amazon:webservices' })))
  assert.deepEqual(
    [fault.code, fault.message],
    ['InvalidIdentityToken', 'Response does not contain the required audience'],
  )
})

test('the audit log knows who it was, and by what action', async () => {
  const before = await assume(await respond({ nameId: 'grace' }))
  assert.ok(before.Credentials)
  const { CloudTrailClient: _, LookupEventsCommand } = await import('@aws-sdk/client-cloudtrail')
  const { Events = [] } = await rolecall.cloudTrail().send(
    new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'AssumeRoleWithSAML' }],
    }),
  )
  const records = Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent ?? '{}'))
  const record = records.find(({ responseElements }) =>
    JSON.stringify(responseElements ?? {}).includes(before.Credentials?.AccessKeyId ?? 'none'),
  )
  assert.equal(record?.userIdentity.type, 'SAMLUser')
  assert.match(JSON.stringify(record.userIdentity), /grace/)
})

test('our metadata are there for the provider’s operator to take', async () => {
  const answer = await fetch(`${rolecall.url}/saml/metadata`)
  assert.equal(answer.headers.get('content-type'), 'application/samlmetadata+xml; charset=utf-8')
  const xml = await answer.text()
  assert.match(xml, new RegExp(`entityID="${meant.audience}"`))
  assert.match(xml, new RegExp(`HTTP-POST" Location="${meant.recipient}"`))
})

test('a stranger’s junk is refused only so often from one network', async () => {
  const codes = new Set<string>()
  for (let n = 0; n < 25; n++) {
    const form = { Action: 'AssumeRoleWithSAML', Version: '2011-06-15', RoleArn, PrincipalArn }
    // Not by the SDK, which does as Retry-After says.
    const answer = await postForm(rolecall, { ...form, SAMLAssertion: encode(`<junk n="${n}"/>`) })
    codes.add(faultIn(answer).code)
    assert.equal('retry-after' in answer.headers, codes.has('Throttling'))
  }
  assert.deepEqual([...codes], ['InvalidIdentityToken', 'Throttling'])
})
