import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { createOutbound, type OutboundOptions } from '../../server/base/outbound.ts'
import { type Reason, Refusal } from '../../server/base/refusal.ts'
import { createAmazonVerifier } from '../../server/tokens/verify-amazon-token.ts'
import { type AmazonAnswer, ada, appId, clientId, eve, startAmazon } from '../support/amazon.ts'

const nowSeconds = 1_900_000_000
const amazon = await startAmazon()

function verifierWith({ apiUrl = amazon.url, ...more }: { apiUrl?: string } & Partial<OutboundOptions> = {}) {
  return createAmazonVerifier({
    clientId,
    apiUrl,
    outbound: createOutbound({ allowPrivate: () => false, allowLoopbackHttp: true, ...more }),
    clock: () => nowSeconds * 1000,
  })
}
const verifier = verifierWith()

beforeEach(() => {
  amazon.recover()
  amazon.seen.length = 0
})

const refusedWith = (reason: Reason, token: string) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error))
  assert.equal(error.reason, reason, error.detail)
  assert.ok(!`${error.message}${error.stack}${error.detail}`.includes(token))
  return true
}

test('a token of our app says who somebody is, and no address or name is among what policies may ask', async () => {
  assert.deepEqual(await verifier.verify(amazon.tokenOf()), {
    kind: 'amazon',
    principals: ['www.amazon.com'],
    provider: 'www.amazon.com',
    issuer: 'www.amazon.com',
    subject: ada.user_id,
    audience: appId,
    context: { 'www.amazon.com:app_id': [appId], 'www.amazon.com:user_id': [ada.user_id] },
    subjectKey: 'www.amazon.com:user_id',
    audienceKey: 'www.amazon.com:app_id',
    displayName: 'Ada Lovelace',
    email: 'ada@example.com',
    tags: {},
    transitiveTagKeys: [],
    demo: false,
  })
})

test('Amazon is asked about the token first, and for the profile after that', async () => {
  const token = amazon.tokenOf()
  await verifier.verify(token)
  assert.deepEqual(amazon.seen, [
    { path: '/auth/o2/tokeninfo', query: { access_token: token }, authorization: undefined },
    { path: '/user/profile', query: {}, authorization: `Bearer ${token}` },
  ])
})

test('a token for the user id alone is somebody all the same', async () => {
  const identity = await verifier.verify(amazon.tokenOf({ user_id: ada.user_id }))
  assert.deepEqual(['displayName' in identity, 'email' in identity], [false, false])
})

for (const [story, changes] of [
  ['with one second left', { exp: 1 }],
  ['whose end is told as a moment to come', { exp: nowSeconds + 1 }],
] as const) {
  test(`a token ${story} is taken`, async () => {
    assert.equal((await verifier.verify(amazon.tokenOf(ada, changes))).subject, ada.user_id)
  })
}

for (const [story, changes] of [
  ['made for another app', { aud: 'amzn1.application-oa2-client.evil' }],
  ['made for a client that begins like ours', { aud: `${clientId}0` }],
  ['made for a list of clients, which is ours alone', { aud: [clientId] }],
  ['made for ours and another client', { aud: [clientId, 'another'] }],
  ['that names our app, and another client', { aud: 'another', app_id: appId }],
  ['made for the app and not for its client', { aud: appId }],
  ['for nobody', { aud: undefined }],
  ['of another issuer', { iss: 'https://www.amazon.com.evil.example' }],
  ['of an issuer without a scheme', { iss: 'www.amazon.com' }],
  ['of no issuer', { iss: undefined }],
  ['with no time left', { exp: 0 }],
  ['with less than no time left', { exp: -1 }],
  ['whose end was a moment ago', { exp: nowSeconds }],
  ['without an end', { exp: undefined }],
  ['whose end is text', { exp: '3597' }],
  ['of nobody', { user_id: undefined }],
  ['of an empty name', { user_id: '' }],
  ['of a name of another form', { user_id: 'amzn1.account.' }],
  ['of a name with a line break', { user_id: 'amzn1.account.ADA\n' }],
  ['of no app', { app_id: undefined }],
  ['whose app is a client', { app_id: clientId }],
] as const) {
  test(`a token ${story} is rejected, and no profile is asked for`, async () => {
    const token = amazon.tokenOf(ada, changes)
    await assert.rejects(verifier.verify(token), refusedWith('token.rejected', token))
    assert.equal(amazon.seen.length, 1)
  })
}

const goodInfo = { aud: clientId, iss: 'https://www.amazon.com', exp: 60, app_id: appId }
const large = { ...goodInfo, user_id: ada.user_id, more: 'x'.repeat(300_000) }

for (const [story, place, answer, reason] of [
  ['says nothing of the token', 'tokeninfo', { body: {} }, 'token.rejected'],
  ['answers null', 'tokeninfo', { body: null }, 'token.rejected'],
  ['answers a list', 'tokeninfo', { body: [goodInfo] }, 'token.rejected'],
  [
    'calls the token expired or made up',
    'tokeninfo',
    { status: 400, body: { error: 'invalid_token' } },
    'token.rejected',
  ],
  ['answers the profile of somebody else', 'profile', { body: eve }, 'token.rejected'],
  ['answers the profile of nobody', 'profile', { body: {} }, 'token.rejected'],
  ['answers an id that is a list', 'profile', { body: { user_id: [ada.user_id] } }, 'token.rejected'],
  [
    'withdrew the token in between',
    'profile',
    { status: 400, body: { error: 'invalid_token' } },
    'token.rejected',
  ],
  [
    'gives no profile for the token',
    'profile',
    { status: 401, body: { error: 'insufficient_scope' } },
    'token.rejected',
  ],
  ['has had enough of us', 'tokeninfo', { status: 429, body: {} }, 'issuer.unreachable'],
  ['fails', 'tokeninfo', { status: 500, body: { error: 'ServerError' } }, 'issuer.unreachable'],
  [
    'fails, and blames the token',
    'tokeninfo',
    { status: 503, body: { error: 'invalid_token' } },
    'issuer.unreachable',
  ],
  [
    'fails with what looks like a yes',
    'tokeninfo',
    { status: 500, body: { ...goodInfo, user_id: ada.user_id } },
    'issuer.unreachable',
  ],
  ['fails at the second call', 'profile', { status: 500, body: ada }, 'issuer.unreachable'],
  ['answers a page of HTML', 'tokeninfo', { body: '<html>' }, 'issuer.unreachable'],
  ['answers without end', 'tokeninfo', { body: large }, 'issuer.unreachable'],
  ['answers a profile without end', 'profile', { body: { ...ada, ...large } }, 'issuer.unreachable'],
] as const satisfies readonly (readonly [string, 'tokeninfo' | 'profile', AmazonAnswer, Reason])[]) {
  test(`when Amazon ${story}, it is ${reason}`, async () => {
    amazon.misbehave(place, answer)
    const token = amazon.tokenOf()
    await assert.rejects(verifier.verify(token), refusedWith(reason, token))
  })
}

for (const place of ['tokeninfo', 'profile'] as const) {
  test(`when ${place} never answers, whoever asked is not kept waiting`, async () => {
    const hurried = verifierWith({ timeoutMs: place === 'profile' ? 500 : 20 })
    amazon.misbehave(place, 'never')
    const token = amazon.tokenOf()
    await assert.rejects(hurried.verify(token), refusedWith('issuer.unreachable', token))
  })
}

test('when Amazon is down, it is not the token’s fault', async () => {
  const token = amazon.tokenOf()
  const down = verifierWith({ apiUrl: 'http://127.0.0.1:9' })
  await assert.rejects(down.verify(token), refusedWith('issuer.unreachable', token))
})

for (const [story, junk] of [
  ['nothing', 'Atza|'],
  ['a refresh token', 'Atzr|IQEBLzAtAhRPpMJxdwVz2Nn6f2y'],
  ['another provider’s access token', 'EAABsbCS1234'],
  ['somebody’s ID token', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln'],
  ['an ID token in its clothes', 'Atza|eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln'],
  ['more than 2,048 characters', `Atza|${'a'.repeat(2_044)}`],
  ['20,000 characters', `Atza|${'a'.repeat(19_995)}`],
  ['a blank', 'Atza|a b'],
  ['a line break, and a header after it', 'Atza|a\r\nX-Evil: 1'],
  ['another parameter', 'Atza|a&access_token=b'],
  ['another parameter, encoded', 'Atza|a%26access_token=b'],
  ['a sign beyond ASCII', 'Atza|é'],
  ['a NUL', 'Atza|a\0'],
] as const) {
  test(`a token that is ${story} never leaves the house`, async () => {
    await assert.rejects(verifier.verify(junk), refusedWith('token.malformed', junk))
    assert.deepEqual(amazon.seen, [])
  })
}
