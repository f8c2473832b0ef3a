import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { GetRoleCommand } from '@aws-sdk/client-iam'
import * as sm from '@aws-sdk/client-secrets-manager'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { allow, setPolicy } from '../support/aws-calls.ts'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { requireFit } from '../support/require-fit.ts'

const demo = await startDemoRolecall()
const exampleName = demo.exampleRole.slice(demo.exampleRole.lastIndexOf('/') + 1)
const { Role } = await demo.iam().send(new GetRoleCommand({ RoleName: exampleName }))
const trust = JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))
const operator = 'operator-of-this-installation'
await demo.createRole(operator, trust)
await setPolicy(demo, operator, allow('*'))
const client = demo.secrets()
const long = 'production/customers-of-the-northern-region/database/replica-for-reports'
await client.send(
  new sm.CreateSecretCommand({
    Name: long,
    Description: 'Where the reports read from. Whoever changes it tells the people of the reports.',
    SecretString: '{"username":"reports","password":"not-for-everybody","port":5432}',
    Tags: [
      { Key: 'team', Value: 'reports' },
      { Key: 'cost-centre', Value: 'northern-region-4711' },
    ],
  }),
)
await client.send(new sm.CreateSecretCommand({ Name: 'old/key', SecretString: 'x' }))
await client.send(new sm.DeleteSecretCommand({ SecretId: 'old/key' }))

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

  /** In the console, at its list of secrets. */
  async function enter(clothes: BrowserContextOptions, role = operator): Promise<Page> {
    const page = await (await browser.newContext(clothes)).newPage()
    await page.goto(demo.url)
    await page.getByRole('link', { name: /Google/ }).click()
    await page.getByRole('button', { name: /Ada Lindqvist/ }).click()
    await page.waitForURL(`${demo.url}/roles`)
    await page.goto(`${demo.url}/console`)
    await page.getByRole('button', { name: `Enter as ${role}` }).click()
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Secrets' }).click()
    await page.getByRole('heading', { name: 'Secrets', level: 1 }).waitFor()
    return page
  }
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
  const link = (page: Page, name: string | RegExp) => page.getByRole('link', { name })

  for (const { name, viewport, colorScheme } of clothes) {
    test(`a secret's whole life goes without scripts, ${name}`, async () => {
      const page = await enter({ viewport, colorScheme, javaScriptEnabled: false })
      const fits = (shot: string) => requireFit(page, `${name}-${shot}`)
      await fits('01-list')
      await page.getByRole('searchbox', { name: 'Look for' }).fill('nothing like it')
      await button(page, 'Search').click()
      await page.getByText('No secret fits “nothing like it”').waitFor()
      await fits('02-nothing-found')
      await link(page, 'Show all secrets').click()
      await page.getByLabel('Also those scheduled for deletion').check()
      await button(page, 'Search').click()
      await link(page, /old.*key.*scheduled for deletion/).waitFor()
      await fits('03-with-deleted')

      await link(page, 'New secret').click()
      await page.getByLabel('Name', { exact: true }).fill(`${name}/not so`)
      await page.getByLabel('The text, JSON object or base64').fill('seen-by-nobody')
      await page.getByLabel('Description, if you like').fill('For <everybody> who is here')
      await button(page, 'Make the secret').click()
      await page.getByText('A name is up to 512 letters').waitFor()
      await page.getByText('Please type the value once more').waitFor()
      assert.equal(await page.getByLabel('The text, JSON object or base64').inputValue(), '')
      assert.ok(!(await page.content()).includes('seen-by-nobody'))
      await fits('04-mend')
      await page.getByLabel('Name', { exact: true }).fill(`${name}/database`)
      await page.getByLabel('Keys and values').check()
      await page.getByLabel('Key 1', { exact: true }).fill('username')
      await page.getByLabel('Value 1', { exact: true }).fill('ada')
      await page.getByLabel('Key 2', { exact: true }).fill('password')
      await page.getByLabel('Value 2', { exact: true }).fill('first-<b>value</b>')
      await page.getByLabel('Key of tag 1').fill('team')
      await page.getByLabel('Value of tag 1').fill('blue')
      await fits('05-pairs')
      await button(page, 'Make the secret').click()
      await page.getByText('The secret is made.').waitFor()
      await fits('06-made')

      await button(page, 'Show the value').click()
      await page.getByText('That you looked is in the audit log.').waitFor()
      await page.getByText('first-<b>value</b>', { exact: true }).waitFor()
      assert.ok(!page.url().includes('?'))
      await fits('07-shown')
      await link(page, 'Done').click()
      await link(page, 'New value').click()
      await page
        .getByLabel('The text, JSON object or base64')
        .fill('-----BEGIN KEY-----\nsecond\n-----END KEY-----\n')
      await fits('08-new-value')
      await button(page, 'Put this value').click()
      await page.getByText('The new value is the current one.').waitFor()
      await fits('09-two-versions')
      await link(page, /Make it the current one/).click()
      await page.getByRole('heading', { name: 'Move a label' }).waitFor()
      await fits('10-move')
      await button(page, 'Move the label').click()
      await page.getByText('The label is moved.').waitFor()
      await link(page, /^Labels/)
        .last()
        .click()
      await fits('11-labels')
      await page.getByRole('textbox', { name: 'Label' }).fill('kept-for-the-audit')
      await button(page, 'Go on').click()
      await button(page, 'Move the label').click()
      await page.getByText('kept-for-the-audit').waitFor()

      await link(page, 'Change description and tags').click()
      await page.getByLabel('Description').fill('Changed by hand')
      await button(page, 'Save the description').click()
      await page.getByText('The description is changed.').waitFor()
      await page.getByLabel('Key', { exact: true }).fill('aws:mine')
      await button(page, 'Set the tag').click()
      await page.getByRole('alert').waitFor()
      await fits('12-edit')
      await button(page, /Take it off.*team/).click()
      await page.getByText('The tag is taken off.').waitFor()
      await link(page, 'Back to the secret').click()

      await link(page, 'Its policy').click()
      const policy = page.getByLabel('The policy, as JSON')
      await policy.fill(open)
      await button(page, 'Check only').click()
      await page.getByRole('heading', { name: /^Found: 1 risk/ }).waitFor()
      await fits('13-checked')
      await button(page, 'Save').click()
      await page.getByText('Nothing is saved: this policy is for everybody').waitFor()
      await policy.fill('{\n  "Version": "2012-10-17",\n  "Statement": [,]\n}')
      await button(page, 'Save').click()
      await page.getByRole('alert').waitFor()
      await fits('14-broken')
      await policy.fill(
        open.replace('"*",\n    "Action"', `{"AWS": "${demo.roleArn(operator)}"},\n    "Action"`),
      )
      await button(page, 'Save').click()
      await page.getByText('The policy is saved.').waitFor()
      await fits('15-saved')
      await page.getByText('Delete the policy').first().click()
      await fits('16-delete-policy')
      await button(page, 'Delete the policy').click()
      await page.getByText('The policy is deleted.').waitFor()

      await link(page, 'Delete it').click()
      await fits('17-delete')
      await button(page, 'Schedule it for deletion').click()
      await page.getByText('It is scheduled for deletion.').waitFor()
      await fits('18-deleted')
      await button(page, 'Restore it').click()
      await page.getByText('It is restored').waitFor()
      await link(page, 'Secrets').last().click()
      await link(page, /^production.*replica/).click()
      await page.getByRole('heading', { name: long }).waitFor()
      await fits('19-long-name')
      await page.context().close()
    })
  }

  test('scripts copy what is shown, and no page breaks the rules of its own', async () => {
    const page = await enter(clothes[3])
    const problems: string[] = []
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', error => problems.push(error.message))
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await link(page, /^production.*replica/).click()
    await button(page, 'Show the value').click()
    for (const [title, copied] of [
      ['password', 'not-for-everybody'],
      ['As it is kept', '{"username":"reports","password":"not-for-everybody","port":5432}'],
    ] as const) {
      await button(page, `Copy ${title}`).click()
      await page.getByText(`${title}: copied.`).waitFor()
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), copied)
    }
    await requireFit(page, 'scripts-1-shown')
    await page.evaluate('getSelection().selectAllChildren(document.querySelector("#row-1"))')
    assert.equal(await page.evaluate('String(getSelection())'), 'not-for-everybody')
    // Gone back to, the page is asked for anew, and there is none to be had by asking so.
    await link(page, 'Done').click()
    await page.getByRole('heading', { name: 'Versions' }).waitFor()
    assert.deepEqual(problems, [])
    await page.context().close()
  })

  test('what the role may not do is said, and what it may is still there', async () => {
    const reader = 'reader-of-secrets'
    await demo.createRole(reader, trust)
    const may = ['secretsmanager:ListSecrets', 'secretsmanager:DescribeSecret']
    await setPolicy(demo, reader, allow(may))
    const page = await enter(clothes[0], reader)
    await link(page, /^production.*replica/).click()
    await page.getByText(/may not do secretsmanager:ListSecretVersionIds/).waitFor()
    await requireFit(page, 'denied-1-versions')
    await button(page, 'Show the value').click()
    await page.getByRole('heading', { name: 'That is not allowed' }).waitFor()
    assert.ok(!(await page.content()).includes('not-for-everybody'))
    await requireFit(page, 'denied-2-value')
    await page.context().close()
  })

  test('a secret is made and shown with the keyboard alone', async () => {
    const page = await enter(clothes[2])
    await reach(page, 'New secret')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'New secret' }).waitFor()
    await reach(page, 'name')
    await page.keyboard.type('by/keyboard')
    await reach(page, 'as')
    await page.keyboard.press('ArrowRight')
    await reach(page, 'key-1')
    await page.keyboard.type('pin')
    await reach(page, 'value-1')
    await page.keyboard.type('0000')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'by/keyboard' }).waitFor()
    await reach(page, 'Show the value')
    await page.keyboard.press('Enter')
    await page.getByText('0000', { exact: true }).waitFor()
    await page.context().close()
  })

  test('text and controls stand out from what they are on, in light and dark', async () => {
    for (const one of [clothes[0], clothes[3]]) {
      const page = await enter(one)
      await link(page, /^production.*replica/).click()
      const faint: unknown[] = [await page.evaluate(findFaint)]
      await link(page, 'Its policy').click()
      await page.getByLabel('The policy, as JSON').fill(open)
      await button(page, 'Check only').click()
      await page.getByRole('heading', { name: /^Found/ }).waitFor()
      faint.push(await page.evaluate(findFaint))
      assert.deepEqual(faint, [[], []])
      await page.context().close()
    }
  })
})

const open = `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": "*",
    "Action": "secretsmanager:GetSecretValu",
    "Resource": "*"
  }]
}`

/** With Tab alone, to a control by its name in the form or by its words. */
async function reach(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press('Tab')
    const at = String(
      await page.evaluate('document.activeElement?.name || document.activeElement?.textContent || ""'),
    )
    if (at === name || at.replaceAll(/\s+/g, ' ').trim() === name) return
  }
  assert.fail(`${name} can't be reached with Tab`)
}

/** Runs in the page: every text whose contrast with what is behind it is below WCAG AA's 4.5 to 1. */
const findFaint = `(() => {
  const rgb = color => color.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => [r, g, b]
    .map(one => one / 255)
    .map(one => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, n) => sum + one * [0.2126, 0.7152, 0.0722][n], 0)
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor)
      if (color[3] !== 0) return color
    }
    return [255, 255, 255]
  }
  return [...document.querySelectorAll('main *')].flatMap(element => {
    const said = [...element.childNodes].filter(one => one.nodeType === 3).map(one => one.data.trim()).join('')
    if (said === '' || element.tagName === 'OPTION') return []
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    return contrast < 4.5 ? [said + ': ' + contrast.toFixed(2)] : []
  })
})()`
