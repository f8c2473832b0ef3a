import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { watch } from '../support/no-leak.ts'
import { admitEverybody, directoryEnv } from '../support/password-doors.ts'
import { sendRaw } from '../support/raw-http.ts'
import { startRolecall, type TestRolecall } from '../support/rolecall.ts'
import { type Slapd, skipWithoutSlapd, startSlapd } from '../support/slapd.ts'

const skip = skipWithoutSlapd
const slapd = skip ? ({} as Slapd) : await startSlapd()
const rolecall = skip ? ({} as TestRolecall) : await startRolecall(directoryEnv(slapd))
const staff = skip ? '' : await admitEverybody(rolecall)
const { url, port } = rolecall

const formOf = (username: string) => ({ username, password: slapd.passwords[username] ?? assert.fail() })
const logIn = (browser: HttpBrowser, username: string, headers: Record<string, string> = {}) =>
  browser.post(`${url}/sign-in/directory`, formOf(username), headers)
const cookieIn = (browser: HttpBrowser) => browser.jars.get(url)?.get('rolecall')
/** Who the pages take this browser's person for. */
async function personIn(browser: HttpBrowser): Promise<string | undefined> {
  const answer = await browser.get(`${url}/roles`)
  if (answer.status !== 200) return undefined
  return /Ada Lovelace|Ben Franklin/.exec(await answer.text())?.[0]
}
async function signedIn(username: string): Promise<HttpBrowser> {
  const browser = createHttpBrowser()
  assert.equal(locationOf(await logIn(browser, username))?.pathname, '/roles')
  return browser
}

test('the log-in of our own page signs in, so that what follows proves something', { skip }, async () => {
  const browser = await signedIn('ada')
  assert.equal(await personIn(browser), 'Ada Lovelace')
  const answer = await browser.post(`${url}/credentials`, { role: staff, duration: '900' })
  assert.equal(answer.status, 200)
})

// What a browser sends along when another page makes it log in, as somebody the attacker chose.
for (const [story, headers] of [
  ['of another site', { origin: 'https://evil.example' }],
  ['of another site, by a browser that sends no Origin', { origin: '', 'sec-fetch-site': 'cross-site' }],
  [
    'of another site that is said to be ours',
    { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
  ],
  ['in a sandboxed frame', { origin: 'null' }],
  ['in a sandboxed frame of our own', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
  ['that does not say where from', { origin: '' }],
  ['of the same site, but not of ours', { origin: '', 'sec-fetch-site': 'same-site' }],
  ['on a sister port', { origin: 'http://localhost:1' }],
  ['under this machine’s other name', { origin: `http://127.0.0.1:${port}` }],
  ['by its Referer alone', { origin: '', referer: `${url}/` }],
] as const) {
  test(`a page ${story} logs nobody in, and nobody out (login CSRF)`, { skip }, async () => {
    const [fresh, victim] = [createHttpBrowser(), await signedIn('ada')]
    const before = cookieIn(victim)
    const watched = watch(rolecall)
    for (const browser of [fresh, victim]) {
      const answer = await logIn(browser, 'ben', headers)
      assert.equal(answer.status, 403)
      assert.equal(answer.headers.get('set-cookie'), null)
      watched.requireNothingGiven(await answer.text(), formOf('ben').password)
    }
    assert.equal(await personIn(fresh), undefined)
    assert.equal(await personIn(victim), 'Ada Lovelace')
    assert.equal(cookieIn(victim), before)
  })
}

test(
  'a session that was planted before a log-in is nobody’s after it (session fixation)',
  { skip },
  async () => {
    const attacker = await signedIn('ben')
    const planted = cookieIn(attacker) ?? assert.fail()
    const victim = createHttpBrowser()
    victim.jars.set(url, new Map([['rolecall', planted]]))
    await logIn(victim, 'ada')
    assert.notEqual(cookieIn(victim), planted)
    assert.equal(await personIn(victim), 'Ada Lovelace')
    assert.equal(await personIn(attacker), undefined)
  },
)

test('a session that a log-in was refused in stays whose it was', { skip }, async () => {
  const browser = await signedIn('ada')
  const before = cookieIn(browser)
  const wrong = { username: 'ben', password: 'wrong' }
  const answer = await browser.post(`${url}/sign-in/directory`, wrong)
  assert.equal(locationOf(answer)?.searchParams.get('notice'), 'refused')
  assert.equal(cookieIn(browser), before)
  assert.equal(await personIn(browser), 'Ada Lovelace')
})

test('whoever logs in after somebody else gets nothing of theirs (session swapping)', { skip }, async () => {
  const browser = await signedIn('ada')
  const before = cookieIn(browser) ?? assert.fail()
  await logIn(browser, 'ben')
  assert.equal(await personIn(browser), 'Ben Franklin')
  const old = createHttpBrowser()
  old.jars.set(url, new Map([['rolecall', before]]))
  assert.equal(await personIn(old), undefined)
  const page = await (await browser.post(`${url}/credentials`, { role: staff, duration: '900' })).text()
  assert.doesNotMatch(page, /Ada|ada@/)
})

test(
  'two who log in at the same time from one browser are one of them, and no mixture',
  { skip },
  async () => {
    const browser = createHttpBrowser()
    await Promise.all([logIn(browser, 'ada'), logIn(browser, 'ben')])
    const page = await (await browser.get(`${url}/roles`)).text()
    assert.equal(
      new Set(
        page
          .match(/Ada Lovelace|ada@example|Ben Franklin|ben@example/g)
          ?.map(name => name.slice(0, 3).toLowerCase()),
      ).size,
      1,
    )
  },
)

for (const [story, body] of [
  [
    'one person’s name with another’s password',
    () => new URLSearchParams({ ...formOf('ada'), password: formOf('ben').password }),
  ],
  ['a name twice', () => `${new URLSearchParams(formOf('ada'))}&username=ben`],
  ['a password twice', () => `${new URLSearchParams(formOf('ada'))}&password=${formOf('ben').password}`],
  ['no password', () => 'username=ada'],
  ['an empty password', () => 'username=ada&password='],
  ['a name in the address', () => `password=${formOf('ada').password}`],
] as const) {
  test(`a form with ${story} logs nobody in`, { skip }, async () => {
    const watched = watch(rolecall)
    const text = String(body())
    const answer = await sendRaw(
      port,
      [
        'POST /sign-in/directory?username=ada HTTP/1.1',
        `Host: localhost:${port}`,
        `Origin: ${url}`,
        'Content-Type: application/x-www-form-urlencoded',
        `Content-Length: ${Buffer.byteLength(text)}`,
        'Connection: close',
        '',
        text,
      ].join('\r\n'),
    )
    assert.match(answer.text, /^location: \/\?notice=(refused|failed)&request=[0-9a-f-]{36}\r$/im)
    assert.doesNotMatch(answer.text, /^set-cookie/im)
    watched.requireNothingGiven(answer.text, formOf('ada').password, formOf('ben').password)
  })
}

for (const query of [
  'next=https://evil.example',
  'redirect_uri=//evil.example',
  'RelayState=https:evil.example',
]) {
  for (const [story, username, password] of [
    ['a right', 'ada', undefined],
    ['a wrong', 'nobody', 'wrong'],
  ] as const) {
    test(`${story} log-in with ${query} leads nowhere else (open redirect)`, { skip }, async () => {
      const [name = '', value = ''] = query.split('=')
      const form = { username, password: password ?? formOf(username).password, [name]: value }
      const answer = await createHttpBrowser().post(`${url}/sign-in/directory?${query}`, form, {
        'x-forwarded-host': 'evil.example',
        referer: 'https://evil.example/',
      })
      assert.equal(answer.status, 303)
      const location = answer.headers.get('location')?.replace(/&request=[0-9a-f-]{36}$/, '')
      assert.equal(location, password === undefined ? '/roles' : '/?notice=refused')
    })
  }
}

for (const [method, path] of [
  ['GET', '//evil.example/sign-in/directory'],
  ['GET', '/sign-in/directory//evil.example'],
  ['GET', '/\\evil.example/sign-in/directory'],
  ['PUT', '/sign-in/directory'],
] as const) {
  test(
    `${method} ${path} is no page, under either name of this machine (open redirect)`,
    { skip },
    async () => {
      for (const name of ['localhost', '127.0.0.1']) {
        const { text } = await sendRaw(
          port,
          `${method} ${path} HTTP/1.1\r\nHost: ${name}:${port}\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n`,
        )
        const location = /^location: (.*)\r$/im.exec(text)?.[1]
        if (location !== undefined) assert.equal(new URL(location, url).origin, url, location)
        assert.doesNotMatch(text, /^HTTP\/1\.1 200/)
      }
    },
  )
}
