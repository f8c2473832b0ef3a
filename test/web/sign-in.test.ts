import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { startDemoRolecall, walkToCallback } from '../support/demo-rolecall.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'

const demo = await startDemoRolecall()
const { url, exampleRole: roleArn } = demo

function readTable(table: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(demo.dataDir, 'rolecall.db'), { readOnly: true })
  const rows = database.prepare(`select * from ${table}`).all()
  database.close()
  return rows
}

const cookieOf = (browser: HttpBrowser, name = 'rolecall') => browser.jars.get(url)?.get(name)
const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')

for (const provider of ['google', 'facebook'] as const) {
  test(`a person signs in with ${provider}, chooses a role and gets credentials`, async () => {
    const { browser, page } = await demo.signIn(provider)
    assert.equal(new URL(page.url).pathname, '/roles')
    const roles = await page.text()
    assert.ok(roles.includes('Ada Lindqvist'))
    assert.ok(roles.includes(roleArn))
    const answer = await browser.post(`${url}/credentials`, { role: roleArn, duration: '900' })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const html = await answer.text()
    assert.match(html, /ASIA[A-Z2-7]{16}/)
    const secret = /aws_secret_access_key = ([A-Za-z0-9+/]{40})/.exec(html)?.[1]
    assert.ok(secret, 'the secret access key is on the page')
    for (const table of ['web_sessions', 'identities', 'settings']) {
      assert.ok(!JSON.stringify(readTable(table)).includes(secret), `nothing of it is in ${table}`)
    }
    assert.ok(!demo.logged().includes(secret), 'nothing of it is in the log')
  })
}

test('the sign-in page offers both providers as links, and says that they are stand-ins', async () => {
  const page = await (await createHttpBrowser().get(url)).text()
  assert.match(page, /href="\/sign-in\/google"/)
  assert.match(page, /href="\/sign-in\/facebook"/)
  assert.match(page, /stand-in/i)
})

test('whoever only looks at the page leaves no session behind and gets no cookie', async () => {
  const before = readTable('web_sessions').length
  const answer = await createHttpBrowser().get(url)
  assert.deepEqual(answer.headers.getSetCookie(), [])
  assert.equal(readTable('web_sessions').length, before)
})

test('cancelling at the provider comes back with a clear line', async () => {
  const browser = createHttpBrowser()
  const callback = await walkToCallback(browser, `${url}/sign-in/google`, undefined)
  const page = await browser.follow(await browser.get(callback.href))
  assert.match(await page.text(), /cancelled/)
})

test('a second tab does not break the first', async () => {
  const browser = createHttpBrowser()
  const first = await walkToCallback(browser, `${url}/sign-in/google`, 'ada')
  const second = await walkToCallback(browser, `${url}/sign-in/facebook`, 'ada')
  assert.equal((await browser.follow(await browser.get(first.href))).url, `${url}/roles`)
  assert.equal((await browser.follow(await browser.get(second.href))).url, `${url}/roles`)
})

test('signing out ends the session on the server: the old cookie is a stranger’s', async () => {
  const { browser } = await demo.signIn('google')
  const cookie = `rolecall=${cookieOf(browser)}`
  const out = await browser.post(`${url}/sign-out`, {})
  assert.equal(noticeOf(out), 'signed-out')
  const answer = await createHttpBrowser().get(`${url}/roles`, { cookie })
  assert.equal(noticeOf(answer), 'required')
})

test('the session ends an hour after the sign-in, however much it is used', async () => {
  const { browser } = await demo.signIn('facebook')
  demo.advanceMs(59 * 60_000)
  assert.equal((await browser.get(`${url}/roles`)).status, 200)
  demo.advanceMs(2 * 60_000)
  assert.equal(noticeOf(await browser.get(`${url}/roles`)), 'required')
  demo.advanceMs(-61 * 60_000)
})

test('the session cookie is out of reach of scripts and of other sites', async () => {
  const browser = createHttpBrowser()
  const callback = await walkToCallback(browser, `${url}/sign-in/google`, 'ada')
  const [cookie] = (await browser.get(callback.href)).headers.getSetCookie()
  assert.match(cookie ?? '', /^rolecall=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/)
})

test('the store holds neither the session id nor a provider’s token', async () => {
  const { browser } = await demo.signIn('facebook')
  const id = decodeURIComponent(cookieOf(browser) ?? '').replace(/^s:|\..*$/g, '')
  const rows = JSON.stringify(readTable('web_sessions'))
  assert.ok(id.length > 20 && !rows.includes(id))
  assert.ok(!/access_token|id_token|eyJhbGci/.test(rows))
})

test('people are keyed by issuer and subject, never by their address', async () => {
  await demo.signIn('google')
  await demo.signIn('facebook')
  const people = readTable('identities').filter(row => row.display_name === 'Ada Lindqvist')
  assert.equal(new Set(people.map(row => row.issuer)).size, 2)
})

test('every page is under a policy that allows no inline script, and tells no other site where people come from', async () => {
  const { headers } = await createHttpBrowser().get(url)
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /script-src 'self'(;|$)/)
  assert.match(policy, /form-action 'self'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /unsafe/)
  assert.equal(headers.get('referrer-policy'), 'same-origin')
})

test('people who come under another name of this machine are sent to the public one', async () => {
  const answer = await createHttpBrowser().get(url.replace('localhost', '127.0.0.1'))
  assert.equal(answer.headers.get('location'), `${url}/`)
})

const attacks: [story: string, attack: () => Promise<Response>][] = [
  [
    'a state that was used before',
    async () => {
      const browser = createHttpBrowser()
      const callback = await walkToCallback(browser, `${url}/sign-in/google`, 'ada')
      await browser.get(callback.href)
      return browser.get(callback.href)
    },
  ],
  [
    'one provider’s state at the other’s callback',
    async () => {
      const browser = createHttpBrowser()
      const callback = await walkToCallback(browser, `${url}/sign-in/google`, 'ada')
      return browser.get(callback.href.replace('/google/', '/facebook/'))
    },
  ],
  [
    'an answer that somebody else’s browser asked for (login CSRF)',
    async () => {
      const callback = await walkToCallback(createHttpBrowser(), `${url}/sign-in/google`, 'ada')
      const victim = createHttpBrowser()
      await victim.get(`${url}/sign-in/google`)
      return victim.get(callback.href)
    },
  ],
  [
    'an answer in a browser that never began',
    async () => {
      const callback = await walkToCallback(createHttpBrowser(), `${url}/sign-in/google`, 'ada')
      return createHttpBrowser().get(callback.href)
    },
  ],
  [
    'a state that is older than ten minutes',
    async () => {
      const browser = createHttpBrowser()
      const callback = await walkToCallback(browser, `${url}/sign-in/facebook`, 'ada')
      demo.advanceMs(10 * 60_000)
      const answer = await browser.get(callback.href)
      demo.advanceMs(-10 * 60_000)
      return answer
    },
  ],
  ['a callback without a state', () => createHttpBrowser().get(`${url}/sign-in/google/callback?code=x`)],
  ['a callback with neither code nor state', () => createHttpBrowser().get(`${url}/sign-in/google/callback`)],
  [
    'a made-up cancellation',
    () => createHttpBrowser().get(`${url}/sign-in/google/callback?error=access_denied&state=x`),
  ],
]
for (const [story, attack] of attacks) {
  test(`${story} is refused, and nobody is signed in`, async () => {
    const answer = await attack()
    assert.equal(noticeOf(answer), 'over')
    assert.ok(!answer.headers.getSetCookie().some(cookie => cookie.startsWith('rolecall=')))
  })
}

test('somebody else’s attempt does not use a state up', async () => {
  const browser = createHttpBrowser()
  const callback = await walkToCallback(browser, `${url}/sign-in/google`, 'ada')
  await createHttpBrowser().get(callback.href)
  assert.equal((await browser.follow(await browser.get(callback.href))).url, `${url}/roles`)
})

test('a parameter that comes twice is refused', async () => {
  const answer = await createHttpBrowser().get(`${url}/sign-in/google/callback?code=a&code=b&state=c`)
  assert.equal(noticeOf(answer), 'failed')
})

test('a session id that was planted before the sign-in stays a stranger’s (session fixation)', async () => {
  const attacker = await demo.signIn('google')
  const planted = cookieOf(attacker.browser)
  const victim = createHttpBrowser()
  victim.jars.set(url, new Map([['rolecall', String(planted)]]))
  const callback = await walkToCallback(victim, `${url}/sign-in/facebook`, 'ada')
  await victim.get(callback.href)
  assert.notEqual(cookieOf(victim), planted)
  assert.equal(
    noticeOf(await attacker.browser.get(`${url}/roles`)),
    'required',
    'and the planted one has ended',
  )
})

const foreign: [story: string, headers: Record<string, string>][] = [
  ['from another site', { origin: 'https://evil.example' }],
  ['from a sandboxed frame', { origin: 'null' }],
  ['from another port of this machine', { origin: 'http://localhost:1' }],
  ['that says only that it is from another site', { origin: '', 'sec-fetch-site': 'cross-site' }],
]
for (const [story, headers] of foreign) {
  for (const path of ['/credentials', '/sign-out']) {
    test(`a POST to ${path} ${story} is refused (CSRF)`, async () => {
      const { browser } = await demo.signIn('google')
      const answer = await browser.post(`${url}${path}`, { role: roleArn, duration: '900' }, headers)
      assert.equal(answer.status, 403)
      assert.equal((await browser.get(`${url}/roles`)).status, 200, 'the session is still there')
    })
  }
}

test('a role that does not trust the person is refused by the gate, whatever the form says', async () => {
  const { browser } = await demo.signIn('google')
  const answer = await browser.post(`${url}/credentials`, { role: `${roleArn}-other`, duration: '900' })
  assert.equal(answer.status, 403)
  assert.doesNotMatch(await answer.text(), /ASIA/)
})

test('a longer time than the role allows is refused by the gate, whatever the form says', async () => {
  const { browser } = await demo.signIn('google')
  const answer = await browser.post(`${url}/credentials`, { role: roleArn, duration: '43200' })
  assert.equal(answer.status, 400)
})

test('credentials need a sign-in', async () => {
  const answer = await createHttpBrowser().post(`${url}/credentials`, { role: roleArn, duration: '900' })
  assert.equal(answer.status, 401)
})

for (const path of [
  '//evil.example',
  '/?notice=https://evil.example',
  '/sign-in/google?redirect=https://evil.example&returnTo=//evil.example',
  '/roles?next=//evil.example',
]) {
  test(`${path} leads to no other site than the provider’s (open redirect)`, async () => {
    const target = locationOf(await createHttpBrowser().get(`${url}${path}`))
    const own = [url, demo.providers.google?.issuer]
    assert.ok(target === undefined || own.includes(target.origin), String(target))
    assert.ok(!String(target?.href).includes('evil'))
  })
}

for (const query of [
  '?notice=<script>alert(1)</script>',
  '?notice=%3Cscript%3E',
  '?notice=__proto__',
  '?notice=constructor',
]) {
  test(`nothing of ${query} is shown on the page`, async () => {
    const page = await (await createHttpBrowser().get(`${url}/${query}`)).text()
    assert.ok(!page.includes('alert(1)') && !page.includes('native code') && !page.includes('%3Cscript'))
  })
}

test('beginning sign-ins over and over is slowed down', async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => createHttpBrowser().get(`${url}/sign-in/facebook`)),
  )
  const slowed = answers.filter(({ status }) => status === 429)
  assert.ok(slowed.length > 0)
  for (const { headers } of slowed) assert.match(headers.get('retry-after') ?? '', /^[12]$/)
})
