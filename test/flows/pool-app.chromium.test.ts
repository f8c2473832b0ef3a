/** docs/examples/pool-app, from its first opening to sign-out, with the stand-in for Google. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startAppSite } from '../support/app-site.ts'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { makePool, roleOf } from '../support/identity-pool.ts'
import type { Keys } from '../support/rolecall.ts'
import { until } from '../support/until.ts'

const read = (name: string) =>
  readFileSync(new URL(`../../docs/examples/pool-app/${name}`, import.meta.url), 'utf8')

describe('the example app', { skip: skipWithoutChromium }, async () => {
  const files: Record<string, string> = { '/app.js': read('app.js') }
  const site = await startAppSite(files)
  const demo = await startDemoRolecall({ ROLECALL_CORS_ORIGINS: site.origin })
  const { issuer = '' } = demo.providers.google ?? {}
  const provider = `arn:aws:iam::${demo.accountId}:oidc-provider/${issuer.replace('http://', '')}`
  const pool = await makePool(demo, [], { OpenIdConnectProviderARNs: [provider] })
  files['/index.html'] = read('index.html')
    .replaceAll('https://login.example', demo.url)
    .replace('"POOL"', `"${pool.id}"`)

  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  /** The app, with a clock that can be moved, and the credentials that it was given, the newest last. */
  async function open() {
    const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage()
    await page.clock.install()
    const given: Keys[] = []
    const problems: string[] = []
    page.on('pageerror', error => problems.push(error.message))
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    page.on('response', async response => {
      const target = response.request().headers()['x-amz-target'] ?? ''
      if (!target.endsWith('.GetCredentialsForIdentity') || !response.ok()) return
      const { AccessKeyId, SecretKey, SessionToken } = (await response.json()).Credentials
      given.push({ accessKeyId: AccessKeyId, secretAccessKey: SecretKey, sessionToken: SessionToken })
    })
    await page.goto(site.origin)
    return { page, given, problems }
  }

  const text = (page: Page, id: string) => page.locator(`#${id}`).textContent()

  async function signIn(page: Page, person: string): Promise<void> {
    await page.getByLabel('ID token').fill(await (await fetch(`${issuer}/sample-id-token/${person}`)).text())
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('You are signed in.').waitFor()
  }

  test('opens as a guest, keeps the identity at sign-in, refreshes, and leaves nothing at sign-out', async () => {
    const { page, given, problems } = await open()
    await page.getByText('You are a guest.').waitFor()
    const identity = await text(page, 'identity')
    assert.match(identity ?? '', /^us-east-1:[0-9a-f-]{36}$/)
    await until(async () => given.length === 1)
    assert.match(await roleOf(demo, given[0] as Keys), /^guest-/)

    await page.reload()
    await page.getByText('You are a guest.').waitFor()
    assert.equal(await text(page, 'identity'), identity, 'the same guest after a reload')

    await signIn(page, 'ada')
    assert.equal(await text(page, 'identity'), identity, 'and the same identity after sign-in')
    await until(async () => given.length === 3)
    assert.match(await roleOf(demo, given[2] as Keys), /^user-/)

    const key = await text(page, 'access-key')
    await page.clock.fastForward('54:00')
    assert.equal(await text(page, 'access-key'), key)
    await page.clock.fastForward('02:00')
    await until(async () => (await text(page, 'access-key')) !== key)
    assert.equal(await text(page, 'identity'), identity)
    await until(async () => given.length === 4)
    assert.match(await roleOf(demo, given[3] as Keys), /^user-/)

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You are signed out.').waitFor()
    assert.equal(await text(page, 'identity'), '–')
    assert.equal(await page.evaluate('localStorage.length + sessionStorage.length'), 0)
    await page.clock.fastForward('02:00:00')

    await page.getByRole('button', { name: 'Continue as a guest' }).click()
    await page.getByText('You are a guest.').waitFor()
    assert.notEqual(await text(page, 'identity'), identity, 'the next person is somebody else')
    await until(async () => given.length >= 5)
    assert.equal(given.length, 5, 'nothing was refreshed after sign-out')
    assert.deepEqual(problems, [])
    await page.context().close()
  })

  test('on another device finds the person’s identity again, and there the guest’s is gone', async () => {
    const { page } = await open()
    await page.getByText('You are a guest.').waitFor()
    const guest = await text(page, 'identity')
    await signIn(page, 'ada')
    const identity = await text(page, 'identity')
    assert.notEqual(identity, guest)
    assert.equal(await pool.getId({ [issuer.replace('http://', '')]: await tokenOf('ada') }), identity)
    await page.context().close()
  })

  test('a guest stays one where the token is no good, and who has an identity is asked to sign in again', async () => {
    const { page } = await open()
    await page.getByText('You are a guest.').waitFor()
    const identity = await text(page, 'identity')
    const [head = '', claims = ''] = (await tokenOf('mateo')).split('.')
    await page.getByLabel('ID token').fill(`${head}.${claims}.${'A'.repeat(342)}`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText(/^Refused: /).waitFor()
    await page.reload()
    await page.getByText('You are a guest.').waitFor()
    assert.equal(await text(page, 'identity'), identity)
    await signIn(page, 'mateo')
    await page.reload()
    await page.getByText(`Refused: Access to Identity '${identity}' is forbidden.`).waitFor()
    await signIn(page, 'mateo')
    assert.equal(await text(page, 'identity'), identity)
    await page.context().close()
  })

  const tokenOf = async (person: string) => (await fetch(`${issuer}/sample-id-token/${person}`)).text()
})
