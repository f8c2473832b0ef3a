import { readFileSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { startAppSite } from './app-site.ts'
import { bundleForBrowsers } from './bundle-for-browsers.ts'
import { makePool } from './identity-pool.ts'
import { password, startAccountsRolecall } from './own-accounts.ts'

const read = (name: string) =>
  readFileSync(new URL(`../../docs/examples/pool-app/${name}`, import.meta.url), 'utf8')

export const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const

/** docs/examples/pool-app on an origin of its own, for accounts of a Rolecall beside it; until the test file ends. */
export async function startPoolApp() {
  const files: Record<string, string> = {
    '/app.css': read('app.css'),
    '/app.js': await bundleForBrowsers("import '../../docs/examples/pool-app/app.js'"),
  }
  const site = await startAppSite(files)
  const url = `${site.origin}/`
  const longUrl = `https://${'a-department-with-a-long-name.'.repeat(3)}example/`
  const rolecall = await startAccountsRolecall({
    ROLECALL_CORS_ORIGINS: site.origin,
    ROLECALL_ACCOUNTS_RETURN_URLS: `${url}, ${longUrl}`,
  })
  const provider = rolecall.issuer.url.replace('http://', '')
  const pool = await makePool(rolecall, [], {
    OpenIdConnectProviderARNs: [`arn:aws:iam::${rolecall.accountId}:oidc-provider/${provider}`],
  })
  files['/index.html'] = read('index.html')
    .replaceAll('https://login.example', rolecall.url)
    .replace('"POOL"', `"${pool.id}"`)
  let aheadMs = 0

  return {
    url,
    /** Of another app, on the same list. */
    longUrl,
    rolecall,
    pool,
    /** As `Logins` name it. */
    provider,
    aheadMs: () => aheadMs,
    /** The app in a browser of its own, whose clock goes with the service's; and what scripts had to complain about. */
    async open(browser: Browser, worn: BrowserContextOptions = phone) {
      const page = await (await browser.newContext(worn)).newPage()
      await page.clock.install({ time: Date.now() + aheadMs })
      const complaints: string[] = []
      page.on('pageerror', error => complaints.push(error.message))
      page.on('console', message => {
        // A refusal by its status: what people are told of it is looked at instead.
        const isRefusal = message.text().startsWith('Failed to load resource')
        if (message.type() === 'error' && !isRefusal) complaints.push(message.text())
      })
      await page.goto(url)
      await page.getByText('You are a guest.').waitFor()
      return { page, complaints, close: () => page.context().close() }
    },
    /** For the service and for the page. */
    async pass(page: Page, minutes: number): Promise<void> {
      aheadMs += minutes * 60_000
      rolecall.advanceMs(minutes * 60_000)
      await page.clock.fastForward(minutes * 60_000)
    },
  }
}

/** What the app shows under this id. */
export async function shown(page: Page, id: string): Promise<string> {
  return (await page.locator(`#${id}`).textContent()) ?? ''
}

export async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click()
}

/** Waits until the page says what is wrong. */
export async function told(page: Page, words: string | RegExp): Promise<void> {
  await page.getByRole('alert').filter({ hasText: words }).waitFor()
}

export async function logIn(page: Page, email: string, word = password): Promise<void> {
  await page.getByLabel('Mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(word)
  await press(page, 'Log in')
}

/** Logs in, and waits until they are. */
export async function enter(page: Page, email: string, word = password): Promise<void> {
  await logIn(page, email, word)
  await page.getByText(`You are logged in as ${email}.`).waitFor()
}
