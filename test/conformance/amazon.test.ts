import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { GetRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { ada, appId, eve, startAmazon, trustingAmazon } from '../support/amazon.ts'
import { assumeRole, faultOf, keysOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'

const amazon = await startAmazon()
const rolecall = await startRolecall(amazon.env)
const provider = { ProviderId: 'www.amazon.com' }

const key = (name: string) => `www.amazon.com:${name}`
const role = await rolecall.createRole(
  'shopper',
  trustingAmazon({
    [key('app_id')]: appId,
    [key('user_id')]: ada.user_id,
    'aws:FederatedProvider': 'www.amazon.com',
  }),
)

beforeEach(() => amazon.recover())

test('a Login with Amazon access token becomes credentials, and the answer names Amazon, its app and its person', async () => {
  const answer = await assumeRole(rolecall, role, amazon.tokenOf(), provider)
  assert.equal(answer.Provider, 'www.amazon.com')
  assert.equal(answer.Audience, appId)
  assert.equal(answer.SubjectFromWebIdentityToken, ada.user_id)
  const { Arn } = await rolecall.sts(keysOf(answer)).send(new GetCallerIdentityCommand())
  assert.equal(Arn, `arn:aws:sts::${rolecall.accountId}:assumed-role/shopper/ada`)
})

test('a session’s policies may ask whose it is, and of which app', async () => {
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'iam:GetRole',
        Resource: `arn:aws:iam::${rolecall.accountId}:role/\${www.amazon.com:user_id}`,
        Condition: { StringEquals: { [key('app_id')]: appId } },
      },
    ],
  }
  const named = await rolecall.createRole(ada.user_id, trustingAmazon({ [key('app_id')]: appId }))
  await rolecall.iam().send(
    new PutRolePolicyCommand({
      RoleName: ada.user_id,
      PolicyName: 'own',
      PolicyDocument: JSON.stringify(policy),
    }),
  )
  const get = async (token: string) => {
    const keys = keysOf(await assumeRole(rolecall, named, token, provider))
    return rolecall.iam(keys).send(new GetRoleCommand({ RoleName: ada.user_id }))
  }
  assert.equal((await get(amazon.tokenOf())).Role?.RoleName, ada.user_id)
  assert.equal((await faultOf(get(amazon.tokenOf(eve)))).code, 'AccessDenied')
})

for (const [story, tokenOf, more, code, status] of [
  ['of another app', () => amazon.tokenOf(ada, { aud: 'evil' }), provider, 'IDPRejectedClaim', 403],
  ['that has expired', () => amazon.tokenOf(ada, { exp: 0 }), provider, 'IDPRejectedClaim', 403],
  ['of another person', () => amazon.tokenOf(eve), provider, 'AccessDenied', 403],
  ['that Amazon does not know', () => 'Atza|made-up', provider, 'IDPRejectedClaim', 403],
  ['without its ProviderId', () => amazon.tokenOf(), {}, 'InvalidIdentityToken', 400],
  [
    'that claims to be Facebook’s',
    () => amazon.tokenOf(),
    { ProviderId: 'graph.facebook.com' },
    'InvalidIdentityToken',
    400,
  ],
  [
    'with the issuer for its ProviderId',
    () => amazon.tokenOf(),
    { ProviderId: 'https://www.amazon.com' },
    'InvalidIdentityToken',
    400,
  ],
] as const) {
  test(`a Login with Amazon access token ${story} is refused: ${code}`, async () => {
    const fault = await faultOf(assumeRole(rolecall, role, tokenOf(), more))
    assert.deepEqual([fault.code, fault.status], [code, status])
  })
}

test('an outage of Amazon’s is told from a bad token', async () => {
  amazon.misbehave('tokeninfo', { status: 500, body: {} })
  const fault = await faultOf(assumeRole(rolecall, role, amazon.tokenOf(), provider))
  assert.equal(fault.code, 'IDPCommunicationError')
})

test('a role that trusts www.amazon.com for another app is refused like one that is not there', async () => {
  const other = await rolecall.createRole(
    'other-app',
    trustingAmazon({ [key('app_id')]: 'amzn1.application.other' }),
  )
  for (const arn of [other, rolecall.roleArn('nowhere')]) {
    assert.equal((await faultOf(assumeRole(rolecall, arn, amazon.tokenOf(), provider))).code, 'AccessDenied')
  }
})

test('junk for Amazon is asked about once, and no token is ever logged', async () => {
  amazon.seen.length = 0
  const ask = () => faultOf(assumeRole(rolecall, role, 'Atza|again-and-again', provider))
  for (const fault of [await ask(), await ask()]) assert.equal(fault.code, 'IDPRejectedClaim')
  assert.equal(amazon.seen.length, 1)
  assert.doesNotMatch(rolecall.logged(), /Atza/)
})
