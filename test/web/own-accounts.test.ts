import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { password, startAccountsRolecall } from '../support/own-accounts.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

describe('own accounts, in a browser', async () => {
  const rolecall = await startAccountsRolecall()
  const { mail, register, begin, post, get, logIn } = rolecall
  const role = await rolecall.createRole('member', trusting(rolecall.accountId, rolecall.issuer))
  const notice = (answer: Response) => locationOf(answer)?.searchParams.get('notice')

  test('are off unless they are set up', async () => {
    const without = await startRolecall()
    const browser = createHttpBrowser()
    assert.doesNotMatch(await (await browser.get(without.url)).text(), /Mail address/)
    assert.equal((await browser.get(`${without.url}/sign-in/accounts`)).status, 404)
    assert.equal((await browser.get(`${without.url}/outbox`)).status, 404)
    const discovery = await fetch(`${without.url}/accounts/.well-known/openid-configuration`)
    assert.equal(discovery.status, 404)
  })

  test('are offered on the sign-in page', async () => {
    const page = await (await get(createHttpBrowser(), '/')).text()
    assert.match(page, /action="\/sign-in\/accounts"/)
    assert.match(page, /href="\/sign-in\/accounts\/register"/)
    assert.match(page, /href="\/sign-in\/accounts\/forgotten"/)
  })

  test('register, confirm, and leave with credentials; then log in from elsewhere', async () => {
    const browser = await register('ada@example.com')
    const roles = await (await get(browser, '/roles')).text()
    assert.match(roles, /an account here/)
    assert.ok(roles.includes(role))
    const given = await post(browser, '/credentials', { role, duration: '900' })
    assert.match(await given.text(), /ASIA[A-Z2-7]{16}/)
    assert.equal(locationOf(await logIn('ada@example.com'))?.pathname, '/roles')
    assert.equal(locationOf(await logIn('ADA@EXAMPLE.com'))?.pathname, '/roles')
  })

  test('there is no account before its address is confirmed', async () => {
    const browser = createHttpBrowser()
    const id = await begin(browser, { email: 'early@example.com', password })
    assert.equal(notice(await logIn('early@example.com')), 'refused')
    const code = await mail.codeTo('early@example.com')
    const typed = code.toLowerCase().replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
    const answer = await post(browser, '/sign-in/accounts/confirm', { id, code: typed })
    assert.equal(locationOf(answer)?.pathname, '/roles')
  })

  test('a code is good once, five tries long, for a quarter of an hour', async () => {
    const browser = createHttpBrowser()
    const id = await begin(browser, { email: 'codes@example.com', password })
    const code = await mail.codeTo('codes@example.com')
    for (let n = 0; n < 5; n++) {
      const answer = await post(browser, '/sign-in/accounts/confirm', { id, code: '00000-00000' })
      assert.equal(answer.status, 403)
    }
    const late = await post(browser, '/sign-in/accounts/confirm', { id, code })
    assert.notEqual(late.status, 303)
    const again = await begin(browser, { email: 'codes@example.com', password })
    const second = await mail.codeTo('codes@example.com', 2)
    rolecall.advanceMs(15 * 60_000)
    assert.equal((await post(browser, '/sign-in/accounts/confirm', { id: again, code: second })).status, 403)
  })

  test('what is begun in one browser can’t be finished in another (pre-hijacking)', async () => {
    const [attacker, owner] = [createHttpBrowser(), createHttpBrowser()]
    const id = await begin(attacker, { email: 'victim@example.com', password: 'known to the attacker' })
    const code = await mail.codeTo('victim@example.com')
    const answer = await post(owner, '/sign-in/accounts/confirm', { id, code })
    assert.equal(answer.status, 403)
    assert.equal(notice(await logIn('victim@example.com', 'known to the attacker')), 'refused')
  })

  test('a code of one purpose is none of another’s', async () => {
    const browser = createHttpBrowser()
    const id = await begin(browser, { email: 'purpose@example.com', password })
    const code = await mail.codeTo('purpose@example.com')
    const answer = await post(browser, '/sign-in/accounts/new-password', { id, code, password })
    assert.equal(answer.status, 403)
  })

  test('an address that has an account is answered alike; its owner alone is told', async () => {
    await register('taken@example.com')
    const answers = []
    for (const email of ['taken@example.com', 'fresh@example.com']) {
      const browser = createHttpBrowser()
      const answer = await browser.post(`${rolecall.url}/sign-in/accounts/register`, { email, password })
      const next = locationOf(answer)
      const page = await (await browser.get(next?.href ?? '')).text()
      const wrong = await post(browser, '/sign-in/accounts/confirm', {
        id: next?.searchParams.get('id') ?? '',
        code: 'AAAAA-AAAAA',
      })
      const plain = (text: string) => text.replace(/[\w-]{22}/g, 'ID')
      answers.push([answer.status, next?.pathname, plain(page), wrong.status, plain(await wrong.text())])
    }
    assert.deepEqual(answers[0], answers[1])
    assert.match((await mail.mailTo('taken@example.com', 2)).text, /It has one already/)
  })

  test('who has no account, and a wrong password, are refused alike at the log-in', async () => {
    await register('known@example.com')
    const answers = await Promise.all([
      logIn('known@example.com', 'a wrong password'),
      logIn('unknown@example.com', 'a wrong password'),
      logIn('no address', 'a wrong password'),
    ])
    for (const answer of answers) {
      assert.deepEqual([answer.status, notice(answer)], [303, 'refused'])
      assert.deepEqual(answer.headers.getSetCookie(), [])
    }
  })

  for (const [story, word] of [
    ['short', 'short one'],
    ['common', 'Basketball'],
    ['too long', 'x1y'.repeat(90)],
    ['one letter again and again', 'aaaaaaaaaaaa'],
    ['made of the address', 'refused-example-1'],
    ['made of our name', 'rolecall2026!'],
  ] as const) {
    test(`a password that is ${story} is refused, and what else was typed is kept`, async () => {
      const form = { email: 'refused@example.com', password: word, name: 'Ada' }
      const answer = await post(createHttpBrowser(), '/sign-in/accounts/register', form)
      const page = await answer.text()
      assert.equal(answer.status, 400)
      assert.match(page, /value="refused@example.com"/)
      assert.ok(!page.includes(word))
    })
  }

  test('any characters do, also none of a keyboard’s, and spelled in either form', async () => {
    const browser = createHttpBrowser()
    const composed = 'мои пароли — è 🔑'
    const id = await begin(browser, { email: 'unicode@example.com', password: composed })
    const code = await mail.codeTo('unicode@example.com')
    await post(browser, '/sign-in/accounts/confirm', { id, code })
    const answer = await logIn('unicode@example.com', composed.normalize('NFD'))
    assert.equal(locationOf(answer)?.pathname, '/roles')
  })

  for (const email of [
    'a@example.com\r\nBcc: everybody@example.com',
    'a@example.com,b@example.com',
    'Ada <a@example.com>',
    '<a@example.com>',
    'a@exa mple.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(64)}.com`,
    'a@@example.com',
    'ａ@example.com',
  ]) {
    test(`${JSON.stringify(email).slice(0, 40)} is no mail address`, async () => {
      const answer = await post(createHttpBrowser(), '/sign-in/accounts/register', { email, password })
      assert.equal(answer.status, 400)
    })
  }

  test('a name is text in pages, and stands in no mail', async () => {
    const browser = createHttpBrowser()
    const name = '<b>buy</b> https://spam.example'
    const id = await begin(browser, { email: 'named@example.com', password, name })
    const { text, headers } = await mail.mailTo('named@example.com')
    assert.doesNotMatch(text + headers, /spam/)
    assert.match(headers, /text\/plain/)
    await post(browser, '/sign-in/accounts/confirm', { id, code: await mail.codeTo('named@example.com') })
    const page = await (await get(browser, '/roles')).text()
    assert.ok(page.includes('&lt;b&gt;buy') && !page.includes('<b>buy'))
  })

  test('a new session id comes with the log-in, and the one before it stays a stranger’s (session fixation)', async () => {
    const [browser, thief] = [createHttpBrowser(), createHttpBrowser()]
    await register('fixed@example.com', browser)
    thief.jars.set(rolecall.url, new Map(browser.jars.get(rolecall.url)))
    await register('other@example.com', browser)
    assert.doesNotMatch(await (await get(thief, '/account/own')).text(), /other@example\.com/)
  })

  for (const path of ['', '/register', '/confirm', '/forgotten', '/new-password', '/factor', '/passkey']) {
    test(`/sign-in/accounts${path} takes no form from another site`, async () => {
      const browser = createHttpBrowser()
      const answer = await browser.post(
        `${rolecall.url}/sign-in/accounts${path}`,
        { email: 'a@b.c' },
        {
          origin: 'https://evil.example',
        },
      )
      assert.equal(answer.status, 403)
    })
  }
})

test('whom no role admits is shown what a trust policy would have to say of them, key by key', async () => {
  const rolecall = await startAccountsRolecall()
  const browser = await rolecall.register('ada@example.com')
  const page = (await (await rolecall.get(browser, '/roles')).text()).replaceAll('<wbr>', '')
  const facts = [...page.matchAll(/<dt>(.*?)<\/dt><dd><code>(.*?)<\/code>/gs)]
  const { host } = new URL(rolecall.url)
  assert.deepEqual(
    facts.slice(0, 2).map(([, name, value]) => [name, value]),
    [
      ['Issuer', `${rolecall.url}/accounts`],
      [`${host}/accounts:aud`, 'rolecall'],
    ],
  )
  assert.equal(facts[2]?.[1], `${host}/accounts:sub`)
  assert.match(facts[2]?.[2] ?? '', /^[0-9a-f-]{36}$/)
})
