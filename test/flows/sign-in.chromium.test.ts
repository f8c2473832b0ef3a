import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { until } from '../support/until.ts'

const demo = await startDemoRolecall()

describe('in a real browser', { skip: skipWithoutChromium }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  /** A page that fails the test when anything on it breaks its own security policy or throws. */
  async function openPage(
    options: { javaScriptEnabled?: boolean } = {},
  ): Promise<{ page: Page; problems: string[] }> {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', error => problems.push(error.message))
    return { page, problems }
  }

  async function signIn(page: Page, provider: 'Google' | 'Facebook'): Promise<void> {
    await page.goto(demo.url)
    await page.getByRole('link', { name: new RegExp(provider) }).click()
    await page.getByRole('button', { name: /Ada Lindqvist/ }).click()
    await page.waitForURL(`${demo.url}/roles`)
  }

  for (const provider of ['Google', 'Facebook'] as const) {
    test(`a person signs in with ${provider}, takes credentials that work, and signs out`, async () => {
      const { page, problems } = await openPage()
      await signIn(page, provider)
      await page.getByRole('combobox').selectOption({ label: '15 minutes' })
      await page.getByRole('button', { name: /Get credentials/ }).click()
      const json = JSON.parse((await page.locator('#json').textContent()) ?? '')
      assert.match(json.AccessKeyId, /^ASIA/)
      assert.equal(
        await whoAmI(demo.url, json),
        `${demo.exampleRole.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}`,
      )
      await page.getByRole('button', { name: /Sign out/ }).click()
      await page.getByText('You are signed out.').waitFor()
      await page.goto(`${demo.url}/roles`)
      assert.equal(new URL(page.url()).pathname, '/', 'the roles are out of reach again')
      assert.deepEqual(problems, [])
      await page.context().close()
    })
  }

  test('the time that is left counts down', async () => {
    const { page } = await openPage()
    await signIn(page, 'Google')
    await page.getByRole('button', { name: /Get credentials/ }).click()
    const time = page.getByRole('timer')
    const first = await time.textContent()
    // Not Playwright's own waiting: it would evaluate text in the page, which its policy forbids.
    await until(async () => (await time.textContent()) !== first)
    await page.context().close()
  })

  test('a copy button puts the shell exports onto the clipboard', async () => {
    const { page } = await openPage()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: demo.url })
    await signIn(page, 'Google')
    await page.getByRole('button', { name: /Get credentials/ }).click()
    await page.getByRole('button', { name: /Copy/ }).first().click()
    const shell = await page.locator('#shell').textContent()
    assert.match(shell ?? '', /AWS_SESSION_TOKEN/)
    await until(async () => (await page.evaluate('navigator.clipboard.readText()')) === shell)
    await page.context().close()
  })

  test('everything but countdown and copy works without scripts', async () => {
    const { page } = await openPage({ javaScriptEnabled: false })
    await signIn(page, 'Facebook')
    await page.getByRole('button', { name: /Get credentials/ }).click()
    assert.match((await page.locator('#shell').textContent()) ?? '', /export AWS_ACCESS_KEY_ID='ASIA/)
    assert.equal(
      await page.getByRole('button', { name: /Copy/ }).count(),
      0,
      'no button that could do nothing',
    )
    await page.context().close()
  })

  test('the whole way can be gone with the keyboard', async () => {
    const { page } = await openPage()
    await page.goto(demo.url)
    await pressUntil(page, /Google/)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: /Ada Lindqvist/ }).waitFor()
    await pressUntil(page, /Ada Lindqvist/)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${demo.url}/roles`)
    await pressUntil(page, /Get credentials/)
    await page.keyboard.press('Enter')
    await page.locator('#shell').waitFor()
    await page.context().close()
  })

  test('cancelling at the provider comes back with a clear line', async () => {
    const { page } = await openPage()
    await page.goto(demo.url)
    await page.getByRole('link', { name: /Google/ }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('The sign-in was cancelled.').waitFor()
    await page.context().close()
  })

  test('no page is wider than a small phone', async () => {
    const { page } = await openPage()
    await page.setViewportSize({ width: 320, height: 640 })
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth')
    await page.goto(demo.url)
    assert.ok(Number(await overflow()) <= 0, 'sign-in')
    await signIn(page, 'Google')
    await page.waitForLoadState()
    assert.ok(Number(await overflow()) <= 0, 'roles')
    await page.getByRole('button', { name: /Get credentials/ }).click()
    // Before its style sheet is there, a page has any width.
    await page.getByRole('timer').waitFor()
    assert.ok(Number(await overflow()) <= 0, 'credentials')
    await page.context().close()
  })
})

async function pressUntil(page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < 30; step++) {
    await page.keyboard.press('Tab')
    const text = String(await page.evaluate('document.activeElement?.textContent ?? ""'))
    if (name.test(text)) return
  }
  assert.fail(`${name} can't be reached with Tab`)
}

/** The ARN that the service itself gives these credentials, without the session's name. */
async function whoAmI(endpoint: string, json: Record<string, string>): Promise<string | undefined> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts')
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = json
  const client = new STSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey, sessionToken },
  })
  const { Arn } = await client.send(new GetCallerIdentityCommand({}))
  return Arn?.replace(/\/[^/]*$/, '')
}
