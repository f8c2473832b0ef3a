/** docs/examples/pool-app where something stands in somebody's way: what they are told, and that they can go on. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DeleteIdentitiesCommand } from '@aws-sdk/client-cognito-identity'
import type { Browser } from 'playwright-core'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { password } from '../support/own-accounts.ts'
import { enter, logIn, press, shown, startPoolApp, told } from '../support/pool-app.ts'
import { appCode } from '../support/totp.ts'

describe('the example app', { skip: skipWithoutChromium }, async () => {
  if (skipWithoutChromium !== false) return
  const app = await startPoolApp()
  const { rolecall } = app
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  /** Somebody with an authenticator app; answers its seed. */
  async function registerWithFactor(email: string): Promise<string> {
    const own = await rolecall.register(email)
    const html = await (await rolecall.get(own, '/account/own/app')).text()
    const ticket = /name="ticket" value="([\w-]+)"/.exec(html)?.[1] ?? ''
    const secret = /<code class="address">([A-Z2-7 ]+)<\/code>/.exec(html)?.[1] ?? ''
    const code = appCode(secret, Date.now() + app.aheadMs())
    const added = await rolecall.post(own, '/account/own/app', { ticket, code })
    assert.match(await added.text(), /recovery codes/)
    return secret
  }

  test('asks whoever has a second factor for its code, and nobody else', async () => {
    const secret = await registerWithFactor('factor@example.com')
    const { page, close } = await app.open(browser)
    const code = page.getByLabel('Code of your authenticator app')
    assert.equal(await code.isVisible(), false)
    await logIn(page, 'factor@example.com')
    await told(page, 'Your account has a second factor')
    await code.fill('000000')
    await press(page, 'Log in')
    await told(page, 'the password or the code is not right')
    await app.pass(page, 1)
    await code.fill(appCode(secret, Date.now() + app.aheadMs()))
    await press(page, 'Log in')
    await page.getByText('You are logged in as factor@example.com.').waitFor()
    await press(page, 'Sign out')
    await page.getByText('You are a guest.').waitFor()
    assert.equal(await code.isVisible(), false)
    await close()
  })

  test('tells after too many wrong passwords when to try again, and then it works', async () => {
    const { page, close } = await app.open(browser)
    const identity = await shown(page, 'identity')
    for (let n = 0; n < 5; n++) {
      await logIn(page, 'mistyped@example.com', `wrong password ${n}`)
      await told(page, 'The mail address or the password is not right.')
      await page.getByLabel('Password', { exact: true }).fill('')
    }
    await logIn(page, 'mistyped@example.com', 'yet another')
    await told(page, /^Too many tries\. Try again in \d+ minutes\.$/)
    await app.pass(page, 15)
    await rolecall.register('mistyped@example.com')
    await enter(page, 'mistyped@example.com')
    assert.equal(await shown(page, 'identity'), identity)
    await close()
  })

  test('Rolecall’s page tells after too many wrong codes when to try again', async () => {
    const { page, close } = await app.open(browser)
    await page.getByRole('link', { name: 'Make an account' }).click()
    await page.getByLabel('Mail address').fill('codes@example.com')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await press(page, 'Make the account')
    for (let n = 0; n < 5; n++) {
      await page.getByLabel('Code', { exact: true }).fill(`AAAAA-0000${n}`)
      await press(page, 'Confirm')
      await told(page, 'That code was refused')
      await page.waitForFunction('document.querySelector("#code").value === ""')
    }
    await page.getByLabel('Code', { exact: true }).fill('AAAAA-00009')
    await press(page, 'Confirm')
    await told(page, /^Too many tries\. Please wait \d+ minutes\./)
    await page.getByRole('link', { name: 'begin again' }).click()
    await page.getByRole('link', { name: /^Back to/ }).click()
    await page.waitForURL(app.url)
    await close()
  })

  test('whoever has forgotten the password sets a new one there, and comes back', async () => {
    await rolecall.register('forgetful@example.com')
    const { page, close } = await app.open(browser)
    await page.getByRole('link', { name: 'Forgotten password?' }).click()
    await page.getByLabel('Mail address').fill('forgetful@example.com')
    await press(page, 'Send the code')
    await page.getByLabel('Code').fill(await rolecall.mail.codeTo('forgetful@example.com', 2))
    await page.getByLabel('New password', { exact: true }).fill('a heron on the roof')
    await press(page, 'Set it')
    await page.getByRole('heading', { name: 'Your new password is set' }).waitFor()
    await page.getByRole('link', { name: /^Back to/ }).click()
    await page.waitForURL(app.url)
    await enter(page, 'forgetful@example.com', 'a heron on the roof')
    await close()
  })

  test('goes on as another guest where the operator has deleted the identity', async () => {
    const { page, close } = await app.open(browser)
    const identity = await shown(page, 'identity')
    const owner = rolecall.cognito()
    owner.config.systemClockOffset = app.aheadMs()
    await owner.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [identity] }))
    await page.reload()
    await page.getByText('You are a guest.').waitFor()
    assert.notEqual(await shown(page, 'identity'), identity)
    await close()
  })

  test('says so while nothing is reached, and goes on by itself', async () => {
    const { page, close } = await app.open(browser)
    const isRolecall = (url: URL) => url.origin === rolecall.url
    await page.route(isRolecall, route => route.abort())
    await press(page, 'New credentials')
    await told(page, 'Something is in the way just now.')
    await logIn(page, 'nobody@example.com')
    await told(page, 'The log-in could not be reached.')
    await page.unroute(isRolecall)
    await page.clock.fastForward(31_000)
    await page.getByRole('alert').waitFor({ state: 'hidden' })
    await page.getByText('You are a guest.').waitFor()
    await close()
  })
})
