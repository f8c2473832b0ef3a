import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { importSPKI, jwtVerify } from 'jose'
import { readConfig } from '../../server/config.ts'
import { createAppleSecret } from '../../server/identity/openid/apple-secret.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { secret, sendJson, startRogueProvider } from '../support/openid-provider.ts'
import { startRolecall } from '../support/rolecall.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const keys = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const folder = temporaryFolder()
const keyFile = join(folder, 'AuthKey.p8')
writeFileSync(keyFile, keys.privateKey)

const apple = await startRogueProvider('com.example.web')
const env = {
  OIDC_APPLE_ISSUER: apple.url,
  OIDC_APPLE_CLIENT_ID: 'com.example.web',
  OIDC_APPLE_PRESET: 'apple',
  OIDC_APPLE_SCOPES: 'openid name email',
  OIDC_APPLE_TEAM_ID: 'TEAM123456',
  OIDC_APPLE_KEY_ID: 'KEY1234567',
  OIDC_APPLE_KEY_FILE: keyFile,
}
const plain = await startRogueProvider()
const { url } = await startRolecall({
  ...env,
  OIDC_PLAIN_ISSUER: plain.url,
  OIDC_PLAIN_CLIENT_ID: 'rolecall',
  OIDC_PLAIN_CLIENT_SECRET: secret,
})
const callback = `${url}/sign-in/apple/callback`
const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')

async function leave(browser: HttpBrowser) {
  const answer = await browser.get(`${url}/sign-in/apple`)
  const asked = locationOf(answer)?.searchParams
  assert.ok(asked)
  return { answer, asked, state: asked.get('state') ?? '', nonce: asked.get('nonce') ?? '' }
}

/** As a page of Apple's posts it. */
const post = (browser: HttpBrowser, form: Record<string, string>, to = callback) =>
  browser.post(to, form, { origin: 'https://appleid.apple.com', 'sec-fetch-site': 'cross-site' })

test('a person signs in by a form that Apple’s page posts, and the secret is made by the team’s key', async () => {
  const browser = createHttpBrowser()
  const { asked, answer, state, nonce } = await leave(browser)
  assert.equal(asked.get('response_mode'), 'form_post')
  assert.equal(asked.get('scope'), 'openid name email')
  const cookie = answer.headers.getSetCookie().find(line => line.startsWith('rolecall-saml='))
  assert.match(cookie ?? '', /HttpOnly; Secure; SameSite=None$/)

  let form = new URLSearchParams()
  apple.token = (_request, response, sent) => {
    form = sent
    const idToken = apple.sign({ nonce, email: 'ada@privaterelay.example', email_verified: 'true' })
    sendJson(response, { access_token: 'x', token_type: 'Bearer', id_token: idToken })
  }
  const user = '{"name":{"firstName":"Somebody","lastName":"Else"}}'
  const back = await post(browser, { code: 'c', state, user })
  const arrived = locationOf(back)
  assert.equal(arrived?.pathname, '/sign-in/arrived')
  const page = await (await browser.follow(back)).text()
  const again = await browser.get(arrived?.href ?? '')
  assert.equal(locationOf(again)?.searchParams.get('notice'), 'over', 'the last step is taken once')
  assert.ok(page.includes('ada@privaterelay.example') || page.includes('mallory'))
  assert.ok(!page.includes('Somebody'), 'a name that nobody signed is not believed')

  const made = form.get('client_secret') ?? ''
  const { payload, protectedHeader } = await jwtVerify(made, await importSPKI(keys.publicKey, 'ES256'), {
    issuer: 'TEAM123456',
    subject: 'com.example.web',
    audience: apple.url,
  })
  assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'JWT', kid: 'KEY1234567' })
  assert.equal(Number(payload.exp) - Number(payload.iat), 300)
})

test('nothing is discovered, since Apple’s own address for that leads elsewhere', async () => {
  const { answer } = await leave(createHttpBrowser())
  assert.equal(locationOf(answer)?.pathname, '/auth/authorize')
  assert.deepEqual(Object.keys(apple.hits).toSorted(), ['/auth/keys', '/auth/token'])
})

test('somebody who cancels at Apple comes back with a clear line', async () => {
  const browser = createHttpBrowser()
  const { state } = await leave(browser)
  assert.equal(noticeOf(await post(browser, { error: 'user_cancelled_authorize', state })), 'cancelled')
})

for (const [story, notice, attack] of [
  [
    'planted in a browser that did not ask for it (login CSRF)',
    'over',
    async () => {
      const { state, nonce } = await leave(createHttpBrowser())
      apple.answerWith(apple.sign({ nonce }))
      const victim = createHttpBrowser()
      await leave(victim)
      return post(victim, { code: 'c', state })
    },
  ],
  [
    'in a browser without the cookie',
    'over',
    async () => {
      const { state } = await leave(createHttpBrowser())
      return post(createHttpBrowser(), { code: 'c', state })
    },
  ],
  [
    'that is larger than any answer',
    'failed',
    async () => {
      const browser = createHttpBrowser()
      const { state } = await leave(browser)
      return post(browser, { code: 'c'.repeat(70_000), state })
    },
  ],
] as const) {
  test(`a posted answer ${story} signs nobody in`, async () => {
    const answer = await attack()
    assert.equal(noticeOf(answer), notice)
    assert.ok(!answer.headers.getSetCookie().some(line => line.startsWith('rolecall=')))
  })
}

test('what Apple posts does not count in an address, nor does a form count where a redirect is due', async () => {
  const browser = createHttpBrowser()
  const { state } = await leave(browser)
  assert.equal((await browser.get(`${callback}?code=c&state=${state}`)).status, 404)
  const elsewhere = await post(browser, { code: 'c', state }, `${url}/sign-in/plain/callback`)
  assert.equal(elsewhere.status, 403)
})

for (const [story, content] of [
  ['that is not there', undefined],
  ['with something else in it', 'hello'],
  ['of another kind', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })],
] as const) {
  test(`a key file ${story} is told at the start, by its setting`, () => {
    const file = join(folder, story.replaceAll(' ', '-'))
    if (content !== undefined) writeFileSync(file, content)
    const [client] = readConfig({ ...env, OIDC_APPLE_KEY_FILE: file }).oidcClients
    assert.ok(client)
    assert.throws(() => createAppleSecret(client, Date.now), /^Error: OIDC_APPLE_KEY_FILE names no file with/)
  })
}
