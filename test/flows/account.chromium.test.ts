import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { requireFit } from '../support/require-fit.ts'

const demo = await startDemoRolecall()

const clothes = [
  {
    name: 'phone-light',
    person: /Ada Lindqvist/,
    viewport: { width: 320, height: 760 },
    colorScheme: 'light',
  },
  { name: 'phone-dark', person: /Mateo/, viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  { name: 'desktop-light', person: /Amara/, viewport: { width: 1120, height: 800 }, colorScheme: 'light' },
  { name: 'desktop-dark', person: /Оксана/, viewport: { width: 1120, height: 800 }, colorScheme: 'dark' },
] as const

describe('in a real browser', { skip: skipWithoutChromium }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  for (const { name, person, viewport, colorScheme } of clothes) {
    test(`somebody links a second way in, and unlinks it, without scripts, ${name}`, async () => {
      const context = await browser.newContext({ viewport, colorScheme, javaScriptEnabled: false })
      const page = await context.newPage()
      const fits = (shot: string) => requireFit(page, `${name}-${shot}`)
      const choose = async (provider: string) => {
        await page.getByRole('link', { name: new RegExp(provider) }).click()
        await page.getByRole('button', { name: person }).click()
      }
      await page.goto(demo.url)
      await choose('Google')
      await page.waitForURL(`${demo.url}/roles`)
      await fits('1-roles')
      await page.getByRole('link', { name: 'Account' }).click()
      await fits('2-account')
      await page.getByRole('button', { name: 'Link another way in' }).click()
      await fits('3-sign-in')
      await choose('Facebook')
      await page.getByRole('heading', { name: 'Are both of these you?' }).waitFor()
      await fits('4-confirm')
      await page.getByRole('button', { name: 'Link them' }).click()
      await page.getByText('It is linked.').waitFor()
      await fits('5-linked')

      const facebook = page.getByRole('article', { name: /Facebook/ })
      await facebook.locator('summary').click()
      await fits('6-unlink')
      await facebook.getByRole('button', { name: /Unlink it/ }).click()
      await page.getByRole('heading', { name: 'Unlink a way in' }).waitFor()
      await fits('7-sign-in-by-it')
      await choose('Facebook')
      await page.getByText('It is unlinked').waitFor()
      assert.equal(await page.getByRole('article').count(), 1)
      await fits('8-unlinked')
      await context.close()
    })
  }

  test('a sign-in of some minutes ago is asked for again first', async () => {
    const page = await browser.newPage({ viewport: clothes[1].viewport })
    await page.goto(demo.url)
    await page.getByRole('link', { name: /Google/ }).click()
    await page.getByRole('button', { name: /Ada Lindqvist/ }).click()
    await page.waitForURL(`${demo.url}/roles`)
    demo.advanceMs(6 * 60_000)
    await page.getByRole('link', { name: 'Account' }).click()
    await page.getByText('It has been a while').waitFor()
    await page.getByRole('button', { name: 'Link another way in' }).click()
    await page.getByRole('heading', { name: 'Sign in again first' }).waitFor()
    await requireFit(page, 'again')
    await page.getByRole('link', { name: /Google/ }).click()
    await page.getByRole('button', { name: /Ada Lindqvist/ }).click()
    await page.waitForURL(`${demo.url}/account`)
    await page.getByText('You sign in there, and confirm it here.').waitFor()
  })
})
