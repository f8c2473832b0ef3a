import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { watch } from '../support/no-leak.ts'
import { password, startAccountsRolecall } from '../support/own-accounts.ts'

const app = 'https://app.example/Shop/'
const accounts = '/sign-in/accounts'

describe('whoever is sent by an app to register', async () => {
  const rolecall = await startAccountsRolecall({
    ROLECALL_ACCOUNTS_RETURN_URLS: `${app}, https://b.example/`,
  })
  const { mail, post, get, token, register } = rolecall
  const asked = (path: string, url: string) =>
    `${accounts}${path}?${new URLSearchParams({ return_url: url, id: 'x'.repeat(22) })}`
  const linksTo = (html: string, url: string) => html.includes(`href="${url}"`)

  test('is led back there once the address is confirmed, and has an account then', async () => {
    const browser = createHttpBrowser()
    const form = { email: 'ada@example.com', password, return_url: app }
    const begun = locationOf(await post(browser, `${accounts}/register`, form))
    assert.equal(begun?.searchParams.get('return_url'), app)
    const page = await (await browser.get(begun?.href ?? '')).text()
    assert.match(page, /<input type="hidden" name="return_url" value="https:\/\/app\.example\/Shop\/">/)
    const code = await mail.codeTo('ada@example.com')
    const id = begun?.searchParams.get('id') ?? ''
    const wrong = await post(browser, `${accounts}/confirm`, { id, code: '00000-00000', return_url: app })
    assert.equal(wrong.status, 403)
    assert.match(await wrong.text(), /name="return_url" value="https:\/\/app\.example\/Shop\/"/)
    const done = await browser.follow(
      await post(browser, `${accounts}/confirm`, { id, code, return_url: app }),
    )
    const html = await done.text()
    assert.match(html, /Your account is made/)
    assert.ok(linksTo(html, app))
    assert.equal((await token({ username: 'ada@example.com', password })).status, 200)
  })

  test('keeps the way back after too many wrong codes, and is told when to try again', async () => {
    const browser = createHttpBrowser()
    const form = { email: 'codes@example.com', password, return_url: app }
    const id = locationOf(await post(browser, `${accounts}/register`, form))?.searchParams.get('id') ?? ''
    const typed = { id, code: '00000-00000', return_url: app }
    for (let n = 0; n < 5; n++) assert.equal((await post(browser, `${accounts}/confirm`, typed)).status, 403)
    const answer = await post(browser, `${accounts}/confirm`, typed)
    assert.equal(answer.status, 429)
    assert.ok(Number(answer.headers.get('retry-after')) > 60)
    const html = await answer.text()
    assert.match(html, /Too many tries\. Please wait \d+ minutes\./)
    assert.ok(linksTo(html, `${accounts}/register?return_url=${encodeURIComponent(app)}`))
  })

  test('has no session here, which signing out at the app would leave behind', async () => {
    const browser = createHttpBrowser()
    const form = { email: 'ben@example.com', password, return_url: app }
    const id = locationOf(await post(browser, `${accounts}/register`, form))?.searchParams.get('id') ?? ''
    const code = await mail.codeTo('ben@example.com')
    const done = await post(browser, `${accounts}/confirm`, { id, code, return_url: app })
    assert.equal(locationOf(done)?.pathname, `${accounts}/done`, 'the account is made')
    assert.equal(locationOf(await get(browser, '/roles'))?.pathname, '/')
  })

  test('is led back as well after setting a forgotten password anew', async () => {
    await register('cleo@example.com')
    const browser = createHttpBrowser()
    const form = { email: 'cleo@example.com', return_url: app }
    const begun = locationOf(await post(browser, `${accounts}/forgotten`, form))
    assert.ok((await (await browser.get(begun?.href ?? '')).text()).includes(`value="${app}"`))
    const code = await mail.codeTo('cleo@example.com', 2)
    const id = begun?.searchParams.get('id') ?? ''
    const anew = { id, code, password: 'another walrus entirely', return_url: app }
    const html = await (await browser.follow(await post(browser, `${accounts}/new-password`, anew))).text()
    assert.match(html, /Your new password is set/)
    assert.ok(linksTo(html, app))
  })

  test('finds the way back on every page, and nobody else finds one', async () => {
    const browser = createHttpBrowser()
    for (const path of ['/register', '/forgotten']) {
      assert.ok(linksTo(await (await get(browser, asked(path, app))).text(), app), path)
      assert.doesNotMatch(await (await get(browser, `${accounts}${path}`)).text(), /app\.example|return_url/)
    }
    assert.equal(locationOf(await get(browser, `${accounts}/done?deed=registered`))?.pathname, '/')
    const unknown = `${asked('/done', app)}&deed=constructor`
    assert.equal(locationOf(await get(browser, unknown))?.pathname, '/')
  })

  for (const [story, url] of [
    ['a stranger’s', 'https://evil.example/'],
    ['one that begins like ours', 'https://app.example/Shop/../evil'],
    ['one with more behind it', `${app}?next=https://evil.example/`],
    ['one with a fragment', `${app}#`],
    ['one without its last slash', 'https://app.example/Shop'],
    ['one in another case', 'https://app.example/shop/'],
    ['one in plain text', 'http://app.example/Shop/'],
    ['one of a user of that name', 'https://app.example@evil.example/Shop/'],
    ['a script', 'javascript:alert(document.domain)'],
    ['one without a scheme', '//app.example/Shop/'],
    ['the whole list', `${app}, https://b.example/`],
    ['none at all', ''],
  ] as const) {
    test(`an address that is not on the list, ${story}, is refused and shown nowhere (open redirect)`, async () => {
      const browser = createHttpBrowser()
      const watched = watch(rolecall)
      const form = { email: 'eve@example.com', password, id: 'x'.repeat(22), code: 'A', return_url: url }
      for (const path of ['/register', '/confirm', '/forgotten', '/new-password', '/done']) {
        const answers = [await get(browser, asked(path, url))]
        if (path !== '/done') answers.push(await post(browser, `${accounts}${path}`, form))
        for (const answer of answers) {
          const html = await answer.text()
          assert.equal(answer.status, 400, path)
          assert.match(html, /not on this service’s list/)
          assert.ok(url === '' || !html.includes(url))
          watched.requireNothingGiven(html)
        }
      }
    })
  }

  test('whoever was refused for the address was sent no code', async () => {
    // Mail goes out in its own time: that of a later one has come.
    await register('later@example.com')
    assert.equal(mail.received.filter(({ to }) => to.includes('eve@example.com')).length, 0)
  })

  for (const path of ['/register', '/forgotten']) {
    test(`keeps the way back where too many begin at ${path} from one address`, async () => {
      const browser = createHttpBrowser()
      // Each is refused for its address, and counts: a moment makes good for few of them.
      const begin = () =>
        post(browser, `${accounts}${path}`, { email: 'no address', password, return_url: app })
      let answer = await begin()
      for (let n = 0; n < 200 && answer.status !== 429; n++) answer = await begin()
      assert.equal(answer.status, 429)
      assert.ok(Number(answer.headers.get('retry-after')) > 0)
      const html = await answer.text()
      assert.match(html, /Too many tries/)
      assert.ok(linksTo(html, app))
      assert.ok(html.includes(`<input type="hidden" name="return_url" value="${app}">`))
      rolecall.advanceMs(60_000)
    })
  }

  test('there are none unless the operator lists them', async () => {
    const without = await startAccountsRolecall()
    const answer = await without.get(createHttpBrowser(), asked('/register', app))
    assert.equal(answer.status, 400)
  })
})
