import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { decodeJwt } from 'jose'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { bodyOf, createExchanger, credentialsType, errorOf, tokenType } from './exchange.ts'

const rolecall = await startDemoRolecall()
const samples = `${rolecall.providers.facebook?.graphUrl}/sample-access-token`
const sample = async (person: string) => (await fetch(`${samples}/${person}`)).text()
const facebook = { subject_token_type: tokenType('access_token'), provider_id: 'graph.facebook.com' }
const ada = await sample('ada')
const { exchange } = createExchanger(rolecall, () => ({
  ...facebook,
  subject_token: ada,
  resource: rolecall.exampleRole,
}))

test('a Facebook access token is traded for credentials', async () => {
  const body = bodyOf(await exchange())
  assert.deepEqual([body.issued_token_type, body.expires_in], [credentialsType, 3600])
  assert.match(body.credentials.AccessKeyId ?? '', /^ASIA/)
})

test('a bearer names a person of Facebook’s by their app-scoped id', async () => {
  const { access_token: token } = bodyOf(await exchange({ audience: 'https://api.example' }))
  const { sub, assumed_role_arn: arn } = decodeJwt(String(token))
  assert.equal(sub, 'graph.facebook.com|10000000000000011')
  assert.match(String(arn), /assumed-role\/rolecall-demo\/ada@example\.com$/)
})

test('a role that does not trust Facebook is refused like any', async () => {
  const issuer = await rolecall.registerIssuer()
  const resource = await rolecall.createRole('reader', trusting(rolecall.accountId, issuer))
  assert.deepEqual(errorOf(await exchange({ resource })), ['invalid_target', 400])
})

for (const provider_id of ['Graph.Facebook.com', 'https://graph.facebook.com', 'graph.facebook.com ', '*']) {
  test(`a genuine token with the provider_id "${provider_id}" is refused`, async () => {
    assert.deepEqual(errorOf(await exchange({ provider_id })), ['invalid_request', 400])
  })
}

test('what is a JWT is never shown to Facebook: it may be an ID token, or a bearer of ours', async () => {
  const seen: string[] = []
  const recorder = createServer((request, response) => {
    seen.push(request.url ?? '')
    response.writeHead(500).end('{}')
  })
  await new Promise<void>(resolve => recorder.listen(0, '127.0.0.1', resolve))
  after(() => recorder.close())
  const one = await startRolecall({
    FACEBOOK_APP_ID: 'app',
    FACEBOOK_APP_SECRET: 'secret',
    FACEBOOK_GRAPH_URL: `http://127.0.0.1:${(recorder.address() as AddressInfo).port}`,
  })
  const issuer = await one.registerIssuer()
  const resource = await one.createRole('reader', trusting(one.accountId, issuer))
  const asked = createExchanger(one, () => ({ subject_token: issuer.sign(), resource }))
  const { access_token: bearer } = bodyOf(await asked.exchange({ audience: 'https://api.example' }))
  for (const subject_token of [issuer.sign(), String(bearer), 'a.b.c']) {
    assert.deepEqual(errorOf(await asked.exchange({ ...facebook, subject_token })), ['invalid_request', 400])
  }
  assert.deepEqual(seen, [])
  // What may be a token of theirs is.
  const answer = await asked.exchange({ ...facebook, subject_token: 'EAAB' })
  assert.deepEqual(errorOf(answer), ['temporarily_unavailable', 503])
  assert.equal(seen.length, 1)
})
