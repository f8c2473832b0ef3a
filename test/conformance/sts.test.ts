import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromWebToken } from '@aws-sdk/credential-providers'
import { assumeRole, faultOf, keysOf } from '../support/aws-calls.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { audience, startIssuer } from '../support/issuer.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const reader = await rolecall.createRole('reader', trusting(accountId, issuer))
const service = { endpoint: `http://127.0.0.1:${rolecall.port}`, region: 'eu-central-1' }

test('the token of a registered issuer becomes credentials, and the answer says all that AWS says', async () => {
  const before = Date.now()
  const { $metadata, Credentials, AssumedRoleUser, ...rest } = await assumeRole(
    rolecall,
    reader,
    issuer.sign(),
  )
  assert.equal($metadata.httpStatusCode, 200)
  assert.match($metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
  assert.match(Credentials?.AccessKeyId ?? '', /^ASIA[A-Z2-7]{16}$/)
  assert.match(Credentials?.SecretAccessKey ?? '', /^[A-Za-z0-9+/]{40}$/)
  assert.ok((Credentials?.SessionToken ?? '').length > 100)
  const lifeMs = Number(Credentials?.Expiration) - before
  const passedMs = Date.now() - before
  assert.ok(lifeMs > 3_599_000 && lifeMs <= 3_600_000 + passedMs, `an hour, not ${lifeMs} ms`)
  assert.equal(AssumedRoleUser?.Arn, `arn:aws:sts::${accountId}:assumed-role/reader/ada`)
  assert.match(AssumedRoleUser?.AssumedRoleId ?? '', /^AROA[A-Z2-7]{17}:ada$/)
  // Nothing of a packed size or a source identity where there was none.
  assert.deepEqual(rest, {
    SubjectFromWebIdentityToken: 'person-1',
    Audience: audience,
    Provider: issuer.url,
  })
})

test('a client without any credentials can trade a token: the request is not signed', async () => {
  const credentials = () => Promise.reject(new Error('the client wanted to sign'))
  const stranger = new STSClient({ ...service, credentials })
  const answer = await stranger.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: reader,
      RoleSessionName: 'ada',
      WebIdentityToken: issuer.sign(),
    }),
  )
  assert.ok(answer.Credentials)
})

test('fromWebToken of the SDK is a credential provider for whatever client it is given to', async () => {
  const provider = fromWebToken({
    roleArn: reader,
    webIdentityToken: issuer.sign(),
    roleSessionName: 'build-42',
    durationSeconds: 900,
    clientConfig: service,
  })
  const { sessionToken, expiration } = await provider()
  assert.ok(sessionToken && expiration && expiration.getTime() - Date.now() <= 900_000)
  const caller = await new STSClient({ ...service, credentials: provider }).send(
    new GetCallerIdentityCommand(),
  )
  assert.equal(caller.Arn, `arn:aws:sts::${accountId}:assumed-role/reader/build-42`)
})

test('Google is whoever GOOGLE_ISSUER says, without being registered', async context => {
  const elsewhere = await startIssuer()
  context.after(() => elsewhere.close())
  const configured = await startRolecall({
    GOOGLE_CLIENT_ID: audience,
    GOOGLE_CLIENT_SECRET: 'not-a-real-one',
    GOOGLE_ISSUER: elsewhere.url,
    GOOGLE_JWKS_URL: elsewhere.jwksUri,
  })
  const role = await configured.createRole('googler', trusting(configured.accountId, elsewhere))
  const answer = await assumeRole(configured, role, elsewhere.sign())
  assert.equal(answer.Provider, elsewhere.url)
  assert.equal(answer.Audience, audience)
})

test('Google itself is called accounts.google.com in trust policies and condition keys, with or without its scheme', async context => {
  const keys = await startIssuer()
  context.after(() => keys.close())
  const configured = await startRolecall({
    GOOGLE_CLIENT_ID: audience,
    GOOGLE_CLIENT_SECRET: 'not-a-real-one',
    GOOGLE_JWKS_URL: keys.jwksUri,
  })
  const role = await configured.createRole('googler', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Federated: 'accounts.google.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'accounts.google.com:aud': audience,
          'accounts.google.com:oaud': 'the-backend',
          'accounts.google.com:sub': '1099',
          'accounts.google.com:email': 'ada@example.com',
        },
      },
    },
  })
  const ada = { sub: '1099', aud: 'the-backend', azp: audience, email: 'ada@example.com' }
  for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
    const answer = await assumeRole(configured, role, keys.sign({ ...ada, iss, email_verified: true }))
    assert.equal(answer.SubjectFromWebIdentityToken, '1099')
    const unproved = await faultOf(assumeRole(configured, role, keys.sign({ ...ada, iss })))
    assert.equal(unproved.code, 'AccessDenied', 'an address that Google did not verify is nobody’s')
  }
})

const demo = await startDemoRolecall()
const graph = { ProviderId: 'graph.facebook.com' }

async function facebookToken(kind: string): Promise<string> {
  const { graphUrl } = demo.providers.facebook ?? assert.fail('Facebook has no stand-in')
  return (await fetch(`${graphUrl}/sample-access-token/ada?kind=${kind}`)).text()
}

test('a Facebook access token becomes credentials, and the answer names Facebook, its app and its person', async () => {
  const answer = await assumeRole(demo, demo.exampleRole, await facebookToken('good'), graph)
  const ada = demo.providers.people.find(({ key }) => key === 'ada')
  assert.equal(answer.Provider, 'graph.facebook.com')
  assert.equal(answer.Audience, demo.providers.facebook?.appId)
  assert.equal(answer.SubjectFromWebIdentityToken, ada?.facebookId)
  const { Arn } = await demo.sts(keysOf(answer)).send(new GetCallerIdentityCommand())
  assert.equal(Arn, `arn:aws:sts::${demo.accountId}:assumed-role/rolecall-demo/ada`)
})

for (const [story, kind, more, code, status] of [
  ['that has expired', 'expired', graph, 'IDPRejectedClaim', 403],
  ['that was given to another app', 'foreign', graph, 'IDPRejectedClaim', 403],
  ['that comes without its ProviderId', 'good', {}, 'InvalidIdentityToken', 400],
  ['that claims to be Amazon’s', 'good', { ProviderId: 'www.amazon.com' }, 'InvalidIdentityToken', 400],
] as const) {
  test(`a Facebook access token ${story} is refused: ${code}`, async () => {
    const fault = await faultOf(assumeRole(demo, demo.exampleRole, await facebookToken(kind), more))
    assert.deepEqual([fault.code, fault.status], [code, status])
  })
}
