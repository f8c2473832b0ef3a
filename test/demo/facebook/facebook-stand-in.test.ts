import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import test, { after } from 'node:test'
import { findPerson } from '../../../server/demo/people.ts'
import { askRaw, callback, createBrowser, locationOf, readJson, startForTest } from '../start-for-test.ts'

type GraphBody = {
  access_token: string
  token_type: string
  expires_in: number
  data: { is_valid: boolean; expires_at: number; error: { code: number; subcode: number; message: string } }
}

let nowMs = Date.UTC(2030, 0, 1)

const { facebook } = await startForTest({ after }, { clock: () => nowMs })

const codeVerifier = 'a-verifier-that-is-long-enough-for-rfc-7636-ok'
const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')

function dialogUrl(changes: Record<string, string | undefined> = {}): string {
  const query = {
    client_id: facebook.appId,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'email',
    state: 'the state & more',
    ...changes,
  }
  const url = new URL(facebook.dialogUrl)
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value)
  return url.href
}

async function choose(form: Record<string, string>, changes?: Record<string, string>): Promise<URL> {
  const answer = await createBrowser().go(dialogUrl(changes), form)
  assert.equal(answer.status, 303)
  return locationOf(answer)
}

const codeFor = async (key: string, changes?: Record<string, string>) =>
  (await choose({ person: key }, changes)).searchParams.get('code') ?? ''

async function call(path: string, query: Record<string, string>, init?: RequestInit) {
  const url = `${facebook.graphUrl}/${facebook.graphVersion}/${path}?${new URLSearchParams(query)}`
  const answer = await fetch(url, init)
  return { status: answer.status, body: await readJson<GraphBody>(answer) }
}

function exchange(code: string, changes: Record<string, string> = {}) {
  const form = {
    client_id: facebook.appId,
    client_secret: facebook.appSecret,
    redirect_uri: callback,
    code,
    ...changes,
  }
  return call('oauth/access_token', {}, { method: 'POST', body: new URLSearchParams(form) })
}

const proofOf = (token: string) => createHmac('sha256', facebook.appSecret).update(token).digest('hex')
const appToken = () => `${facebook.appId}|${facebook.appSecret}`
const sample = async (path: string) =>
  (await fetch(`${facebook.graphUrl}/sample-access-token/${path}`)).text()

/** The shape in which Graph refuses. */
function assertFault(
  answer: { status: number; body: unknown },
  code: number,
  message: RegExp,
  type = 'OAuthException',
) {
  assert.equal(answer.status, 400)
  const { error } = answer.body as { error: Record<string, unknown> }
  assert.equal(error.code, code)
  assert.match(String(error.message), message)
  assert.equal(error.type, type)
  assert.equal(typeof error.fbtrace_id, 'string')
}

test('the dialog, the exchange and /me lead from a choice to a profile', async () => {
  const answer = await choose({ person: 'oksana' })
  assert.equal(answer.origin + answer.pathname, callback)
  assert.equal(answer.searchParams.get('state'), 'the state & more')

  const { status, body } = await exchange(answer.searchParams.get('code') ?? '')
  assert.equal(status, 200)
  assert.equal(body.token_type, 'bearer')
  assert.equal(body.expires_in, 7200)
  const token: string = body.access_token
  const fields = 'id,name,email,first_name,last_name,birthday'
  const me = await call('me', { access_token: token, appsecret_proof: proofOf(token), fields })
  const oksana = findPerson('oksana')
  assert.deepEqual(me.body, {
    id: oksana?.facebookId,
    name: oksana?.name,
    first_name: oksana?.givenName,
    last_name: oksana?.familyName,
    email: oksana?.email,
  })
})

test('the exchange may come as a GET too, and calls may leave out the version', async () => {
  const url = new URL(`${facebook.graphUrl}/oauth/access_token`)
  url.search = new URLSearchParams({
    client_id: facebook.appId,
    client_secret: facebook.appSecret,
    redirect_uri: callback,
    code: await codeFor('ada'),
  }).toString()
  const { access_token: token } = await readJson<GraphBody>(fetch(url))
  const headers = { authorization: `Bearer ${token}` }
  const me = await fetch(`${facebook.graphUrl}/me?appsecret_proof=${proofOf(token)}`, { headers })
  assert.deepEqual(await me.json(), { id: findPerson('ada')?.facebookId, name: 'Ada Lindqvist' })
})

test('an address that was not granted, or never confirmed, is left out', async () => {
  for (const [key, scope] of [
    ['ada', 'public_profile'],
    ['mateo', 'email,public_profile'],
  ] as const) {
    const { body } = await exchange(await codeFor(key, { scope }))
    const token: string = body.access_token
    const me = await call('me', { access_token: token, appsecret_proof: proofOf(token), fields: 'id,email' })
    assert.deepEqual(me.body, { id: findPerson(key)?.facebookId })
  }
})

test('cancelling comes back as Facebook says it, with the state and no code', async () => {
  for (const form of [{ cancel: 'yes' }, { person: 'nobody' }]) {
    const { searchParams } = await choose(form)
    assert.equal(searchParams.get('error'), 'access_denied')
    assert.equal(searchParams.get('error_reason'), 'user_denied')
    assert.equal(searchParams.get('state'), 'the state & more')
    assert.equal(searchParams.has('code'), false)
  }
})

for (const [story, changes, title] of [
  ['a redirect_uri that is not registered', { redirect_uri: 'https://evil.example/' }, /URL blocked/],
  ['a redirect_uri that only begins like one', { redirect_uri: `${callback}.evil.example` }, /URL blocked/],
  ['no redirect_uri', { redirect_uri: undefined }, /URL blocked/],
  ['an unknown app', { client_id: '1' }, /App not found/],
  ['the implicit flow', { response_type: 'token' }, /Not supported/],
  ['a plain code challenge', { code_challenge: 'x', code_challenge_method: 'plain' }, /Not supported/],
] as const) {
  test(`the dialog with ${story} is a page and never a redirect, also once somebody is chosen`, async () => {
    for (const form of [undefined, { person: 'ada' }, { cancel: 'yes' }]) {
      const answer = await createBrowser().go(dialogUrl(changes), form)
      assert.equal(answer.status, 400)
      assert.equal(answer.headers.get('location'), null)
      assert.match(await answer.text(), title)
    }
  })
}

test('the dialog runs nothing, cannot be framed, and may lead back to the client', async () => {
  const page = await createBrowser().go(dialogUrl())
  assert.equal(page.status, 200)
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(
    policy,
    /default-src 'none'.*form-action 'self' http:\/\/127\.0\.0\.1:9;.*frame-ancestors 'none'/,
  )
  assert.match(await page.text(), /This is a stand-in for Facebook, running on your own machine/)
})

test('a code is good once', async () => {
  const code = await codeFor('ada')
  assert.equal((await exchange(code)).status, 200)
  assertFault(await exchange(code), 100, /has been used/)
})

test('a code is good for a minute', async () => {
  const code = await codeFor('ada')
  nowMs += 60_000
  assertFault(await exchange(code), 100, /has expired/)
})

test('a verifier must match the challenge that the dialog was opened with, and a miss spends the code', async () => {
  const asked = { code_challenge: codeChallenge, code_challenge_method: 'S256' }
  assert.equal((await exchange(await codeFor('ada', asked), { code_verifier: codeVerifier })).status, 200)
  for (const changes of [{}, { code_verifier: 'b'.repeat(43) }]) {
    const code = await codeFor('ada', asked)
    assertFault(await exchange(code, changes), 100, /code verifier/)
    assertFault(await exchange(code, { code_verifier: codeVerifier }), 100, /has been used/)
  }
})

for (const [story, changes, code, message] of [
  ['a wrong secret', { client_secret: 'f'.repeat(32) }, 1, /client secret/],
  ['an empty secret', { client_secret: '' }, 1, /client secret/],
  ['another app’s id', { client_id: '1' }, 101, /application/],
  ['another redirect_uri', { redirect_uri: `${callback}/` }, 100, /redirect_uri/],
  ['a code that never was', { code: 'made-up' }, 100, /verification code/],
  ['another grant type', { grant_type: 'client_credentials' }, 100, /grant_type/],
] as const) {
  test(`an exchange with ${story} is refused as Graph does`, async () => {
    assertFault(await exchange(await codeFor('ada'), changes), code, message)
  })
}

test('a parameter that comes twice is refused, not guessed at', async () => {
  const url = `${facebook.graphUrl}/v23.0/me?access_token=a&access_token=b`
  const answer = await fetch(url)
  assertFault({ status: answer.status, body: await answer.json() }, 100, /parameter/)
})

test('/me wants a token, a proof, and the right proof', async () => {
  const token = await sample('ada')
  assertFault(await call('me', {}), 2500, /access token/)
  assertFault(await call('me', { access_token: 'made-up' }), 190, /access token/)
  assertFault(
    await call('me', { access_token: token }),
    100,
    /require an appsecret_proof/,
    'GraphMethodException',
  )
  for (const proof of ['', proofOf('another'), createHmac('sha256', 'guess').update(token).digest('hex')]) {
    const answer = await call('me', { access_token: token, appsecret_proof: proof })
    assertFault(answer, 100, /Invalid appsecret_proof/, 'GraphMethodException')
  }
})

test('/me refuses an expired token, and one that another app was given', async () => {
  for (const [kind, code] of [
    ['expired', 190],
    ['foreign', 100],
  ] as const) {
    const token = await sample(`ada?kind=${kind}`)
    const answer = await call('me', { access_token: token, appsecret_proof: proofOf(token) })
    assertFault(answer, code, /./, kind === 'expired' ? 'OAuthException' : 'GraphMethodException')
  }
})

test('debug_token tells the app what its own token is worth, asked by query or by header', async () => {
  const token = await sample('ada')
  const seconds = Math.floor(nowMs / 1000)
  const expected = {
    app_id: facebook.appId,
    type: 'USER',
    application: 'Rolecall (demo)',
    data_access_expires_at: seconds + 90 * 24 * 3600,
    expires_at: seconds + 7200,
    is_valid: true,
    scopes: ['public_profile', 'email'],
    user_id: findPerson('ada')?.facebookId,
  }
  const headers = { authorization: `Bearer ${appToken()}` }
  const byQuery = await call('debug_token', { input_token: token, access_token: appToken() })
  const byHeader = await call('debug_token', { input_token: token }, { headers })
  assert.deepEqual(byQuery, { status: 200, body: { data: expected } })
  assert.deepEqual(byHeader, byQuery)
})

test('debug_token says of an expired token that it has expired', async () => {
  const token = await sample('ada')
  nowMs += 7200_000
  for (const expired of [token, await sample('ada?kind=expired')]) {
    const { status, body } = await call('debug_token', { input_token: expired, access_token: appToken() })
    assert.equal(status, 200)
    assert.equal(body.data.is_valid, false)
    assert.equal(body.data.error.code, 190)
    assert.equal(body.data.error.subcode, 463)
    assert.ok(body.data.expires_at <= nowMs / 1000)
  }
})

test('debug_token says nothing of another app’s token, nor of one that never was', async () => {
  for (const [token, code, message] of [
    [await sample('ada?kind=foreign'), 100, /did not match the Viewing App/],
    ['made-up', 190, /Invalid OAuth access token/],
  ] as const) {
    const { status, body } = await call('debug_token', { input_token: token, access_token: appToken() })
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body.data).sort(), ['error', 'is_valid', 'scopes'])
    assert.equal(body.data.is_valid, false)
    assert.equal(body.data.error.code, code)
    assert.match(body.data.error.message, message)
  }
})

test('debug_token answers the app alone', async () => {
  const token = await sample('ada')
  const wrongSecret = `${facebook.appId}|${'f'.repeat(32)}`
  for (const asker of [token, wrongSecret, `1|${facebook.appSecret}`, facebook.appSecret]) {
    assertFault(
      await call('debug_token', { input_token: token, access_token: asker }),
      100,
      /app access token/,
    )
  }
  assertFault(await call('debug_token', { input_token: token }), 100, /app access token/)
  assertFault(await call('debug_token', { access_token: appToken() }), 100, /input_token/)
})

test('there is no sample token for somebody unknown, nor of an unknown kind', async () => {
  for (const path of ['nobody', 'ada?kind=better', '']) {
    assert.equal((await fetch(`${facebook.graphUrl}/sample-access-token/${path}`)).status, 404)
  }
})

test('what it does not know, it refuses as Graph does', async () => {
  assertFault(await call('me/friends', {}), 2500, /path/)
  assertFault(await call('me', {}, { method: 'POST' }), 2500, /path/)
  const broken = await askRaw(facebook.port, '/v23.0/me?access_token=%E0%A4')
  assertFault({ status: broken.status, body: JSON.parse(broken.text) }, 100, /parameter/)
})
