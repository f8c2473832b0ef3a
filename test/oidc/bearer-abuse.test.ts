import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import supertest from 'supertest'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { audience as ownClient } from '../support/issuer.ts'
import { watch } from '../support/no-leak.ts'
import { faultIn, sendWire } from '../support/raw-http.ts'
import { trusting } from '../support/rolecall.ts'
import { assumeForm } from '../support/rolecall-process.ts'
import { signRequest } from '../support/sign-request.ts'
import { bodyOf, createExchanger, errorOf, tokenType } from './exchange.ts'

// With Facebook’s stand-in at hand, and with ourselves registered as an issuer: the most that could go wrong.
const rolecall = await startDemoRolecall()
const { accountId, url } = rolecall
const issuer = await rolecall.registerIssuer()
const role = await rolecall.createRole('reader', trusting(accountId, issuer))
const aws = supertest(`http://127.0.0.1:${rolecall.port}`)
const { exchange } = createExchanger(rolecall, () => ({ subject_token: issuer.sign(), resource: role }))

/** Names that mean something within the house: a bearer “for” them might be taken for one of its own. */
const innerNames = [
  'sts.amazonaws.com',
  'iam.amazonaws.com',
  'sts',
  'iam',
  'cognito-identity.amazonaws.com',
  'rolecall',
  'root',
  ownClient,
  url,
  `${url}/token`,
  `${url}/`,
  issuer.url,
  'graph.facebook.com',
  accountId,
  role,
  'urn:amazon:webservices',
]

await rolecall
  .iam()
  .send(new CreateOpenIDConnectProviderCommand({ Url: url, ClientIDList: [...new Set(innerNames)] }))
const selfTrusting = await rolecall.createRole('self-trusting', trusting(accountId, { url }))

for (const audience of innerNames) {
  test(`a bearer for the audience ${audience} opens none of our own doors`, async () => {
    const { access_token: token, credentials } = bodyOf(await exchange({ audience }))
    const bearer = String(token)
    const watched = watch(rolecall)
    let shown = ''

    for (const resource of [role, selfTrusting]) {
      const asIdToken = await exchange({ subject_token: bearer, resource })
      assert.deepEqual(errorOf(asIdToken), ['invalid_request', 400])
      const asAccessToken = await exchange({
        subject_token: bearer,
        subject_token_type: tokenType('access_token'),
        provider_id: 'graph.facebook.com',
        resource,
      })
      assert.deepEqual(errorOf(asAccessToken), ['invalid_request', 400])
      const onTheWire = await aws.post('/').type('form').send(assumeForm(resource, bearer))
      assert.match(onTheWire.text, /<Code>InvalidIdentityToken</)
      shown += asIdToken.text + asAccessToken.text + onTheWire.text
    }

    const body = 'Action=GetCallerIdentity&Version=2011-06-15'
    for (const headers of [{ authorization: `Bearer ${bearer}` }, { 'x-amz-security-token': bearer }]) {
      const answer = await aws.post('/').type('form').set(headers).send(body)
      assert.match(answer.text, /<Code>(IncompleteSignature|MissingAuthenticationToken)</)
      shown += answer.text
    }
    // With the real secret beside it, in the place of the session token that it came with.
    const { AccessKeyId: accessKeyId = '', SecretAccessKey: secret = '' } = credentials
    const signing = { accessKeyId, secret, sessionToken: bearer, at: new Date(), body }
    const signed = signRequest({ ...signing, headers: { host: new URL(url).host } })
    const answer = await sendWire(rolecall.port, signed)
    assert.deepEqual(faultIn(answer), ['InvalidClientTokenId', 403])
    shown += answer.text

    for (const headers of [{ authorization: `Bearer ${bearer}` }, { cookie: `rolecall=${bearer}` }]) {
      const page = await aws.get('/roles').set({ host: new URL(url).host, ...headers })
      assert.equal(page.status, 303)
      assert.equal(page.headers.location, '/?notice=required')
    }
    watched.requireNothingGiven(shown, bearer)
  })
}
