import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { claimsOf, password, startAccountsRolecall } from '../support/own-accounts.ts'
import { trusting } from '../support/rolecall.ts'

type Visit = { page: Page; cdp: CDPSession; authenticatorId: string }

/** In a real browser, with an authenticator that is not there but in name. */
describe('passkeys in Chromium', { skip: skipWithoutChromium }, async () => {
  if (skipWithoutChromium) return
  const rolecall = await startAccountsRolecall()
  const { url, mail } = rolecall
  const key = rolecall.issuer.url.replace(/^https?:\/\//, '')
  const condition = {
    Bool: { 'aws:MultiFactorAuthPresent': 'true' },
    'ForAnyValue:StringEquals': { [`${key}:amr`]: ['swk', 'hwk'] },
  }
  await rolecall.createRole('strict', trusting(rolecall.accountId, rolecall.issuer, condition))
  const browser: Browser = await launchBrowser()
  after(() => browser.close())

  async function visit(verifies = true): Promise<Visit> {
    const context = await browser.newContext()
    const page = await context.newPage()
    const cdp = await context.newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: verifies,
        automaticPresenceSimulation: true,
      },
    })
    return { page, cdp, authenticatorId }
  }

  async function register({ page }: Visit, email: string): Promise<void> {
    await page.goto(`${url}/sign-in/accounts/register`)
    await page.getByLabel('Mail address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.getByLabel('Code', { exact: true }).fill(await mail.codeTo(email))
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.waitForURL(`${url}/roles`)
  }

  async function addPasskey({ page }: Visit, name = 'My key'): Promise<void> {
    await page.goto(`${url}/account/own`)
    await page.getByLabel('Name of a new one').fill(name)
    await page.getByRole('button', { name: 'Add a passkey' }).click()
  }

  async function signOut({ page }: Visit): Promise<void> {
    await page.goto(`${url}/roles`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(/notice=signed-out/)
  }

  /** What the page sends, taken on its way. */
  function taken({ page }: Visit): Promise<URLSearchParams> {
    return new Promise(resolve => {
      page.route('**/sign-in/accounts/passkey', async route => {
        resolve(new URLSearchParams(route.request().postData() ?? ''))
        await route.continue()
      })
    })
  }

  test('one is added, and lets its owner in without a name or a password', async () => {
    const one = await visit()
    await register(one, 'alone@example.com')
    await addPasskey(one)
    await one.page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    await signOut(one)
    await one.page.getByRole('button', { name: 'Log in with a passkey' }).click()
    await one.page.waitForURL(`${url}/roles`)
    // The role wants a second factor: a passkey that verified its user is two.
    await one.page.getByRole('heading', { name: 'strict' }).waitFor()
    await one.page.getByRole('button', { name: /Get credentials/ }).click()
    await one.page
      .getByText(/ASIA[A-Z2-7]{16}/)
      .first()
      .waitFor()
  })

  test('it is a second factor beside a password', async () => {
    const one = await visit()
    await register(one, 'second@example.com')
    await addPasskey(one)
    await one.page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    await signOut(one)
    await one.page.getByLabel('Mail address').fill('second@example.com')
    await one.page.getByLabel('Password', { exact: true }).fill(password)
    await one.page.getByRole('button', { name: 'Log in', exact: true }).click()
    await one.page.getByRole('heading', { name: 'One more thing' }).waitFor()
    await one.page.getByRole('button', { name: 'Use a passkey' }).click()
    await one.page.waitForURL(`${url}/roles`)
    const { error } = await rolecall.token({ username: 'second@example.com', password })
    assert.equal(error, 'interaction_required')
  })

  test('another’s passkey is no second factor', async () => {
    const [owner, other] = [await visit(), await visit()]
    await register(owner, 'owner@example.com')
    await addPasskey(owner)
    await owner.page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    await register(other, 'intruder@example.com')
    await addPasskey(other)
    await other.page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    await signOut(other)
    const sent = taken(other)
    await other.page.getByRole('button', { name: 'Log in with a passkey' }).click()
    const response = (await sent).get('response') ?? ''
    await other.page.waitForURL(`${url}/roles`)
    await signOut(owner)
    await owner.page.getByLabel('Mail address').fill('owner@example.com')
    await owner.page.getByLabel('Password', { exact: true }).fill(password)
    await owner.page.getByRole('button', { name: 'Log in', exact: true }).click()
    const ticket = await owner.page.locator('input[name=ticket]').first().inputValue()
    const answer = await owner.page.request.post(`${url}/sign-in/accounts/passkey`, {
      form: { ticket, response },
      headers: { origin: url },
      maxRedirects: 0,
    })
    assert.match(answer.headers().location ?? '', /notice=refused/)
  })

  test('an answer counts once, for this origin, this host and this ceremony alone', async () => {
    const one = await visit()
    await register(one, 'replay@example.com')
    await addPasskey(one)
    await one.page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    await signOut(one)
    const sent = taken(one)
    await one.page.getByRole('button', { name: 'Log in with a passkey' }).click()
    const response = (await sent).get('response') ?? ''
    await one.page.waitForURL(`${url}/roles`)
    const answer: { response: Record<string, string> } = JSON.parse(response)
    const clientData = JSON.parse(Buffer.from(answer.response.clientDataJSON ?? '', 'base64url').toString())
    const changed = (change: object) =>
      JSON.stringify({
        ...answer,
        response: {
          ...answer.response,
          clientDataJSON: Buffer.from(JSON.stringify({ ...clientData, ...change })).toString('base64url'),
        },
      })
    for (const [story, text] of [
      ['shown again', response],
      ['of another origin', changed({ origin: 'https://evil.example' })],
      ['of a challenge of somebody’s choice', changed({ challenge: 'AAAA' })],
      ['of a registration', changed({ type: 'webauthn.create' })],
      ['that is no JSON', 'x'],
    ] as const) {
      const context = await browser.newContext()
      const refused = await context.request.post(`${url}/sign-in/accounts/passkey`, {
        form: { response: text },
        headers: { origin: url },
        maxRedirects: 0,
      })
      assert.match(refused.headers().location ?? '', /notice=refused/, story)
      await context.close()
    }
    assert.match(rolecall.logged(), /Unexpected authentication response origin/)
  })

  test('an authenticator that did not verify its user adds nothing', async () => {
    const one = await visit(false)
    await register(one, 'unverified@example.com')
    await addPasskey(one)
    await one.page.getByText('No passkey was shown. Please try again.').waitFor()
    assert.match(await one.page.content(), /Name of a new one/)
  })

  test('a copied authenticator is found out by its counter', async () => {
    const one = await visit()
    await register(one, 'copied@example.com')
    await addPasskey(one)
    await one.page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    const { credentials } = await one.cdp.send('WebAuthn.getCredentials', {
      authenticatorId: one.authenticatorId,
    })
    const [copy] = credentials
    assert.ok(copy)
    await signOut(one)
    await one.page.getByRole('button', { name: 'Log in with a passkey' }).click()
    await one.page.waitForURL(`${url}/roles`)
    const thief = await visit()
    await thief.cdp.send('WebAuthn.addCredential', {
      authenticatorId: thief.authenticatorId,
      credential: { ...copy, signCount: 0 },
    })
    await thief.page.goto(url)
    await thief.page.getByRole('button', { name: 'Log in with a passkey' }).click()
    await thief.page.waitForURL(/notice=refused/)
  })

  test('the password can go then; the last passkey can’t, and a new password comes by mail', async () => {
    const one = await visit()
    const { page } = one
    await register(one, 'only@example.com')
    await addPasskey(one, 'First')
    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    await page.goto(`${url}/account/own`)
    await page.getByText('Do without a password').click()
    await page.getByRole('button', { name: 'Remove the password' }).click()
    await page.getByText('Your password is gone').waitFor()
    assert.equal(await page.getByRole('button', { name: /^Remove/ }).count(), 0)
    const passkey = await page.locator('input[name=passkey]').first().inputValue()
    const refused = await page.request.post(`${url}/account/own/passkeys/remove`, {
      form: { passkey },
      headers: { origin: url },
      maxRedirects: 0,
    })
    assert.match(refused.headers().location ?? '', /notice=last-factor/)
    assert.equal((await rolecall.token({ username: 'only@example.com', password })).error, 'invalid_grant')
    await signOut(one)
    await page.getByRole('button', { name: 'Log in with a passkey' }).click()
    await page.waitForURL(`${url}/roles`)
  })

  test('passkeys are named, listed and removed', async () => {
    const one = await visit()
    const { page } = one
    await register(one, 'named@example.com')
    await addPasskey(one, 'First')
    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    await page.goto(`${url}/account/own`)
    await page.getByLabel('Name', { exact: true }).fill('Blue key')
    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByText('has its new name').waitFor()
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Blue key')
    await addPasskey(one)
    await page.getByText('That passkey is there already').waitFor()
    await page.getByRole('button', { name: 'Remove Blue key' }).click()
    await page.getByText('The passkey is removed').waitFor()
    const { id_token } = await rolecall.token({ username: 'named@example.com', password })
    assert.deepEqual(claimsOf(id_token).amr, ['pwd'])
  })
})
