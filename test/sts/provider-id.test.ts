import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { faultIn } from '../support/post-form.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { createAsker } from './web-identity-form.ts'

// With Facebook's stand-in at hand, so that a token sent the wrong way would find somebody to vouch for it.
const demo = await startDemoRolecall()
const issuer = await demo.registerIssuer()
const role = await demo.createRole('worker', trusting(demo.accountId, issuer))
const ask = createAsker(demo, issuer, role)
const askFacebook = createAsker(demo, issuer, demo.exampleRole)

const facebook = { ProviderId: 'graph.facebook.com' }
const sample = await fetch(`${demo.providers.facebook?.graphUrl}/sample-access-token/ada`)
const accessToken = { WebIdentityToken: await sample.text() }

const unknown = {
  code: 'InvalidIdentityToken',
  status: 400,
  message: 'The ProviderId is not one that takes this token',
  type: 'Sender',
}

test('an ID token comes without a ProviderId, a Facebook access token with Facebook’s', async () => {
  assert.equal((await ask()).status, 200)
  assert.equal((await askFacebook({ ...accessToken, ...facebook })).status, 200)
})

for (const providerId of ['graph.facebook.com', 'www.amazon.com', 'accounts.google.com', issuer.url]) {
  test(`an ID token with the ProviderId ${providerId} is refused`, async () => {
    assert.deepEqual(faultIn(await ask({ ProviderId: providerId })), unknown)
  })
}

for (const providerId of [
  'www.amazon.com',
  'tokens.example',
  'Graph.Facebook.com',
  'https://graph.facebook.com',
  'graph.facebook.com.evil.example',
  ' graph.facebook.com',
]) {
  test(`a genuine Facebook access token with the ProviderId "${providerId}" is refused`, async () => {
    assert.deepEqual(faultIn(await askFacebook({ ...accessToken, ProviderId: providerId })), unknown)
  })
}

test('an access token without a ProviderId is taken for an ID token, and is none', async () => {
  const message =
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
  assert.deepEqual(faultIn(await askFacebook(accessToken)), { ...unknown, message })
})

test('where Facebook is not set up, its ProviderId is as unknown as any', async () => {
  const plain = await startRolecall()
  const refused = await createAsker(plain, issuer, role)({ ...accessToken, ...facebook })
  assert.deepEqual(faultIn(refused), unknown)
})
