import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test, { after } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { findPerson } from '../../../server/demo/people.ts'
import { callback, createBrowser, locationOf, readJson, startForTest } from '../start-for-test.ts'

type Tokens = { id_token: string; access_token: string; error?: string }

const { google } = await startForTest({ after })

const codeVerifier = 'a-verifier-that-is-long-enough-for-rfc-7636-ok'
const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')

function authorizationUrl(changes: Record<string, string> = {}): string {
  const url = new URL(google.authorizationUrl)
  url.search = new URLSearchParams({
    client_id: google.clientId,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid email profile',
    state: 'the-state',
    nonce: 'the-nonce',
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
    ...changes,
  }).toString()
  return url.href
}

/** Goes through the sign-in page and answers where it leads. */
async function signIn(
  form: Record<string, string>,
  changes?: Record<string, string>,
  browser = createBrowser(),
) {
  const page = locationOf(await browser.go(authorizationUrl(changes)))
  const chosen = await browser.go(page.href, form)
  assert.equal(chosen.status, 303)
  return locationOf(await browser.go(locationOf(chosen).href))
}

function redeem(code: string | null, changes: Record<string, string> = {}): Promise<Response> {
  const form = {
    grant_type: 'authorization_code',
    code: code ?? '',
    redirect_uri: callback,
    client_id: google.clientId,
    client_secret: google.clientSecret,
    code_verifier: codeVerifier,
    ...changes,
  }
  return fetch(google.tokenUrl, { method: 'POST', body: new URLSearchParams(form) })
}

/** Verifies as a stranger would, who knows the issuer and nothing else. */
async function verify(idToken: string) {
  const discovery = await readJson(fetch(`${google.issuer}/.well-known/openid-configuration`))
  assert.equal(discovery.issuer, google.issuer)
  assert.equal(discovery.token_endpoint, google.tokenUrl)
  assert.equal(discovery.authorization_endpoint, google.authorizationUrl)
  assert.equal(discovery.userinfo_endpoint, google.userinfoUrl)
  assert.equal(discovery.jwks_uri, google.jwksUri)
  return jwtVerify(idToken, createRemoteJWKSet(new URL(google.jwksUri)), {
    issuer: google.issuer,
    audience: google.clientId,
    algorithms: ['RS256'],
    requiredClaims: ['sub', 'exp', 'iat'],
  })
}

test('the code flow with PKCE and nonce ends in an ID token with the claims that Google sends', async () => {
  const answer = await signIn({ person: 'amara' })
  assert.equal(answer.origin + answer.pathname, callback)
  assert.equal(answer.searchParams.get('state'), 'the-state')

  const redeemed = await redeem(answer.searchParams.get('code'))
  assert.equal(redeemed.status, 200)
  const { id_token: idToken, access_token: accessToken } = await readJson<Tokens>(redeemed)
  const { payload, protectedHeader } = await verify(idToken)
  const amara = findPerson('amara')
  assert.equal(protectedHeader.alg, 'RS256')
  assert.ok(protectedHeader.kid)
  assert.equal(payload.nonce, 'the-nonce')
  assert.equal(payload.azp, google.clientId)
  assert.equal(payload.sub, amara?.googleSub)
  assert.equal(payload.email, amara?.email)
  assert.equal(payload.email_verified, true)
  assert.equal(payload.name, "Amara O'Connor-Nwosu")
  assert.equal(payload.given_name, 'Amara')
  assert.equal(payload.family_name, "O'Connor-Nwosu")
  assert.equal('picture' in payload, false)

  const userinfo = await fetch(google.userinfoUrl, { headers: { authorization: `Bearer ${accessToken}` } })
  assert.equal((await readJson(userinfo)).sub, amara?.googleSub)
})

test('an unverified address is said to be one', async () => {
  const answer = await signIn({ person: 'mateo' })
  const { id_token: idToken } = await readJson<Tokens>(redeem(answer.searchParams.get('code')))
  assert.equal((await verify(idToken)).payload.email_verified, false)
})

test('claims of a scope that was not asked for stay out', async () => {
  const answer = await signIn({ person: 'ada' }, { scope: 'openid' })
  const { id_token: idToken } = await readJson<Tokens>(redeem(answer.searchParams.get('code')))
  const { payload } = await verify(idToken)
  assert.equal(payload.sub, findPerson('ada')?.googleSub)
  assert.equal(payload.email, undefined)
  assert.equal(payload.name, undefined)
})

test('cancelling brings access_denied and the state back to the client, and no code', async () => {
  for (const form of [{ cancel: 'yes' }, { person: 'nobody' }]) {
    const answer = await signIn(form)
    assert.equal(answer.origin + answer.pathname, callback)
    assert.equal(answer.searchParams.get('error'), 'access_denied')
    assert.equal(answer.searchParams.get('state'), 'the-state')
    assert.equal(answer.searchParams.has('code'), false)
  }
})

test('the next sign-in asks again who to be, and takes another person at their word', async () => {
  const browser = createBrowser()
  for (const key of ['ada', 'oksana']) {
    const answer = await signIn({ person: key }, {}, browser)
    const { id_token: idToken } = await readJson<Tokens>(redeem(answer.searchParams.get('code')))
    assert.equal((await verify(idToken)).payload.sub, findPerson(key)?.googleSub)
  }
})

test('two tabs sign in side by side without getting in each other’s way', async () => {
  // Browsers keep each interaction's cookies by their path, so each tab has its own.
  const [one, other] = [createBrowser(), createBrowser()]
  const onePage = locationOf(await one.go(authorizationUrl({ state: 'one' })))
  const otherAnswer = await signIn({ person: 'oksana' }, { state: 'other' }, other)
  for (const [name, value] of other.cookies)
    if (name.startsWith('demo_google_session')) one.cookies.set(name, value)

  const chosen = await one.go(onePage.href, { person: 'ada' })
  const oneAnswer = locationOf(await one.go(locationOf(chosen).href))
  assert.equal(otherAnswer.searchParams.get('state'), 'other')
  assert.equal(oneAnswer.searchParams.get('state'), 'one')
  const { id_token: idToken } = await readJson<Tokens>(redeem(oneAnswer.searchParams.get('code')))
  assert.equal((await verify(idToken)).payload.sub, findPerson('ada')?.googleSub)
})

for (const prompt of ['login', 'consent', 'select_account', 'login consent']) {
  test(`prompt=${prompt} is settled by the one choice`, async () => {
    const answer = await signIn({ person: 'ada' }, { prompt })
    assert.ok(answer.searchParams.get('code'))
  })
}

test('a wrong client secret is refused', async () => {
  const answer = await signIn({ person: 'ada' })
  const redeemed = await redeem(answer.searchParams.get('code'), { client_secret: 'f'.repeat(32) })
  assert.equal(redeemed.status, 401)
  assert.equal((await readJson<Tokens>(redeemed)).error, 'invalid_client')
})

test('a code is good once', async () => {
  const code = (await signIn({ person: 'ada' })).searchParams.get('code')
  assert.equal((await redeem(code)).status, 200)
  const again = await redeem(code)
  assert.equal(again.status, 400)
  assert.equal((await readJson(again)).error, 'invalid_grant')
})

for (const [story, changes] of [
  ['another verifier', { code_verifier: 'b'.repeat(43) }],
  ['no verifier', { code_verifier: '' }],
  ['another redirect_uri', { redirect_uri: `${callback}/other` }],
] as const) {
  test(`a code redeemed with ${story} is refused`, async () => {
    const answer = await signIn({ person: 'ada' })
    const redeemed = await redeem(answer.searchParams.get('code'), changes)
    assert.equal(redeemed.status, 400)
    assert.equal((await readJson<Tokens>(redeemed)).error, 'invalid_grant')
  })
}

test('a redirect_uri that is not registered gets a page, never a redirect', async () => {
  const answer = await createBrowser().go(authorizationUrl({ redirect_uri: 'https://evil.example/' }))
  assert.equal(answer.status, 400)
  assert.equal(answer.headers.get('location'), null)
  assert.match(await answer.text(), /stand-in for Google/)
})

test('only the code flow is there: no token ever travels in a redirect', async () => {
  for (const changes of [{ response_type: 'id_token' }, { response_mode: 'form_post' }]) {
    const answer = await createBrowser().go(authorizationUrl(changes))
    assert.doesNotMatch(
      (answer.headers.get('location') ?? '') + (await answer.text()),
      /id_token=|[?&#]code=/,
    )
    assert.match(answer.headers.get('location') ?? '', /error=|^$/)
  }
})

test('the sign-in page runs nothing, cannot be framed, and may lead back to the client', async () => {
  const browser = createBrowser()
  const page = await browser.go(locationOf(await browser.go(authorizationUrl())).href)
  assert.equal(page.status, 200)
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.match(policy, /form-action 'self' http:\/\/127\.0\.0\.1:9;/)
  const html = await page.text()
  assert.match(html, /This is a stand-in for Google, running on your own machine/)
  assert.match(html, /Оксана Шевчук/)
})

test('a sign-in page that is finished, or another browser’s, says that the sign-in is over', async () => {
  const browser = createBrowser()
  const page = locationOf(await browser.go(authorizationUrl()))
  const stranger = await createBrowser().go(page.href, { person: 'ada' })
  assert.equal(stranger.status, 400)
  assert.match(await stranger.text(), /This sign-in is over/)

  const chosen = await browser.go(page.href, { person: 'ada' })
  assert.ok(locationOf(await browser.go(locationOf(chosen).href)).searchParams.get('code'))
  const again = await browser.go(page.href, { person: 'oksana' })
  assert.equal(again.status, 400)
})

test('a sample token verifies through discovery, has all claims, and no nonce', async () => {
  const answer = await fetch(`${google.issuer}/sample-id-token/oksana`)
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const idToken = await answer.text()
  assert.equal(idToken, idToken.trim())
  const { payload } = await verify(idToken)
  const oksana = findPerson('oksana')
  assert.equal(payload.sub, oksana?.googleSub)
  assert.equal(payload.azp, google.clientId)
  assert.equal(payload.email, oksana?.email)
  assert.equal(payload.email_verified, true)
  assert.equal(payload.name, oksana?.name)
  assert.equal('nonce' in payload, false)
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3600)
})

test('there is no sample token for somebody unknown', async () => {
  for (const key of ['nobody', '', 'ada/', '__proto__']) {
    assert.equal((await fetch(`${google.issuer}/sample-id-token/${key}`)).status, 404)
  }
})

test('the issuer is nobody else’s, and the key set holds public keys alone', async () => {
  assert.match(google.issuer, /^http:\/\/127\.0\.0\.1:\d+$/)
  const { keys } = await readJson<{ keys: object[] }>(fetch(google.jwksUri))
  assert.equal(keys.length, 1)
  assert.deepEqual(Object.keys(keys[0] ?? {}).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
})

test('its cookies are its own by name, for a browser shares them between all ports of a host', async () => {
  const browser = createBrowser()
  await signIn({ person: 'ada' }, {}, browser)
  await browser.go(authorizationUrl())
  for (const name of browser.cookies.keys()) assert.match(name, /^demo_google_/)
})
