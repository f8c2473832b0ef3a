/** `npm run pictures`: takes the pictures of the pages in the README anew. */
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from './chromium.ts'
import { startDemoRolecall } from './demo-rolecall.ts'

const folder = fileURLToPath(new URL('../../docs/images', import.meta.url))
const phone = { width: 390, height: 844 }
const desktop = { width: 1120, height: 760 }

const demo = await startDemoRolecall()

test('the pictures are taken', async () => {
  mkdirSync(folder, { recursive: true })
  const browser = await launchBrowser()
  try {
    await walk(browser, { viewport: phone, colorScheme: 'light' }, async (page, name) => {
      if (name !== 'credentials') await page.screenshot({ path: `${folder}/${name}-phone.png` })
    })
    await walk(browser, { viewport: desktop, colorScheme: 'dark' }, async (page, name) => {
      if (name === 'credentials') await page.screenshot({ path: `${folder}/${name}-desktop.png` })
    })
  } finally {
    await browser.close()
  }
})

/** The whole way, with a look at each page. */
async function walk(
  browser: Browser,
  clothes: { viewport: { width: number; height: number }; colorScheme: 'light' | 'dark' },
  look: (page: Page, name: 'sign-in' | 'roles' | 'credentials') => Promise<void>,
): Promise<void> {
  const page = await browser.newPage(clothes)
  await page.goto(demo.url)
  await look(page, 'sign-in')
  await page.getByRole('link', { name: /Google/ }).click()
  await page.getByRole('button', { name: /Ada Lindqvist/ }).click()
  await page.waitForURL(`${demo.url}/roles`)
  await look(page, 'roles')
  await page.getByRole('button', { name: /Get credentials/ }).click()
  await page.getByRole('timer').waitFor()
  await look(page, 'credentials')
  await page.close()
}
