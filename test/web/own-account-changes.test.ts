import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { password, startAccountsRolecall } from '../support/own-accounts.ts'
import { trusting } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'

const another = 'another walrus entirely'

describe('changes to an own account', async () => {
  const rolecall = await startAccountsRolecall()
  const { mail, register, post, get, logIn, url } = rolecall
  const notice = (answer: Response) => locationOf(answer)?.searchParams.get('notice')
  const isSignedIn = async (browser: HttpBrowser) => (await get(browser, '/account/own')).status === 200
  async function signIn(email: string, word = password): Promise<HttpBrowser> {
    const browser = createHttpBrowser()
    assert.equal(locationOf(await logIn(email, word, browser))?.pathname, '/roles')
    return browser
  }
  async function forget(browser: HttpBrowser, email: string): Promise<string> {
    const answer = await post(browser, '/sign-in/accounts/forgotten', { email })
    assert.equal(locationOf(answer)?.pathname, '/sign-in/accounts/new-password')
    return locationOf(answer)?.searchParams.get('id') ?? ''
  }

  test('a forgotten password: a code by mail sets a new one, and every session is over', async () => {
    const first = await register('forgot@example.com')
    const browser = createHttpBrowser()
    const id = await forget(browser, 'FORGOT@example.com')
    const code = await mail.codeTo('forgot@example.com', 2)
    const form = { id, code, password: 'short' }
    const refused = await post(browser, '/sign-in/accounts/new-password', form)
    assert.match(await refused.text(), /at least 10 characters/)
    const done = await post(browser, '/sign-in/accounts/new-password', { ...form, password: another })
    assert.equal(notice(done), 'password-set')
    assert.equal(await isSignedIn(first), false)
    assert.match((await mail.mailTo('forgot@example.com', 3)).text, /the password was set anew/)
    const again = await post(browser, '/sign-in/accounts/new-password', { ...form, password })
    assert.equal(again.status, 403)
    assert.equal(notice(await logIn('forgot@example.com')), 'refused')
    assert.ok(await isSignedIn(await signIn('forgot@example.com', another)))
  })

  test('who has no account is answered alike, and gets no mail', async () => {
    await register('somebody@example.com')
    const seen = []
    for (const email of ['somebody@example.com', 'nobody@example.com']) {
      const browser = createHttpBrowser()
      const asked = await post(browser, '/sign-in/accounts/forgotten', { email })
      const id = locationOf(asked)?.searchParams.get('id') ?? ''
      const page = await (await browser.get(locationOf(asked)?.href ?? '')).text()
      const form = { id, code: 'AAAAA-AAAAA', password: another }
      const wrong = await post(browser, '/sign-in/accounts/new-password', form)
      const plain = (text: string) => text.replaceAll(id, 'ID')
      seen.push([asked.status, plain(page), wrong.status, plain(await wrong.text())])
    }
    assert.deepEqual(seen[0], seen[1])
    await mail.mailTo('somebody@example.com', 2)
    assert.equal(mail.received.filter(({ to }) => to.includes('nobody@example.com')).length, 0)
  })

  test('what a Host header says is in no mail (reset poisoning)', async () => {
    await register('host@example.com')
    const browser = createHttpBrowser()
    await browser.post(
      `${url}/sign-in/accounts/forgotten`,
      { email: 'host@example.com' },
      { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
    )
    const { text } = await mail.mailTo('host@example.com', 2)
    assert.ok(text.includes(url) && !text.includes('evil'))
  })

  test('nobody’s mailbox is filled by us, and the page stays the same', async () => {
    for (let n = 0; n < 7; n++) await forget(createHttpBrowser(), 'forgot@example.com')
    await register('later@example.com')
    const resets = mail.received.filter(
      ({ to, text }) => to.includes('forgot@example.com') && /asked for a new password/.test(text),
    )
    assert.ok(resets.length >= 1 && resets.length <= 4, String(resets.length))
  })

  test('a password is changed with the old one; other sessions end, this one goes on under a new id', async () => {
    const here = await register('change@example.com')
    const there = await signIn('change@example.com')
    const before = new Map(here.jars.get(url))
    const wrong = await post(here, '/account/own/password', { old: 'wrong', password: another })
    assert.equal(wrong.status, 403)
    assert.ok(await isSignedIn(there))
    const done = await post(here, '/account/own/password', { old: password, password: another })
    assert.equal(notice(done), 'password-changed')
    assert.notDeepEqual(here.jars.get(url), before)
    assert.ok(await isSignedIn(here))
    assert.equal(await isSignedIn(there), false)
    const thief = createHttpBrowser()
    thief.jars.set(url, before)
    assert.equal(await isSignedIn(thief), false)
  })

  test('what the browser that goes on takes afterwards lives', async () => {
    const role = await rolecall.createRole('member', trusting(rolecall.accountId, rolecall.issuer))
    const browser = await register('goes-on@example.com')
    const isGiven = async () => {
      const given = await (await post(browser, '/credentials', { role, duration: '900' })).text()
      const read = (name: string) => new RegExp(`${name}=&#39;([^&]+)`).exec(given)?.[1] ?? ''
      const keys = {
        accessKeyId: read('AWS_ACCESS_KEY_ID'),
        secretAccessKey: read('AWS_SECRET_ACCESS_KEY'),
        sessionToken: read('AWS_SESSION_TOKEN'),
      }
      const { Arn = '' } = await rolecall.sts(keys).send(new GetCallerIdentityCommand({}))
      return Arn.includes('/member/')
    }
    assert.ok(await isGiven())
    await post(browser, '/account/own/password', { old: password, password: another })
    assert.ok(await isGiven())
    await post(browser, '/account/own/sessions/end-others', {})
    assert.ok(await isGiven())
  })

  test('the old password can’t be guessed there without bound', async () => {
    const browser = await register('guess@example.com')
    const answers = []
    for (let n = 0; n < 7; n++) {
      const form = { old: `wrong ${n}`, password: another }
      answers.push((await post(browser, '/account/own/password', form)).status)
    }
    assert.ok(answers.includes(429), answers.join())
  })

  test('an address is changed by a code that goes to the new one; the old one is told', async () => {
    const browser = await register('old@example.com')
    const asked = await post(browser, '/account/own/email', { email: 'new@example.com', password })
    assert.equal(locationOf(asked)?.pathname, '/account/own/email/confirm')
    const id = locationOf(asked)?.searchParams.get('id') ?? ''
    assert.equal((await get(browser, `/account/own/email/confirm?id=${id}`)).status, 200)
    assert.equal((await post(browser, '/account/own/email/confirm', { id, code: 'AAAAA-AAAAA' })).status, 403)
    const code = await mail.codeTo('new@example.com')
    const done = await post(browser, '/account/own/email/confirm', { id, code })
    assert.equal(notice(done), 'email-changed')
    assert.match((await mail.mailTo('old@example.com', 2)).text, /another mail address now/)
    assert.match(await (await get(browser, '/account/own')).text(), /new@example\.com/)
    assert.equal(notice(await logIn('old@example.com')), 'refused')
    await signIn('new@example.com')
  })

  test('an address that is somebody’s is answered alike, and stays theirs', async () => {
    await register('theirs@example.com')
    const browser = await register('mine@example.com')
    const asked = await post(browser, '/account/own/email', { email: 'theirs@example.com', password })
    assert.equal(locationOf(asked)?.pathname, '/account/own/email/confirm')
    assert.match((await mail.mailTo('theirs@example.com', 2)).text, /has an account already|has one already/)
  })

  test('another account’s code changes nothing', async () => {
    const [one, other] = [await register('one@example.com'), await register('other@example.com')]
    const asked = await post(one, '/account/own/email', { email: 'stolen@example.com', password })
    const id = locationOf(asked)?.searchParams.get('id') ?? ''
    const code = await mail.codeTo('stolen@example.com')
    assert.equal((await post(other, '/account/own/email/confirm', { id, code })).status, 403)
  })

  test('a deleted account is gone with its sessions, and its address makes another person', async () => {
    const browser = await register('gone@example.com')
    const before = await rolecall.token({ username: 'gone@example.com', password })
    assert.equal((await post(browser, '/account/own/delete', { password: 'wrong' })).status, 403)
    const done = await post(browser, '/account/own/delete', { password })
    assert.equal(notice(done), 'account-deleted')
    assert.equal(await isSignedIn(browser), false)
    assert.equal(notice(await logIn('gone@example.com')), 'refused')
    await register('gone@example.com')
    const now = await rolecall.token({ username: 'gone@example.com', password })
    const subject = ({ id_token }: Record<string, unknown>) =>
      JSON.parse(Buffer.from(String(id_token).split('.')[1] ?? '', 'base64url').toString()).sub
    assert.notEqual(subject(before), subject(now))
  })

  test('sessions are listed in words, and ended one by one or all together', async () => {
    const here = await register('sessions@example.com')
    const agents = {
      'Chrome on Windows': 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36',
      'Safari on an iPhone': 'Mozilla/5.0 (iPhone) AppleWebKit/605 Version/18.0 Mobile Safari/604.1',
    }
    const others: HttpBrowser[] = []
    for (const agent of Object.values(agents)) {
      const browser = createHttpBrowser()
      const form = { email: 'sessions@example.com', password }
      await browser.post(`${url}/sign-in/accounts`, form, { 'user-agent': agent })
      others.push(browser)
    }
    const page = await (await get(here, '/account/own')).text()
    for (const words of Object.keys(agents)) assert.ok(page.includes(words), words)
    assert.match(page, /this one/)
    const ids = [...page.matchAll(/name="session" value="([\w-]{43})"/g)].map(([, id = '']) => id)
    assert.equal(ids.length, 2)
    // Somebody else's can't be ended by its id.
    const stranger = await register('stranger@example.com')
    for (const session of ids) await post(stranger, '/account/own/sessions/end', { session })
    for (const browser of others) assert.ok(await isSignedIn(browser))
    await post(here, '/account/own/sessions/end', { session: ids[0] ?? '' })
    assert.equal((await Promise.all(others.map(isSignedIn))).filter(Boolean).length, 1)
    const rows = auditRowsIn(rolecall.dataDir).filter(
      ({ event, detail }) => event === 'EndAccountSessions' && detail !== null,
    )
    assert.deepEqual(
      rows.map(({ detail }) => JSON.parse(String(detail))),
      [{ session: ids[0] }],
      'written down, and nothing of what the stranger tried',
    )
    assert.equal(notice(await post(here, '/account/own/sessions/end-others', {})), 'sessions-ended')
    assert.equal((await Promise.all(others.map(isSignedIn))).filter(Boolean).length, 0)
    assert.ok(await isSignedIn(here))
  })

  test('a browser that was left alone is asked to sign in again first, and comes back', async () => {
    const browser = await register('fresh@example.com')
    rolecall.advanceMs(6 * 60_000)
    for (const path of [
      'email',
      'delete',
      'sessions/end-others',
      'app/remove',
      'passkeys',
      'recovery-codes',
    ]) {
      const answer = await post(browser, `/account/own/${path}`, { password })
      assert.equal(locationOf(answer)?.pathname, '/account/sign-in', path)
    }
    const page = await (await get(browser, '/account/sign-in')).text()
    const href = /href="(\/sign-in\/accounts\?errand=[\w-]+)"/.exec(page)?.[1] ?? ''
    assert.equal((await get(browser, href)).status, 200)
    assert.equal(locationOf(await logIn('fresh@example.com', password, browser))?.pathname, '/account')
    assert.equal((await get(browser, '/account/own/app')).status, 200)
  })

  test('links with other ways in, as any other way', async () => {
    const browser = await register('linked@example.com')
    await register('second@example.com')
    await post(browser, '/account/link', {})
    const page = await (await get(browser, '/account/sign-in')).text()
    const href = /href="(\/sign-in\/accounts\?errand=[\w-]+)"/.exec(page)?.[1] ?? ''
    await get(browser, href)
    const answer = await logIn('second@example.com', password, browser)
    assert.equal(locationOf(answer)?.pathname, '/account/confirm')
  })

  test('is nobody’s page who is signed in another way, or not at all', async () => {
    const answer = await get(createHttpBrowser(), '/account/own')
    assert.equal(notice(answer), 'required')
    for (const path of ['password', 'email', 'delete', 'app', 'passkeys', 'sessions/end']) {
      const refused = await post(createHttpBrowser(), `/account/own/${path}`, {})
      assert.equal(notice(refused), 'required', path)
    }
  })
})
