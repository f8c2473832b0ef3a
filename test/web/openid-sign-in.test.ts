import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { secret, sendJson, startOpenidProvider, startRogueProvider } from '../support/openid-provider.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const corp = await startOpenidProvider()
const rogue = await startRogueProvider()
const rolecall = await startRolecall({
  OIDC_CORP_ISSUER: corp.url,
  OIDC_CORP_CLIENT_ID: 'rolecall',
  OIDC_CORP_CLIENT_SECRET: secret,
  OIDC_CORP_TITLE: 'Corp <Login>',
  OIDC_ROGUE_ONE_ISSUER: rogue.url,
  OIDC_ROGUE_ONE_CLIENT_ID: 'rolecall',
  OIDC_ROGUE_ONE_CLIENT_SECRET: secret,
  OIDC_ROGUE_ONE_SCOPES: 'openid groups',
})
const { url, accountId } = rolecall
const callbackOf = (name: string) => `${url}/sign-in/${name}/callback`
corp.claims = { groups: ['staff'], email: 'ada@corp.example', email_verified: true }
corp.serve([callbackOf('corp')])

const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')
const isSignedIn = (answer: Response) =>
  answer.headers.getSetCookie().some(line => line.startsWith('rolecall='))

/** To the real provider and back, stopping before the callback is visited. */
async function walk(browser: HttpBrowser): Promise<URL> {
  const last = await browser.follow(await browser.get(`${url}/sign-in/corp`), ({ pathname }) =>
    pathname.endsWith('/callback'),
  )
  const back = locationOf(last)
  assert.ok(back, `no way back from ${last.url}: ${last.status}`)
  return back
}

/** To the rogue's door: what it is asked. */
async function leave(browser: HttpBrowser): Promise<URLSearchParams> {
  const answer = await browser.get(`${url}/sign-in/rogue-one`)
  const to = locationOf(answer)
  assert.equal(to?.origin, rogue.url, String(to))
  return to.searchParams
}

function comeBack(
  browser: HttpBrowser,
  answer: Record<string, string>,
  name = 'rogue-one',
): Promise<Response> {
  return browser.get(`${callbackOf(name)}?${new URLSearchParams(answer)}`)
}

test('a person signs in with a certified provider and gets credentials for a role that asks for a claim', async () => {
  const condition = { StringEquals: { [`${new URL(corp.url).host}:groups`]: 'staff' } }
  const role = await rolecall.createRole('staff', trusting(accountId, corp, condition))
  const browser = createHttpBrowser()
  const page = await browser.follow(await browser.get((await walk(browser)).href))
  assert.equal(page.url, `${url}/roles`)
  const html = await page.text()
  assert.ok(html.includes('Name of ada') && html.includes(role))
  const answer = await browser.post(`${url}/credentials`, { role, duration: '900' })
  assert.match(await answer.text(), /ASIA[A-Z2-7]{16}/)
  assert.ok(!rolecall.logged().includes(secret), 'the client secret is not in the log')
})

test('the sign-in page offers each configured provider under its title, which is text', async () => {
  const html = await (await createHttpBrowser().get(url)).text()
  assert.match(html, /href="\/sign-in\/corp"[\s\S]*Continue with Corp &lt;Login&gt;/)
  assert.match(html, /href="\/sign-in\/rogue-one"[\s\S]*Continue with Rogue one/)
})

test('what is asked carries PKCE with S256, a state and a nonce, each of its own', async () => {
  const browser = createHttpBrowser()
  const [first, second] = [await leave(browser), await leave(browser)]
  assert.equal(first.get('response_type'), 'code')
  assert.equal(first.get('scope'), 'openid groups')
  assert.equal(first.get('redirect_uri'), callbackOf('rogue-one'))
  assert.equal(first.get('code_challenge_method'), 'S256')
  for (const name of ['state', 'nonce', 'code_challenge']) {
    assert.match(first.get(name) ?? '', /^[\w-]{43}$/)
    assert.notEqual(first.get(name), second.get(name))
  }
})

test('the code is redeemed with the secret, the verifier and the same redirect URI', async () => {
  const browser = createHttpBrowser()
  const asked = await leave(browser)
  let form = new URLSearchParams()
  rogue.token = (_request, response, sent) => {
    form = sent
    sendJson(response, {
      access_token: 'x',
      token_type: 'Bearer',
      id_token: rogue.sign({ nonce: asked.get('nonce') }),
    })
  }
  const answer = await comeBack(browser, { code: 'the-code', state: asked.get('state') ?? '' })
  assert.equal(answer.headers.get('location'), '/roles')
  const { code_verifier: verifier = '', ...sent } = Object.fromEntries(form)
  assert.deepEqual(sent, {
    client_id: 'rolecall',
    client_secret: secret,
    code: 'the-code',
    grant_type: 'authorization_code',
    redirect_uri: callbackOf('rogue-one'),
  })
  assert.equal(createHash('sha256').update(verifier).digest('base64url'), asked.get('code_challenge'))
})

test('metadata are fetched once, not for each sign-in', async () => {
  await walk(createHttpBrowser())
  const fetched = () => corp.paths.filter(path => path.includes('openid-configuration')).length
  const before = fetched()
  await walk(createHttpBrowser())
  assert.equal(fetched(), before)
})

test('somebody who cancels at the provider comes back with a clear line', async () => {
  corp.person = undefined
  const browser = createHttpBrowser()
  assert.equal(noticeOf(await browser.get((await walk(browser)).href)), 'cancelled')
  corp.person = 'ada'
})

for (const [story, notice, attack] of [
  [
    'that was used before',
    'over',
    async () => {
      const browser = createHttpBrowser()
      const back = await walk(browser)
      await browser.get(back.href)
      return browser.get(back.href)
    },
  ],
  [
    'that another browser asked for (login CSRF)',
    'over',
    async () => {
      const back = await walk(createHttpBrowser())
      const victim = createHttpBrowser()
      await leave(victim)
      return victim.get(back.href)
    },
  ],
  [
    'of one provider at the callback of another, with its own state (mix-up)',
    'over',
    async () => {
      const browser = createHttpBrowser()
      const back = await walk(browser)
      return browser.get(back.href.replace('/corp/', '/rogue-one/'))
    },
  ],
  [
    'of one provider at the callback of another, with the state that the other was given (mix-up)',
    'failed',
    async () => {
      const browser = createHttpBrowser()
      const back = await walk(browser)
      const state = (await leave(browser)).get('state') ?? ''
      return comeBack(browser, { ...Object.fromEntries(back.searchParams), state })
    },
  ],
  [
    'whose iss is not the provider’s',
    'failed',
    async () => {
      const browser = createHttpBrowser()
      const back = await walk(browser)
      back.searchParams.set('iss', rogue.url)
      return browser.get(back.href)
    },
  ],
  [
    'without the iss that the provider promises',
    'failed',
    async () => {
      const browser = createHttpBrowser()
      const back = await walk(browser)
      assert.equal(back.searchParams.get('iss'), corp.url)
      back.searchParams.delete('iss')
      return browser.get(back.href)
    },
  ],
  [
    'that is another provider’s no, so that the person believes it was this one’s',
    'failed',
    async () => {
      const browser = createHttpBrowser()
      const state = (await leave(browser)).get('state') ?? ''
      return comeBack(browser, { error: 'access_denied', state, iss: corp.url })
    },
  ],
  [
    'with a parameter twice',
    'failed',
    async () => {
      const browser = createHttpBrowser()
      const back = await walk(browser)
      return browser.get(`${back.href}&code=other`)
    },
  ],
  [
    'with an ID token in the address, as of the implicit flow',
    'failed',
    async () => {
      const browser = createHttpBrowser()
      const asked = await leave(browser)
      const idToken = rogue.sign({ nonce: asked.get('nonce') })
      return comeBack(browser, { id_token: idToken, state: asked.get('state') ?? '' })
    },
  ],
  ['with neither code nor state', 'over', () => comeBack(createHttpBrowser(), {}, 'corp')],
] as const) {
  test(`an answer ${story} signs nobody in`, async () => {
    const answer = await attack()
    assert.equal(noticeOf(answer), notice)
    assert.ok(!isSignedIn(answer))
  })
}
