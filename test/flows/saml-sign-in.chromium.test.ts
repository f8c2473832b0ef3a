import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { startRolecall } from '../support/rolecall.ts'
import { awsAttributes, createSamlIdp, encode, readAuthnRequest } from '../support/saml-idp.ts'

/** A service and, on another site (for a browser 127.0.0.1 and localhost are two), a provider where Ada has signed in. */
async function startBoth(
  env: Record<string, string> = {},
  binding: 'HTTP-Redirect' | 'HTTP-POST' = 'HTTP-Redirect',
) {
  const rolecall = await startRolecall(env)
  const idp = createSamlIdp()
  const provider = `arn:aws:iam::${rolecall.accountId}:saml-provider/corp`
  const meant = { recipient: `${rolecall.url}/saml/acs`, audience: `${rolecall.url}/saml/metadata` }

  async function formAbout(name: string, inResponseTo?: string, relayState = 'https://evil.example/') {
    const attributes = {
      ...awsAttributes([rolecall.roleArn('dev')], provider, name),
      'urn:oid:2.5.4.3': [`${name} of Corp`],
    }
    const about = { ...meant, attributes, nameId: name }
    const xml = await idp.respond(inResponseTo === undefined ? about : { ...about, inResponseTo })
    return `<!doctype html><form method="post" action="${meant.recipient}">
      <input type="hidden" name="SAMLResponse" value="${encode(xml)}">
      <input type="hidden" name="RelayState" value="${relayState}">
      <button>Go on</button></form>`
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://127.0.0.1')
    response.setHeader('content-type', 'text/html')
    if (url.pathname === '/sso' && request.method === 'POST') {
      const form = new URLSearchParams(await text(request))
      const [, id] = / ID="([^"]*)"/.exec(atob(form.get('SAMLRequest') ?? '')) ?? []
      response.end(await formAbout('ada', id, form.get('RelayState') ?? ''))
    } else if (url.pathname === '/sso') {
      const { id, relayState } = readAuthnRequest(url)
      response.end(await formAbout('ada', id, relayState))
    } else if (url.pathname === '/portal') response.end(await formAbout('ada'))
    else if (url.pathname === '/trap') response.end(await formAbout('mallory'))
    else response.writeHead(404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const SAMLMetadataDocument = idp.metadata({ singleSignOn: `${site}/sso`, binding })
  const register = (Name: string) =>
    rolecall.iam().send(new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument }))
  await register('corp')
  const trust = { Effect: 'Allow', Principal: { Federated: provider }, Action: 'sts:AssumeRoleWithSAML' }
  await rolecall.createRole('dev', { Version: '2012-10-17', Statement: trust })

  const browser = await launchBrowser()
  after(() => browser.close())
  return { rolecall, site, register, page: await browser.newPage() }
}

describe('in a real browser', { skip: skipWithoutChromium }, () => {
  test('a person comes back from a SAML provider on another site, whose page posts the answer', async () => {
    const { rolecall, register, page } = await startBoth()
    await register('lab')
    await page.goto(rolecall.url)
    await page.getByRole('link', { name: /corp/ }).click()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.waitForURL(`${rolecall.url}/roles`)
    await page.getByRole('button', { name: /Get credentials/ }).click()
    const json = JSON.parse((await page.locator('#json').textContent()) ?? '')
    assert.match(json.AccessKeyId, /^ASIA/)

    // And links another: the session is known again once the browser is back on this site.
    await page.getByRole('link', { name: 'Account' }).click()
    await page.getByRole('button', { name: 'Link another way in' }).click()
    await page.getByRole('link', { name: /lab/ }).click()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('button', { name: 'Link them' }).click()
    await page.getByText('It is linked.').waitFor()
    assert.equal(await page.getByRole('article').count(), 2)
  })

  test('a provider that takes its requests by a form gets it, without a click', async () => {
    const { rolecall, site, page } = await startBoth({ ROLECALL_SAML_SIGN_REQUESTS: 'always' }, 'HTTP-POST')
    await page.goto(rolecall.url)
    await page.getByRole('link', { name: /corp/ }).click()
    await page.waitForURL(`${site}/sso`)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.waitForURL(`${rolecall.url}/roles`)
  })

  for (const [story, path] of [
    ['begins at the provider’s portal', '/portal'],
    ['is led to post somebody else’s answer', '/trap'],
  ] as const) {
    test(`a person who ${story} comes in as who they are at the provider`, async () => {
      const { rolecall, site, page } = await startBoth({ ROLECALL_SAML_IDP_INITIATED: 'on' })
      await page.goto(`${site}${path}`)
      await page.getByRole('button', { name: 'Go on' }).click()
      await page.waitForURL(`${site}/sso?*`)
      assert.ok(!(await page.context().cookies()).some(({ name }) => name === 'rolecall'))
      await page.getByRole('button', { name: 'Go on' }).click()
      await page.waitForURL(`${rolecall.url}/roles`)
      const shown = (await page.textContent('body')) ?? ''
      assert.match(shown, /ada of Corp/)
      assert.doesNotMatch(shown, /mallory/)
    })
  }

  test('where providers may not begin, the same leads to the sign-in page', async () => {
    const { rolecall, site, page } = await startBoth()
    await page.goto(`${site}/portal`)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.waitForURL(`${rolecall.url}/?notice=over&request=*`)
    await page.getByText('That sign-in is over or was begun elsewhere').waitFor()
  })
})
