import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createOutbound } from '../../server/base/outbound.ts'
import { type Reason, Refusal } from '../../server/base/refusal.ts'
import { createFacebookVerifier } from '../../server/tokens/verify-facebook-token.ts'

const nowSeconds = 1_900_000_000
const [appId, appSecret] = ['1000000000000001', 'app-secret']
const token = 'EAABsbCS1234'

const validData = {
  app_id: appId,
  type: 'USER',
  is_valid: true,
  expires_at: nowSeconds + 3600,
  data_access_expires_at: nowSeconds + 7200,
  scopes: ['public_profile', 'email'],
  user_id: '4242',
}
const person = { id: '4242', name: 'Ada Lovelace', email: 'ada@example.com' }

type Answer = { status?: number; body: unknown }
type Seen = { path: string; query: Record<string, string>; authorization: string | undefined }

/** A Graph that answers what a test wants, and remembers what it was asked. */
async function start(context: TestContext, answers: { debug?: Answer; me?: Answer } = {}) {
  const { debug = { body: { data: validData } }, me = { body: person } } = answers
  const seen: Seen[] = []
  const server = createServer((request: IncomingMessage, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://graph')
    const { authorization } = request.headers
    seen.push({ path: pathname, query: Object.fromEntries(searchParams), authorization })
    const { status = 200, body } = pathname.endsWith('/me') ? me : debug
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const verifier = createFacebookVerifier({
    appId,
    appSecret,
    graphUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    graphVersion: 'v23.0',
    outbound: createOutbound({ allowPrivate: () => false, allowLoopbackHttp: true }),
    clock: () => nowSeconds * 1000,
    demo: false,
  })
  return { verifier, seen, server }
}

function refusedWith(reason: Reason) {
  return (error: unknown) => {
    assert.ok(error instanceof Refusal, String(error))
    assert.equal(error.reason, reason, error.detail)
    for (const secret of [token, appSecret]) assert.ok(!`${error.message}${error.stack}`.includes(secret))
    return true
  }
}

test('a token of our app says who somebody is', async context => {
  const { verifier } = await start(context)
  assert.deepEqual(await verifier.verify(token), {
    kind: 'facebook',
    principals: ['graph.facebook.com'],
    provider: 'graph.facebook.com',
    issuer: 'graph.facebook.com',
    subject: '4242',
    audience: appId,
    context: { 'graph.facebook.com:app_id': [appId], 'graph.facebook.com:id': ['4242'] },
    subjectKey: 'graph.facebook.com:id',
    audienceKey: 'graph.facebook.com:app_id',
    displayName: 'Ada Lovelace',
    email: 'ada@example.com',
    tags: {},
    transitiveTagKeys: [],
    demo: false,
  })
})

test('Graph is asked with our app’s token, and then with proof of our secret, neither of them in a URL', async context => {
  const { verifier, seen } = await start(context)
  await verifier.verify(token)
  const proof = createHmac('sha256', appSecret).update(token).digest('hex')
  assert.deepEqual(seen, [
    {
      path: '/v23.0/debug_token',
      query: { input_token: token },
      authorization: `Bearer ${appId}|${appSecret}`,
    },
    {
      path: '/v23.0/me',
      query: { fields: 'id,name,email', appsecret_proof: proof },
      authorization: `Bearer ${token}`,
    },
  ])
})

for (const [story, data] of [
  ['that never expires', { expires_at: 0, data_access_expires_at: 0 }],
  ['without a bound on its access to data', { data_access_expires_at: undefined }],
] as const) {
  test(`a token ${story} is taken`, async context => {
    const { verifier } = await start(context, { debug: { body: { data: { ...validData, ...data } } } })
    assert.equal((await verifier.verify(token)).subject, '4242')
  })
}

test('a person who keeps name and address to themselves is somebody all the same', async context => {
  const { verifier } = await start(context, { me: { body: { id: '4242' } } })
  const identity = await verifier.verify(token)
  assert.deepEqual(['displayName' in identity, 'email' in identity], [false, false])
})

for (const [story, data] of [
  ['made for another app', { app_id: '1000000000000002' }],
  ['made for an app that begins like ours', { app_id: `${appId}0` }],
  ['made for a list of apps, which is ours alone', { app_id: [appId] }],
  ['of no app', { app_id: undefined }],
  ['that Graph calls not valid', { is_valid: false }],
  ['that Graph calls valid in other words', { is_valid: 'true' }],
  ['of a page', { type: 'PAGE' }],
  ['of an app', { type: 'APP' }],
  ['of no type', { type: undefined }],
  ['that is expired', { expires_at: nowSeconds }],
  ['without expiry', { expires_at: undefined }],
  ['whose expiry is text', { expires_at: String(nowSeconds + 60) }],
  ['whose access to data is expired', { data_access_expires_at: nowSeconds - 1 }],
  ['of nobody', { user_id: undefined }],
  ['of an empty name', { user_id: '' }],
  ['of a name that is no number', { user_id: '../me' }],
] as const) {
  test(`a token ${story} is rejected, and no profile is asked for`, async context => {
    const { verifier, seen } = await start(context, { debug: { body: { data: { ...validData, ...data } } } })
    await assert.rejects(verifier.verify(token), refusedWith('token.rejected'))
    assert.equal(seen.length, 1)
  })
}

const withdrawn = { error: { code: 190, message: 'Error validating access token', type: 'OAuthException' } }
const overLimit = { error: { code: 4, message: 'Application request limit reached' } }

for (const [story, answers, reason] of [
  ['says nothing of the token', { debug: { body: {} } }, 'token.rejected'],
  ['answers null', { debug: { body: null } }, 'token.rejected'],
  ['answers the profile of somebody else', { me: { body: { ...person, id: '4343' } } }, 'token.rejected'],
  ['answers the profile of nobody', { me: { body: {} } }, 'token.rejected'],
  ['answers an id that is a number', { me: { body: { ...person, id: 4242 } } }, 'token.rejected'],
  ['withdrew the token in between', { me: { status: 400, body: withdrawn } }, 'token.rejected'],
  ['does not know our own credentials', { debug: { status: 400, body: withdrawn } }, 'issuer.unreachable'],
  ['has had enough of us', { debug: { status: 400, body: overLimit } }, 'issuer.unreachable'],
  ['has had enough of us at the second call', { me: { status: 400, body: overLimit } }, 'issuer.unreachable'],
  ['fails', { debug: { status: 500, body: {} } }, 'issuer.unreachable'],
  [
    'fails with what looks like a yes',
    { debug: { status: 500, body: { data: validData } } },
    'issuer.unreachable',
  ],
  ['answers a page of HTML', { debug: { body: '<html>' } }, 'issuer.unreachable'],
] as const) {
  test(`when Graph ${story}, it is ${reason}`, async context => {
    const { verifier } = await start(context, answers)
    await assert.rejects(verifier.verify(token), refusedWith(reason))
  })
}

test('when Graph is down, it is not the token’s fault', async context => {
  const { verifier, server } = await start(context)
  server.close()
  await assert.rejects(verifier.verify(token), refusedWith('issuer.unreachable'))
})

for (const [story, junk] of [
  ['nothing', ''],
  ['more than 2,000 characters', 'a'.repeat(2_001)],
  ['20,000 characters', 'a'.repeat(20_000)],
  ['a blank', 'EAAB x'],
  ['a line break, and a header after it', 'EAAB\r\nX-Evil: 1'],
  ['another parameter', 'EAAB&input_token=x'],
  ['another parameter, encoded', 'EAAB%26x=1'],
  ['a sign beyond ASCII', 'EAABé'],
  ['a NUL', 'EAAB\0'],
  ['the three parts of somebody’s ID token', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln'],
] as const) {
  test(`a token with ${story} never leaves the house`, async context => {
    const { verifier, seen } = await start(context)
    await assert.rejects(verifier.verify(junk), refusedWith('token.malformed'))
    assert.deepEqual(seen, [])
  })
}
