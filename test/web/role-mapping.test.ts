import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import type { MappingRule, MatchType } from '../../server/base/role-mapping.ts'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { secret, startOpenidProvider } from '../support/openid-provider.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const corp = await startOpenidProvider()
const rolecall = await startRolecall({
  OIDC_CORP_ISSUER: corp.url,
  OIDC_CORP_CLIENT_ID: 'rolecall',
  OIDC_CORP_CLIENT_SECRET: secret,
})
const { url, accountId } = rolecall
const { roleMappings } = rolecall.rolecall.store
corp.claims = { groups: ['staff', 'developers <b>'], department: 'it' }
corp.serve([`${url}/sign-in/corp/callback`])
const provider = `arn:aws:iam::${accountId}:oidc-provider/${new URL(corp.url).host}`
const nobody = { StringEquals: { 'aws:SourceIp': 'nowhere' } }
const [dev = '', staff = '', other = '', shut = ''] = [
  await rolecall.createRole('developer', trusting(accountId, corp)),
  await rolecall.createRole('all-staff', trusting(accountId, corp)),
  await rolecall.createRole('another', trusting(accountId, corp)),
  await rolecall.createRole('closed', trusting(accountId, corp, nobody)),
]

const rule = (claim: string, matchType: MatchType, value: string, roleArn: string): MappingRule => ({
  claim,
  matchType,
  value,
  roleArn,
})
const rules = [
  rule('groups', 'Equals', 'secret-project', other),
  rule('groups', 'Contains', 'developers <b>', dev),
  rule('department', 'NotEqual', 'merger-team', staff),
  rule('groups', 'StartsWith', 'sta', shut),
]
const byRules = { type: 'Rules' as const, ambiguous: 'Deny' as const, rules }

async function signIn(): Promise<HttpBrowser> {
  const browser = createHttpBrowser()
  const page = await browser.follow(await browser.get(`${url}/sign-in/corp`))
  assert.equal(page.url, `${url}/roles`)
  return browser
}
const textAt = async (browser: HttpBrowser, path: string) =>
  (await (await browser.get(`${url}${path}`)).text()).replaceAll('<wbr>', '')

test('without a mapping the roles are those that admit a person, and the page says so', async () => {
  const browser = await signIn()
  const roles = await textAt(browser, '/roles')
  for (const arn of [dev, staff, other]) assert.ok(roles.includes(arn))
  assert.ok(!roles.includes('It is yours'))
  const why = await textAt(browser, '/roles/why')
  assert.match(why, /No rules go with the provider/)
  assert.match(why, /developers &lt;b&gt;/)
})

test('a mapping that is set meanwhile holds for whoever is signed in already, and takes no role back by a form', async () => {
  const browser = await signIn()
  await roleMappings.put({ provider, mapping: byRules })
  const roles = await textAt(browser, '/roles')
  assert.ok(roles.indexOf(dev) > 0 && roles.indexOf(dev) < roles.indexOf(staff), 'the chosen one is first')
  assert.ok(!roles.includes(other) && !roles.includes(shut))
  assert.match(roles, /It is yours by the rule: groups contains “developers &lt;b&gt;”\./)
  for (const [role, status] of [
    [dev, 200],
    [staff, 200],
    [other, 403],
    [shut, 403],
  ] as const) {
    const answer = await browser.post(`${url}/credentials`, { role, duration: '900' })
    assert.equal(answer.status, status, role)
  }
})

test('a person sees their claims and the rules that match, and nothing of what is other people’s', async () => {
  const why = await textAt(await signIn(), '/roles/why')
  assert.ok(why.includes(`groups contains “developers &lt;b&gt;”`) && why.includes(dev))
  assert.ok(why.includes('department is not what the rule leaves out') && why.includes(staff))
  assert.ok(why.includes('groups starts with “sta”') && why.includes('does not admit you'))
  for (const secretOfOthers of ['secret-project', 'merger-team', other, shut, 'developers <b>', 'nonce']) {
    assert.ok(!why.includes(secretOfOthers), secretOfOthers)
  }
})

test('whom no rule means has the default, or nothing, and is told so', async () => {
  const none = { ...byRules, rules: rules.slice(0, 1) }
  await roleMappings.put({ provider, mapping: none })
  const browser = await signIn()
  assert.match(await textAt(browser, '/roles'), /No role/)
  assert.match(await textAt(browser, '/roles/why'), /nothing of it gives you one/)
  await roleMappings.put({
    provider,
    mapping: { ...none, ambiguous: 'AuthenticatedRole' },
    defaultRole: staff,
  })
  assert.match(await textAt(browser, '/roles/why'), /because nothing gives you another/)
  await roleMappings.put({ provider, mapping: byRules })
})

test('a stranger is sent to sign in', async () => {
  const answer = await createHttpBrowser().get(`${url}/roles/why`)
  assert.equal(locationOf(answer)?.searchParams.get('notice'), 'required')
})

describe('in a real browser', { skip: skipWithoutChromium }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  for (const [device, width] of [
    ['a phone', 360],
    ['a desktop', 1120],
  ] as const) {
    test(`both pages fit ${device}, and break none of their own rules`, async () => {
      const page = await browser.newPage({ viewport: { width, height: 800 } })
      const problems: string[] = []
      page.on('console', message => message.type() === 'error' && problems.push(message.text()))
      page.on('pageerror', error => problems.push(error.message))
      const cookie = (await signIn()).jars.get(url)?.get('rolecall') ?? ''
      await page.context().addCookies([{ name: 'rolecall', value: cookie, url }])
      await page.goto(`${url}/roles`)
      await page.getByText('It is yours by the rule: groups contains').waitFor()
      const isWide = () => page.evaluate('document.documentElement.scrollWidth > innerWidth')
      assert.equal(await isWide(), false)
      await page.getByRole('link', { name: 'Why these roles?' }).click()
      await page.getByRole('heading', { name: 'Why these roles' }).waitFor()
      assert.equal(await isWide(), false)
      assert.deepEqual(problems, [])
      await page.close()
    })
  }
})
