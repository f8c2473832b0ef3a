import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { ada, appId, eve, startAmazon, trustingAmazon } from '../support/amazon.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { postSigned } from '../support/signed-form.ts'
import { bodyOf, createExchanger, credentialsType, errorOf, tokenType } from './exchange.ts'

const amazon = await startAmazon()
const rolecall = await startRolecall(amazon.env)
const issuer = await rolecall.registerIssuer()
const resource = await rolecall.createRole('shopper', trustingAmazon({ 'www.amazon.com:app_id': appId }))
const { exchange } = createExchanger(rolecall, () => ({
  subject_token_type: tokenType('access_token'),
  provider_id: 'www.amazon.com',
  subject_token: amazon.tokenOf(),
  resource,
}))

test('a Login with Amazon access token is traded for credentials', async () => {
  const body = bodyOf(await exchange())
  assert.equal(body.issued_token_type, credentialsType)
  assert.match(body.credentials.AccessKeyId ?? '', /^ASIA/)
})

test('a bearer names a person of Amazon’s by their user id', async () => {
  const { access_token: token } = bodyOf(await exchange({ audience: 'https://api.example' }))
  assert.equal(decodeJwt(String(token)).sub, `www.amazon.com|${ada.user_id}`)
})

test('a token of another app is refused', async () => {
  const subject_token = amazon.tokenOf(ada, { aud: 'evil' })
  assert.deepEqual(errorOf(await exchange({ subject_token })), ['invalid_request', 400])
})

test('a role that does not trust Amazon is refused like any', async () => {
  const other = await rolecall.createRole('reader', trusting(rolecall.accountId, issuer))
  assert.deepEqual(errorOf(await exchange({ resource: other })), ['invalid_target', 400])
})

for (const provider_id of ['graph.facebook.com', 'WWW.amazon.com', 'https://www.amazon.com', 'amazon', '*']) {
  test(`a genuine token with the provider_id "${provider_id}" is refused`, async () => {
    assert.deepEqual(errorOf(await exchange({ provider_id })), ['invalid_request', 400])
  })
}

test('what is a JWT, or another provider’s token, is never shown to Amazon', async () => {
  amazon.seen.length = 0
  for (const subject_token of [issuer.sign(), 'Atza|a.b.c', 'EAABsbCS1234']) {
    assert.deepEqual(errorOf(await exchange({ subject_token })), ['invalid_request', 400])
  }
  assert.deepEqual(amazon.seen, [])
})

test('a role mapping narrows Amazon’s people, whatever the trust policy would let in', async () => {
  assert.equal((await exchange({ subject_token: amazon.tokenOf(eve) })).status, 200)
  const put = await postSigned(rolecall, 'iam', {
    Action: 'PutProviderRoleMapping',
    Version: '2010-05-08',
    Provider: 'www.amazon.com',
    Type: 'Rules',
    AmbiguousRoleResolution: 'Deny',
    'Rules.member.1.Claim': 'user_id',
    'Rules.member.1.MatchType': 'Equals',
    'Rules.member.1.Value': ada.user_id,
    'Rules.member.1.RoleARN': resource,
  })
  assert.equal(put.status, 200)
  assert.equal((await exchange()).status, 200)
  assert.deepEqual(errorOf(await exchange({ subject_token: amazon.tokenOf(eve) })), ['invalid_target', 400])
})
