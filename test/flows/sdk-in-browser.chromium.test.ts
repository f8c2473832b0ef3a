/** Apps that were written for Cognito: AWS's own clients, unmodified, in a page of another site. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { startAppSite } from '../support/app-site.ts'
import { bundleForBrowsers } from '../support/bundle-for-browsers.ts'
import { launchBrowser, skipWithoutChromium } from '../support/chromium.ts'
import { loginOf, makePool } from '../support/identity-pool.ts'
import { startRolecall } from '../support/rolecall.ts'

const app = `
  import { CognitoIdentityClient, GetIdCommand } from '@aws-sdk/client-cognito-identity'
  import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
  import { fromCognitoIdentity, fromCognitoIdentityPool } from '@aws-sdk/credential-providers'
  const { endpoint, identityPoolId, logins } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)))
  const clientConfig = { endpoint, region: 'us-east-1', maxAttempts: 1 }
  async function walk() {
    const asGuest = fromCognitoIdentityPool({ clientConfig, identityPoolId })
    const { identityId } = await asGuest()
    const whoIs = async credentials => (await new STSClient({ ...clientConfig, credentials }).send(new GetCallerIdentityCommand({}))).Arn
    const guest = await whoIs(asGuest)
    const signedIn = fromCognitoIdentity({ clientConfig, identityId, logins: JSON.parse(logins) })
    const person = await whoIs(signedIn)
    const { IdentityId } = await new CognitoIdentityClient(clientConfig).send(
      new GetIdCommand({ IdentityPoolId: identityPoolId, Logins: JSON.parse(logins) }),
    )
    return { identityId, guest, person, kept: IdentityId }
  }
  const show = what => { document.body.textContent = JSON.stringify(what) }
  walk().then(show, ({ name, message }) => show({ name, message }))
`

describe('AWS’s clients in a page of another site', { skip: skipWithoutChromium }, async () => {
  if (skipWithoutChromium !== false) return
  const files = {
    '/index.html':
      '<!doctype html><title>An app</title><link rel="icon" href="data:,"><body><script type="module" src="/app.js"></script>',
    '/app.js': await bundleForBrowsers(app),
  }
  const [listed, stranger] = [await startAppSite(files), await startAppSite(files)]
  const rolecall = await startRolecall({ ROLECALL_CORS_ORIGINS: listed.origin })
  const issuer = await rolecall.registerIssuer()
  const pool = await makePool(rolecall, [issuer])

  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  /** What the app comes to, and every request of it that reached the service. */
  async function open(origin: string) {
    const page = await browser.newPage()
    const methods: string[] = []
    const problems: string[] = []
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    session.on('Network.requestWillBeSent', ({ request }) => {
      if (request.url.startsWith(rolecall.url)) methods.push(request.method)
    })
    const settings = new URLSearchParams({
      endpoint: rolecall.url,
      identityPoolId: pool.id,
      logins: JSON.stringify(loginOf(issuer, 'ada')),
    })
    await page.goto(`${origin}/#${settings}`)
    await page.getByText('{').waitFor()
    const came: Record<string, string> = JSON.parse((await page.locator('body').textContent()) ?? '')
    await page.close()
    return { came, methods, problems }
  }

  test('are given a guest’s credentials, sign with them, and keep the identity at sign-in', async () => {
    const { came, methods, problems } = await open(listed.origin)
    assert.match(came.identityId ?? '', /^us-east-1:[0-9a-f-]{36}$/, JSON.stringify({ came, problems }))
    assert.match(came.guest ?? '', /:assumed-role\/guest-\d+\/CognitoIdentityCredentials$/)
    assert.match(came.person ?? '', /:assumed-role\/user-\d+\/CognitoIdentityCredentials$/)
    assert.equal(came.kept, came.identityId)
    assert.ok(methods.includes('OPTIONS') && methods.includes('POST'), methods.join(' '))
    assert.deepEqual(problems, [])
  })

  test('are refused by the browser where the site is not on the list, before anything but preflights', async () => {
    const { came, methods, problems } = await open(stranger.origin)
    assert.equal(came.name, 'TypeError', JSON.stringify(came))
    assert.match(problems.join('\n'), /blocked by CORS policy.*preflight/)
    assert.ok(methods.includes('OPTIONS'), methods.join(' '))
  })
})
