import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import {
  type AmazonAnswer,
  ada,
  appId,
  clientId,
  eve,
  startAmazon,
  trustingAmazon,
} from '../support/amazon.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { startRolecall } from '../support/rolecall.ts'

const amazon = await startAmazon()
const rolecall = await startRolecall(amazon.env)
const { url } = rolecall
const role = await rolecall.createRole(
  'shopper',
  trustingAmazon({ 'www.amazon.com:app_id': appId, 'www.amazon.com:user_id': ada.user_id }),
)

beforeEach(() => {
  amazon.recover()
  amazon.visitor = ada
})

/** To Amazon and back, but for the last step. */
async function leave(browser: HttpBrowser): Promise<URL> {
  const last = await browser.follow(await browser.get(`${url}/sign-in/amazon`), ({ pathname }) =>
    pathname.endsWith('/callback'),
  )
  return locationOf(last) ?? assert.fail(`no way back from ${last.url}: ${last.status}`)
}

async function signIn() {
  const browser = createHttpBrowser()
  const page = await browser.follow(await browser.get((await leave(browser)).href))
  return { browser, page }
}

const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')
const isSignedIn = async (browser: HttpBrowser) => (await browser.get(`${url}/roles`)).status === 200

test('the sign-in page offers Amazon, and not as a stand-in', async () => {
  const page = await (await createHttpBrowser().get(url)).text()
  assert.match(page, /href="\/sign-in\/amazon"[\s\S]*Amazon/)
  assert.doesNotMatch(page, /stand-in/i)
})

test('a person signs in with Amazon and gets the credentials of the role that trusts them', async () => {
  const { browser, page } = await signIn()
  assert.equal(page.url, `${url}/roles`)
  const roles = await page.text()
  for (const part of ['Ada Lovelace', 'Amazon', role]) assert.ok(roles.includes(part), part)
  const answer = await browser.post(`${url}/credentials`, { role, duration: '900' })
  assert.match(await answer.text(), /ASIA[A-Z2-7]{16}/)
  assert.doesNotMatch(rolecall.logged(), /Atza|Atzr|amazon-client-secret/)
})

test('the browser is sent there with our client, a state and a PKCE challenge, for the profile alone', async () => {
  const begun = await createHttpBrowser().get(`${url}/sign-in/amazon`)
  const target = locationOf(begun) ?? assert.fail()
  assert.equal(target.origin + target.pathname, `${amazon.url}/ap/oa`)
  const { state, code_challenge: challenge, ...asked } = Object.fromEntries(target.searchParams)
  assert.ok((state ?? '').length >= 22 && (challenge ?? '').length === 43)
  assert.deepEqual(asked, {
    response_type: 'code',
    redirect_uri: `${url}/sign-in/amazon/callback`,
    scope: 'profile',
    client_id: clientId,
    code_challenge_method: 'S256',
  })
})

test('another person with the same address has none of it', async () => {
  amazon.visitor = eve
  const { browser, page } = await signIn()
  assert.equal(page.url, `${url}/roles`)
  assert.ok(!(await page.text()).includes(role))
  const answer = await browser.post(`${url}/credentials`, { role, duration: '900' })
  assert.doesNotMatch(await answer.text(), /ASIA/)
})

test('whoever cancels there comes back with a clear line', async () => {
  amazon.visitor = undefined
  const { browser, page } = await signIn()
  assert.match(await page.text(), /cancelled/)
  assert.equal(await isSignedIn(browser), false)
})

for (const [story, attack] of [
  [
    'in another browser than it began in',
    async () => [createHttpBrowser(), await leave(createHttpBrowser())],
  ],
  [
    'with a state that was used before',
    async () => {
      const browser = createHttpBrowser()
      const callback = await leave(browser)
      await browser.get(callback.href)
      return [createHttpBrowser(), callback]
    },
  ],
  [
    'with a state of nobody’s',
    async () => {
      const browser = createHttpBrowser()
      const callback = await leave(browser)
      callback.searchParams.set('state', 'made-up')
      return [browser, callback]
    },
  ],
  [
    'with another sign-in’s code, which PKCE binds to that one',
    async () => {
      const [browser, attacker] = [createHttpBrowser(), createHttpBrowser()]
      const [callback, planted] = [await leave(browser), await leave(attacker)]
      callback.searchParams.set('code', planted.searchParams.get('code') ?? '')
      return [browser, callback]
    },
  ],
] as const satisfies readonly (readonly [string, () => Promise<[HttpBrowser, URL]>])[]) {
  test(`an answer ${story} signs nobody in`, async () => {
    const [browser, callback] = await attack()
    assert.match(String(noticeOf(await browser.get(callback.href))), /^(over|failed)$/)
    assert.equal(await isSignedIn(browser), false)
  })
}

const goodInfo = {
  aud: clientId,
  iss: 'https://www.amazon.com',
  exp: 60,
  app_id: appId,
  user_id: ada.user_id,
}

for (const [story, place, answer] of [
  ['a token that was made for another app', 'tokeninfo', { body: { ...goodInfo, aud: 'evil' } }],
  ['the profile of somebody else', 'profile', { body: eve }],
  ['no token', 'token', { body: { token_type: 'bearer' } }],
  ['an error of its own', 'token', { status: 500, body: {} }],
] as const satisfies readonly (readonly [string, 'token' | 'tokeninfo' | 'profile', AmazonAnswer])[]) {
  test(`when Amazon comes with ${story}, nobody is signed in`, async () => {
    amazon.misbehave(place, answer)
    const { browser } = await signIn()
    assert.equal(await isSignedIn(browser), false)
  })
}

test('a good answer signs in after all of that', async () => {
  assert.equal(await isSignedIn((await signIn()).browser), true)
})
