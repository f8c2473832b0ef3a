/** docs/examples/pool-app as people walk it, with own accounts, real mail and AWS's own clients in the page. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { password } from '../support/own-accounts.ts'
import { enter, logIn, phone, press, shown, startPoolApp, told } from '../support/pool-app.ts'
import { requireFit } from '../support/require-fit.ts'
import { until } from '../support/until.ts'

const asGuest = /:assumed-role\/guest-\d+\/CognitoIdentityCredentials$/
const asUser = /:assumed-role\/user-\d+\/CognitoIdentityCredentials$/
const desktop = { width: 1120, height: 800 }

const clothes = [
  { name: 'phone-light', viewport: { width: 320, height: 760 }, colorScheme: 'light' },
  { name: 'phone-dark', ...phone },
  { name: 'desktop-light', viewport: desktop, colorScheme: 'light' },
  { name: 'desktop-dark', viewport: desktop, colorScheme: 'dark' },
] as const

describe('the example app', { skip: skipWithoutChromium }, async () => {
  if (skipWithoutChromium !== false) return
  const app = await startPoolApp()
  const { rolecall, pool } = app
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  for (const { name, viewport, colorScheme } of clothes) {
    test(`a guest registers, confirms, logs in, stays who they are, refreshes and signs out, ${name}`, async () => {
      const email = `${name}@example.com`
      const { page, complaints, close } = await app.open(browser, { viewport, colorScheme })
      const fits = (shot: string) => requireFit(page, `${name}-${shot}`)
      const addresses: string[] = []
      page.on('request', request => addresses.push(request.url()))
      const guest = await shown(page, 'identity')
      assert.match(guest, /^us-east-1:[0-9a-f-]{36}$/)
      assert.match(await callerAfter(page, ''), asGuest)
      await fits('1-guest')

      await register(page, email, fits)
      await page.getByRole('link', { name: /^Back to/ }).click()
      await page.waitForURL(app.url)
      await page.getByText('You are a guest.').waitFor()
      assert.equal(await shown(page, 'identity'), guest, 'the same guest after the way there and back')

      await logIn(page, email, 'a wrong password')
      await told(page, 'The mail address or the password is not right.')
      await fits('6-wrong-password')
      assert.equal(await shown(page, 'identity'), guest)
      const ofGuest = await shown(page, 'access-key')
      await enter(page, email)
      assert.equal(await shown(page, 'identity'), guest, 'and the same identity once logged in')
      assert.match(await callerAfter(page, ofGuest), asUser)
      await fits('7-logged-in')

      const first = await shown(page, 'access-key')
      await press(page, 'New credentials')
      assert.match(await callerAfter(page, first), asUser)
      assert.equal(await shown(page, 'identity'), guest)

      const last = await shown(page, 'access-key')
      await press(page, 'Sign out')
      assert.match(await callerAfter(page, last), asGuest)
      const next = await shown(page, 'identity')
      assert.notEqual(next, guest, 'whoever comes next is somebody else')
      assert.deepEqual(await page.evaluate('[Object.values(localStorage), sessionStorage.length]'), [
        [next],
        0,
      ])
      assert.equal(await page.getByLabel('Mail address').inputValue(), '')
      await fits('8-signed-out')
      await page.goto(`${rolecall.url}/roles`)
      await page.getByText('Please sign in first.').waitFor()
      for (const secret of [
        encodeURIComponent(password),
        new URLSearchParams({ password }).toString(),
        'eyJ',
      ])
        assert.ok(!addresses.some(address => address.includes(secret)), 'a secret is in an address')
      assert.doesNotMatch(rolecall.logged(), new RegExp(`${password}|eyJ`))
      assert.deepEqual(complaints, [])
      await close()
    })
  }

  /** On Rolecall's pages, with the code that comes by mail; up to the link that leads back. */
  async function register(page: Page, email: string, fits: (shot: string) => Promise<void>): Promise<void> {
    await page.getByRole('link', { name: 'Make an account' }).click()
    await page.getByLabel('Mail address').fill(email)
    await fits('2-register')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await press(page, 'Make the account')
    await page.getByLabel('Code', { exact: true }).fill('00000-00000')
    await fits('3-confirm')
    await press(page, 'Confirm')
    await told(page, 'That code was refused')
    await fits('4-wrong-code')
    await page.getByLabel('Code', { exact: true }).fill(await rolecall.mail.codeTo(email))
    await press(page, 'Confirm')
    await page.getByRole('heading', { name: 'Your account is made' }).waitFor()
    await fits('5-made')
  }

  test('a long name of an app fits on the page that leads back to it', async () => {
    const page = await browser.newPage({ viewport: { width: 320, height: 760 } })
    const query = new URLSearchParams({ deed: 'registered', return_url: app.longUrl })
    await page.goto(`${rolecall.url}/sign-in/accounts/done?${query}`)
    await page.getByRole('link', { name: /^Back to/ }).waitFor()
    await requireFit(page, 'long')
    await page.close()
  })

  test('refreshes before credentials end, and asks to log in again once the log-in is over', async () => {
    await rolecall.register('ada@example.com')
    const { page, close } = await app.open(browser)
    await enter(page, 'ada@example.com')
    const [identity, key] = [await shown(page, 'identity'), await shown(page, 'access-key')]
    await app.pass(page, 50)
    assert.equal(await shown(page, 'access-key'), key)
    await app.pass(page, 6)
    assert.match(await callerAfter(page, key), asUser)
    assert.equal(await shown(page, 'identity'), identity)
    await app.pass(page, 56)
    await page.getByText('Log in to go on as yourself').waitFor()
    assert.equal(await shown(page, 'access-key'), '–')
    await requireFit(page, 'again')
    await enter(page, 'ada@example.com')
    assert.equal(await shown(page, 'identity'), identity)
    await close()
  })

  test('on another device finds the person’s identity again, and there the guest’s is gone', async () => {
    const { page, close } = await app.open(browser)
    const guest = await shown(page, 'identity')
    await enter(page, 'ada@example.com')
    const identity = await shown(page, 'identity')
    assert.notEqual(identity, guest)
    const { id_token } = await rolecall.token({ username: 'ada@example.com', password })
    assert.equal(await pool.getId({ [app.provider]: String(id_token) }), identity)
    await close()
  })

  test('after a reload asks for the log-in, and somebody else’s leads to an identity of their own', async () => {
    await rolecall.register('ben@example.com')
    const { page, close } = await app.open(browser)
    await enter(page, 'ada@example.com')
    const identity = await shown(page, 'identity')
    await page.reload()
    await page.getByText('Log in to go on as yourself').waitFor()
    await enter(page, 'ben@example.com')
    const other = await shown(page, 'identity')
    assert.match(other, /^us-east-1:/)
    assert.notEqual(other, identity)
    await page.reload()
    await page.getByText('Log in to go on as yourself').waitFor()
    await press(page, 'Sign out')
    await page.getByText('You are a guest.').waitFor()
    assert.ok(![identity, other].includes(await shown(page, 'identity')))
    await close()
  })
})

/**
 * Waits for credentials after those of this key, and answers who services take their bearer for: the app has asked
 * GetCallerIdentity, signed with them.
 */
async function callerAfter(page: Page, key: string): Promise<string> {
  await until(async () => ![key, '–'].includes(await shown(page, 'access-key')))
  return shown(page, 'caller')
}
