import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { startRolecall } from '../support/rolecall.ts'
import { awsAttributes, createSamlIdp, encode, readAuthnRequest } from '../support/saml-idp.ts'

describe('in a real browser', { skip: skipWithoutChromium }, () => {
  test('a person comes back from a SAML provider on another site, whose page posts the answer', async () => {
    const rolecall = await startRolecall()
    const idp = createSamlIdp()
    const provider = `arn:aws:iam::${rolecall.accountId}:saml-provider/corp`
    // For a browser 127.0.0.1 and localhost are two sites.
    const server = createServer(async (request, response) => {
      if (!request.url?.startsWith('/sso')) {
        response.writeHead(404).end()
        return
      }
      const { id, relayState, ...meant } = readAuthnRequest(new URL(request.url ?? '', 'http://127.0.0.1'))
      const attributes = awsAttributes([rolecall.roleArn('dev')], provider)
      const xml = await idp.respond({
        recipient: meant.recipient,
        audience: meant.audience,
        inResponseTo: id,
        attributes,
      })
      response.setHeader('content-type', 'text/html')
      response.end(`<form method="post" action="${meant.recipient}">
        <input type="hidden" name="SAMLResponse" value="${encode(xml)}">
        <input type="hidden" name="RelayState" value="${relayState}">
        <button>Go on</button></form>`)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    after(() => server.close())
    const singleSignOn = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sso`
    const SAMLMetadataDocument = idp.metadata({ singleSignOn })
    for (const Name of ['corp', 'lab']) {
      await rolecall.iam().send(new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument }))
    }
    const trust = { Effect: 'Allow', Principal: { Federated: provider }, Action: 'sts:AssumeRoleWithSAML' }
    await rolecall.createRole('dev', { Version: '2012-10-17', Statement: trust })

    const browser = await launchBrowser()
    after(() => browser.close())
    const page = await browser.newPage()
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
})
