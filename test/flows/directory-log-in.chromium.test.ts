import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { settingsOf, trustingDirectory } from '../support/directory-settings.ts'
import { startRolecall } from '../support/rolecall.ts'
import { sambaDirectory, skipWithoutSamba } from '../support/samba.ts'

const skip = skipWithoutChromium || skipWithoutSamba

describe('somebody of Active Directory, in a real browser', { skip }, async () => {
  if (skip) return
  const samba = sambaDirectory()
  const rolecall = await startRolecall({ ...settingsOf(samba, 'ad'), LDAP_NAME: 'corp' })
  const inStaff = { 'ForAnyValue:StringEquals': { 'ldap:groupNames': 'all-staff' } }
  await rolecall.createRole('developer', trustingDirectory(rolecall.accountId, inStaff, 'corp'))
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  test('is told when the password is wrong, logs in with the right one, and takes credentials', async () => {
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    await page.goto(rolecall.url)
    const logIn = async (password: string) => {
      await page.getByLabel('User name').fill('ada@rolecall.test')
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Log in' }).click()
    }
    await logIn('wrong')
    await page.getByRole('alert').waitFor()
    assert.equal(await page.getByLabel('Password').inputValue(), '')
    await logIn(samba.passwords.ada ?? '')
    await page.waitForURL(`${rolecall.url}/roles`)
    assert.ok(await page.getByText('Ada Lovelace').isVisible())
    await page.getByRole('button', { name: /Get credentials/ }).click()
    assert.match((await page.locator('#json').textContent()) ?? '', /ASIA/)
    assert.deepEqual(problems, [])
    await page.close()
  })
})
