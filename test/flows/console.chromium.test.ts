import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { GetRoleCommand } from '@aws-sdk/client-iam'
import type { Browser, Page } from 'playwright-core'
import type { MappingRule } from '../../server/base/role-mapping.ts'
import { allow, setPolicy } from '../support/aws-calls.ts'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { makePool } from '../support/identity-pool.ts'
import { requireFit } from '../support/require-fit.ts'
import { trusting } from '../support/rolecall.ts'

const demo = await startDemoRolecall()
const { accountId } = demo
const exampleName = demo.exampleRole.slice(demo.exampleRole.lastIndexOf('/') + 1)
const { Role } = await demo.iam().send(new GetRoleCommand({ RoleName: exampleName }))
const operatorName = 'operator-of-this-installation'
await demo.createRole(operatorName, JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')))
await setPolicy(demo, operatorName, allow('*'))
const host = 'login.long-name-of-a-company.example.com/realms/everybody'
const ofTheirs = trusting(accountId, { url: `https://${host}` })
const developer = await demo.createRole('developer', ofTheirs)
const rule = (claim: string, matchType: MappingRule['matchType'], value: string, name: string) => ({
  claim,
  matchType,
  value,
  roleArn: demo.roleArn(name),
})
await demo.rolecall.store.roleMappings.put({
  provider: `arn:aws:iam::${accountId}:oidc-provider/${host}`,
  mapping: {
    type: 'Rules',
    ambiguous: 'AuthenticatedRole',
    rules: [
      rule('groups', 'Equals', 'admins', 'administrator'),
      rule('groups', 'Contains', 'developers', 'developer'),
      rule('https://login.example.com/claims/kind-of-employment', 'NotEqual', 'external', 'all-of-the-staff'),
    ],
  },
  defaultRole: developer,
})
await makePool(demo)

const clothes = [
  { name: 'phone-light', viewport: { width: 320, height: 760 }, colorScheme: 'light' },
  { name: 'phone-dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  { name: 'desktop-light', viewport: { width: 1120, height: 800 }, colorScheme: 'light' },
  { name: 'desktop-dark', viewport: { width: 1120, height: 800 }, colorScheme: 'dark' },
] as const

describe('in a real browser', { skip: skipWithoutChromium }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  for (const { name, viewport, colorScheme } of clothes) {
    test(`an operator tries claims without scripts, ${name}`, async () => {
      const context = await browser.newContext({ viewport, colorScheme, javaScriptEnabled: false })
      const page = await context.newPage()
      const fits = (shot: string) => requireFit(page, `${name}-${shot}`)
      await signIn(page)
      await page.getByRole('link', { name: 'Work as one of them in the console' }).click()
      await fits('1-choose')
      await page.getByRole('button', { name: `Enter as ${operatorName}` }).click()
      await page.getByRole('heading', { name: 'Console' }).waitFor()
      await fits('2-console')
      await page
        .getByRole('link', { name: /Role mappings/ })
        .last()
        .click()
      await page.getByRole('heading', { name: 'Of identity pools' }).waitFor()
      await fits('3-list')
      await page.getByRole('link', { name: /long-name-of-a-company/ }).click()
      const claims = page.getByRole('textbox', { name: 'Claims, as a JSON object' })
      assert.match(await claims.inputValue(), /"admins"/)
      await fits('4-mapping')

      await claims.fill('{\n  "sub": "ada",\n  "groups": ["developers"],\n}')
      await page.getByRole('button', { name: 'Try these claims' }).click()
      await page
        .getByRole('alert')
        .getByText('line 4, column 1: a name in double quotes is expected')
        .waitFor()
      await fits('5-wrong')
      await claims.fill('{"sub": "ada", "groups": ["readers", "developers"]}')
      await page.getByRole('button', { name: 'Try these claims' }).click()
      await page.getByRole('heading', { name: 'Rule 2 fires: it is the first that matches.' }).waitFor()
      await page.getByText('They get this role.').waitFor()
      await fits('6-fires')
      await claims.fill('{"groups": "admins"}')
      await page.getByRole('button', { name: 'Try these claims' }).click()
      await page.getByText('They do not get this role').waitFor()
      await fits('7-last-word')
      await page.getByRole('button', { name: 'Leave the console' }).click()
      await page.getByText('You have left the console.').waitFor()
      await fits('8-left')
      await context.close()
    })
  }

  test('what the role may not do is said on a page that breaks none of its own rules', async () => {
    const page = await browser.newPage({ viewport: clothes[0].viewport, colorScheme: 'light' })
    const problems: string[] = []
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', error => problems.push(error.message))
    await signIn(page)
    await page.goto(`${demo.url}/console`)
    await page.getByRole('button', { name: `Enter as ${exampleName}` }).click()
    await page
      .getByRole('link', { name: /Role mappings/ })
      .last()
      .click()
    await page.getByText(/may not do cognito-identity:ListIdentityPools/).waitFor()
    await requireFit(page, 'denied-1-list')
    await page.getByRole('link', { name: /long-name-of-a-company/ }).click()
    assert.deepEqual(problems, [])
    await page.getByRole('button', { name: 'Try these claims' }).click()
    await page.getByRole('heading', { name: 'That is not allowed' }).waitFor()
    await page.getByText('The whole story, sealed').click()
    await requireFit(page, 'denied-2-refused')
    // The browser itself reports each answer of 403, and nothing else.
    assert.deepEqual(
      problems.filter(problem => !/status of 403/.test(problem)),
      [],
    )
    await page.context().close()
  })

  test('the whole way can be gone with the keyboard', async () => {
    const page = await browser.newPage({ viewport: clothes[2].viewport })
    await signIn(page)
    const press = async (name: string) => {
      await reach(page, name)
      await page.keyboard.press('Enter')
    }
    await press('Work as one of them in the console')
    await page.waitForURL(`${demo.url}/console`)
    await press(`Enter as ${operatorName}`)
    await page.getByRole('heading', { name: 'Console' }).waitFor()
    await press('Role mappings')
    await page.getByRole('heading', { name: 'Of providers' }).waitFor()
    await press('long-name-of-a-company')
    await page.getByRole('heading', { name: 'Try claims' }).waitFor()
    await press('Try these claims')
    await page.getByRole('heading', { name: /Rule 1 fires/ }).waitFor()
    await page.context().close()
  })
})

async function signIn(page: Page): Promise<void> {
  await page.goto(demo.url)
  await page.getByRole('link', { name: /Google/ }).click()
  await page.getByRole('button', { name: /Ada Lindqvist/ }).click()
  await page.waitForURL(`${demo.url}/roles`)
}

/** With Tab alone. */
async function reach(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 40; step++) {
    await page.keyboard.press('Tab')
    const text = String(await page.evaluate('document.activeElement?.textContent ?? ""'))
    if (text.replaceAll(/\s+/g, ' ').includes(name)) return
  }
  assert.fail(`${name} can't be reached with Tab`)
}
