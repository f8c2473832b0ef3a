import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

/** Where pictures go, for whoever wants to look at the pages as well. */
const pictures = process.env.ROLECALL_TEST_PICTURES

/** No page is wider than its window. */
export async function requireFit(page: Page, name: string): Promise<void> {
  await page.waitForLoadState()
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  assert.ok(Number(overflow) <= 0, `${name} is wider than its window`)
}
