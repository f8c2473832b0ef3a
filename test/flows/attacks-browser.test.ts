import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { startDemoRolecall, walkToCallback } from '../support/demo-rolecall.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { watch } from '../support/no-leak.ts'
import { faultIn, sendRaw } from '../support/raw-http.ts'
import { assumeForm } from '../support/rolecall-process.ts'

const demo = await startDemoRolecall()
const { url, port, exampleRole } = demo
const { browser: signedIn } = await demo.signIn('google')
const cookie = signedIn.jars.get(url)?.get('rolecall') ?? ''
const choice = { role: exampleRole, duration: '900' }

const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')
const isSignedIn = async (browser: HttpBrowser) => (await browser.get(`${url}/roles`)).status === 200

test('the browser is signed in and may have the role, so that what follows proves something', async () => {
  assert.equal((await signedIn.post(`${url}/credentials`, choice)).status, 200)
})

/** Two sign-ins of one browser, each stopped before its callback. */
async function twoCallbacks([first, second]: readonly ['google' | 'facebook', 'google' | 'facebook']) {
  const browser = createHttpBrowser()
  const one = await walkToCallback(browser, `${url}/sign-in/${first}`, 'ada')
  const other = await walkToCallback(browser, `${url}/sign-in/${second}`, 'ada')
  return { browser, one, other }
}

/** A callback's address with the code of another's. */
function withCodeOf(other: URL, callback: URL): string {
  const code = other.searchParams.get('code')
  assert.ok(code)
  const changed = new URL(callback)
  changed.searchParams.set('code', code)
  return changed.href
}

for (const [story, providers, path] of [
  ['Facebook’s answer at Google’s callback', ['facebook', 'facebook'], '/google/'],
  ['Google’s answer at Facebook’s callback', ['google', 'google'], '/facebook/'],
] as const) {
  test(`${story} signs nobody in, and uses the state up`, async () => {
    const { browser, one } = await twoCallbacks(providers)
    const watched = watch(demo)
    const answer = await browser.get(one.href.replace(/\/(google|facebook)\//, path))
    assert.equal(noticeOf(answer), 'over')
    watched.requireNothingGiven(await answer.text())
    assert.equal(noticeOf(await browser.get(one.href)), 'over')
    assert.equal(await isSignedIn(browser), false)
  })
}

for (const [story, providers] of [
  ['one sign-in’s code with another’s state', ['google', 'google']],
  ['one sign-in’s code with another’s state, at Facebook', ['facebook', 'facebook']],
  ['one provider’s code with the other’s state', ['google', 'facebook']],
] as const) {
  test(`${story} signs nobody in`, async () => {
    const { browser, one, other } = await twoCallbacks(providers)
    const watched = watch(demo)
    const answer = await browser.get(withCodeOf(one, other))
    assert.equal(noticeOf(answer), 'failed')
    watched.requireNothingGiven(await answer.text())
    assert.equal(await isSignedIn(browser), false)
  })
}

test('a code that was used before signs nobody in, whatever the state', async () => {
  const { browser, one } = await twoCallbacks(['google', 'google'])
  await browser.get(one.href)
  const thief = createHttpBrowser()
  const callback = await walkToCallback(thief, `${url}/sign-in/google`, 'oksana')
  const answer = await thief.get(withCodeOf(one, callback))
  assert.equal(noticeOf(answer), 'failed')
  assert.equal(await isSignedIn(thief), false)
})

const [id = '', signature = ''] = decodeURIComponent(cookie).replace(/^s:/, '').split('.')
const forge = (forgedId: string, key: Buffer | string) =>
  `s:${forgedId}.${createHmac('sha256', key).update(forgedId).digest('base64').replace(/=+$/, '')}`

function storedIdHash(): string {
  const database = new DatabaseSync(join(demo.dataDir, 'rolecall.db'), { readOnly: true })
  const row = database.prepare('select id_hash from web_sessions').get()
  database.close()
  return String(row?.id_hash)
}

for (const [story, forged] of [
  ['without a signature', id],
  ['with the signature cut off', `s:${id}.`],
  [
    'with a letter of the signature changed',
    `s:${id}.${signature.replace(/.$/, end => (end === 'A' ? 'B' : 'A'))}`,
  ],
  ['with a letter of the id changed', `s:${id.replace(/.$/, end => (end === 'A' ? 'B' : 'A'))}.${signature}`],
  ['signed with an empty key', forge(id, '')],
  ['signed with a key of the attacker’s', forge(id, randomBytes(32))],
  ['made of what stands in the database', `s:${storedIdHash()}.${signature}`],
  ['that is JSON', `j:${JSON.stringify({ identity: { subject: 'victim' } })}`],
  ['called as every object is', 's:__proto__.x'],
] as const) {
  test(`a session cookie ${story} is a stranger’s`, async () => {
    const watched = watch(demo)
    const headers = { cookie: `rolecall=${encodeURIComponent(forged)}` }
    const answer = await createHttpBrowser().post(`${url}/credentials`, choice, headers)
    assert.equal(answer.status, 401)
    watched.requireNothingGiven(await answer.text())
  })
}

// What a browser would send along with a form or a fetch of another page.
const notOurs: [story: string, headers: Record<string, string>][] = [
  ['that does not say where from', { origin: '' }],
  ['from the same site, but not from us', { origin: '', 'sec-fetch-site': 'same-site' }],
  ['that a person is said to have typed', { origin: '', 'sec-fetch-site': 'none' }],
  ['from this machine under its other name', { origin: `http://127.0.0.1:${port}` }],
  ['from a sister port', { origin: `http://localhost:${port + 1}` }],
  ['from our name on https', { origin: `https://localhost:${port}` }],
  ['from a name that begins like ours', { origin: `${url}.evil.example` }],
  ['from two origins', { origin: `${url}, https://evil.example` }],
  ['from us by its Referer alone', { origin: '', referer: `${url}/roles` }],
]
for (const [story, headers] of notOurs) {
  test(`a POST ${story} is refused with the cookie in its hand (CSRF)`, async () => {
    const watched = watch(demo)
    for (const path of ['/credentials', '/sign-out']) {
      const answer = await signedIn.post(`${url}${path}`, choice, headers)
      assert.equal(answer.status, 403)
      watched.requireNothingGiven(await answer.text())
    }
    assert.equal(await isSignedIn(signedIn), true)
  })
}

const withCookie = [`Host: localhost:${port}`, `Cookie: rolecall=${cookie}`, `Origin: ${url}`]
const asForm = 'Content-Type: application/x-www-form-urlencoded'
const formText = new URLSearchParams(choice).toString()
const raw = (line: string, body: string, ...more: string[]) =>
  sendRaw(
    port,
    [
      `${line} HTTP/1.1`,
      ...withCookie,
      ...more,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  )

for (const [line, body, status] of [
  ['GET /sign-out', '', 404],
  [`GET /credentials?${formText}`, '', 303],
  [`HEAD /credentials?${formText}`, '', 303],
  ['PUT /credentials', formText, 404],
  ['GET /sign-out?_method=POST', '_method=POST', 404],
  ['POST /credentials?role=x', `${formText}&${formText}`, 400],
  ['POST /credentials', `${formText}&role=`, 400],
  ['POST /credentials', `${formText}&a=%zz`, 400],
  ['POST /credentials', `${formText}&a=${'x'.repeat(9000)}`, 413],
  ['POST /credentials', JSON.stringify(choice), 400],
  ['POST /credentials', '__proto__=1&constructor=2', 400],
  ['POST /credentials', formText.replace('900', '9e2'), 400],
  ['POST /credentials', formText.replace('900', '99999'), 400],
  ['POST /credentials', formText.replace('role=', 'role=%00'), 400],
  ['POST /credentials', `role=${encodeURIComponent('<script>alert(1)</script>')}&duration=900`, 400],
] as const) {
  test(`${line.split('?')[0]} with “${body.slice(0, 60)}” gives nothing and ends no session`, async () => {
    const watched = watch(demo)
    const { statuses, text } = await raw(line, body, asForm, 'X-HTTP-Method-Override: POST')
    assert.deepEqual(statuses, [status], text)
    assert.ok(!text.includes('<script>alert'))
    watched.requireNothingGiven(text, cookie)
    assert.equal(await isSignedIn(signedIn), true)
  })
}

test('the cookie opens no door but the pages: on the AWS wire it is nothing', async () => {
  const watched = watch(demo)
  const answer = await raw('POST /', 'Action=GetCallerIdentity&Version=2011-06-15', asForm)
  assert.deepEqual(faultIn(answer), ['MissingAuthenticationToken', 403])
  assert.doesNotMatch(answer.text, /set-cookie/i)
  watched.requireNothingGiven(answer.text)
})

for (const path of [
  '//evil.example/%2e%2e',
  '/\\evil.example',
  '/%5cevil.example',
  '/%2f%2fevil.example',
  '/assets//evil.example/%2e%2e',
  '/assets/..//evil.example',
  '/sign-in/google/callback?code=a&state=b&redirect_uri=https://evil.example',
  '/credentials?next=https://evil.example',
]) {
  test(`${path} leads nowhere else, under either name of this machine (open redirect)`, async () => {
    for (const name of ['localhost', '127.0.0.1']) {
      const { text } = await sendRaw(
        port,
        `GET ${path} HTTP/1.1\r\nHost: ${name}:${port}\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n`,
      )
      const location = /^location: (.*)\r$/im.exec(text)?.[1]
      if (location === undefined) continue
      assert.equal(new URL(location, url).origin, url, location)
    }
  })
}

for (const path of [
  '/assets/../../server/main.ts',
  '/assets/..%2f..%2fserver/main.ts',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/assets/..%5c..%5cpackage.json',
  '/assets/%00',
  '/assets/.env',
  `/assets/${'a/'.repeat(2000)}`,
  '/views/sign-in.ejs',
]) {
  test(`${path.slice(0, 50)} shows nothing but that it is not there`, async () => {
    const watched = watch(demo)
    const { statuses, text } = await raw(`GET ${path}`, '')
    assert.deepEqual(statuses, [404])
    watched.requireNothingGiven(text)
  })
}

for (const [story, token] of [
  ['a made-up access token', 'EAAmadeup'],
  ['our own app’s credentials', `${demo.providers.facebook?.appId}|${demo.providers.facebook?.appSecret}`],
] as const) {
  test(`${story} in Facebook’s name is refused, and stands in no log`, async () => {
    const watched = watch(demo)
    const form = `${assumeForm(exampleRole, token)}&ProviderId=graph.facebook.com`
    const answer = await raw('POST /', form, asForm)
    assert.deepEqual(faultIn(answer), ['IDPRejectedClaim', 403], answer.text)
    watched.requireNothingGiven(answer.text, token)
  })
}
