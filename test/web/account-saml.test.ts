import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { accountWalk, noticeOf } from '../support/account-walk.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { type Asked, awsAttributes, createSamlIdp, encode, readAuthnRequest } from '../support/saml-idp.ts'

const demo = await startDemoRolecall({ ROLECALL_SAML_IDP_INITIATED: 'on' })
const { url, accountId } = demo
const walk = accountWalk(demo)
const idp = createSamlIdp()
const alone = createSamlIdp('https://alone.example/saml')
const arnOf = (name: string) => `arn:aws:iam::${accountId}:saml-provider/${name}`
for (const [Name, by] of [
  ['corp', idp],
  ['lab', idp],
  ['alone', alone],
] as const) {
  await demo.iam().send(new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument: by.metadata() }))
}

/** To the provider's door: what it is asked. */
async function leave(browser: HttpBrowser, address: string) {
  demo.advanceMs(2_000)
  const to = locationOf(await browser.get(address))
  assert.ok(to)
  return { ...readAuthnRequest(to), provider: arnOf(/saml\/(\w+)/.exec(address)?.[1] ?? '') }
}

/** As the provider's own page posts it: without the session, which another site's form does not bring. */
async function post(browser: HttpBrowser, to: string, form: Record<string, string>): Promise<Response> {
  const jar = browser.jars.get(url)
  const session = jar?.get('rolecall')
  jar?.delete('rolecall')
  const posted = await browser.post(to, form, {
    origin: 'https://idp.example',
    'sec-fetch-site': 'cross-site',
  })
  if (session !== undefined) jar?.set('rolecall', session)
  return posted
}

async function comeBack(
  browser: HttpBrowser,
  asked: Awaited<ReturnType<typeof leave>>,
  answer: Partial<Asked> = {},
  by = idp,
): Promise<Response> {
  const { recipient, audience, id, relayState, provider } = asked
  const attributes = awsAttributes([demo.roleArn('dev')], provider)
  const xml = await by.respond({ recipient, audience, inResponseTo: id, attributes, ...answer })
  return browser.follow(await post(browser, recipient, { SAMLResponse: encode(xml), RelayState: relayState }))
}

const signInBy = async (browser: HttpBrowser, address: string, answer: Partial<Asked> = {}) =>
  comeBack(browser, await leave(browser, address), answer)

async function signedIn(answer: Partial<Asked> = {}): Promise<HttpBrowser> {
  const browser = createHttpBrowser()
  const page = await signInBy(browser, `${url}/sign-in/saml/corp`, answer)
  assert.equal(new URL(page.url).pathname, '/roles')
  return browser
}

test('a SAML way in is linked, though its answer brings no session along, and its provider must ask anew', async () => {
  const browser = await signedIn({ nameId: 'ada@corp' })
  const { html } = await walk.ask(browser)
  const address = walk.hrefIn(html, 'saml/lab')
  assert.equal(readAuthnRequest(locationOf(await browser.get(address)) as URL).forced, true)
  const page = await signInBy(browser, address, { nameId: 'ada@lab' })
  assert.equal(new URL(page.url).pathname, '/account/confirm')
  assert.equal(noticeOf(await walk.confirm(browser, page)), 'linked')
  const id = await walk.personIdOn(browser)
  const other = createHttpBrowser()
  await signInBy(other, `${url}/sign-in/saml/lab`, { nameId: 'ada@lab' })
  assert.equal(await walk.personIdOn(other), id)
  assert.match(id, /^PERSON/)
})

test('an ordinary sign-in does not have the provider ask anew', async () => {
  const to = locationOf(await createHttpBrowser().get(`${url}/sign-in/saml/corp`))
  assert.equal(readAuthnRequest(to as URL).forced, undefined)
})

const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'

test('a name that is another one at each sign-in is not linked, from either end', async () => {
  const browser = await signedIn({ nameId: 'eve@corp' })
  const { html } = await walk.ask(browser)
  const answer = { nameId: '_b7c2', nameIdFormat: transient }
  assert.equal(noticeOf(await signInBy(browser, walk.hrefIn(html, 'saml/lab'), answer)), 'transient')
  const passing = await signedIn(answer)
  assert.equal(noticeOf(await passing.post(`${url}/account/link`, {})), 'transient')
  assert.equal(await walk.personIdOn(browser), '')
})

test('what a stand-in vouches for is not linked with a real provider’s, from either end', async () => {
  const browser = await signedIn({ nameId: 'mateo@corp' })
  assert.equal(noticeOf(await walk.comeBackFrom(browser, 'google', 'mateo')), 'mixed')
  const { browser: demoBrowser } = await demo.signIn('google', 'mateo')
  const { html } = await walk.ask(demoBrowser)
  const page = await signInBy(demoBrowser, walk.hrefIn(html, 'saml/corp'), { nameId: 'mateo@corp' })
  assert.equal(noticeOf(page), 'mixed')
  assert.equal(await walk.personIdOn(demoBrowser), '')
})

test('an answer of one SAML provider is no end of a linking that left for another', async () => {
  const browser = await signedIn({ nameId: 'oksana@corp' })
  const early = await leave(browser, `${url}/sign-in/saml/corp`)
  const { html } = await walk.ask(browser)
  await leave(browser, walk.hrefIn(html, 'saml/lab'))
  const page = await comeBack(browser, early, { nameId: 'other@corp' })
  assert.equal(new URL(page.url).pathname, '/roles', 'it is the ordinary sign-in that it began as')
})

test('a sign-in at the same provider that was begun before the linking is no end of it', async () => {
  const browser = await signedIn({ nameId: 'oksana@corp' })
  const early = await leave(browser, `${url}/sign-in/saml/lab`)
  const { html } = await walk.ask(browser)
  await leave(browser, walk.hrefIn(html, 'saml/lab'))
  const page = await comeBack(browser, early, { nameId: 'other@lab' })
  assert.equal(new URL(page.url).pathname, '/roles')
})

test('nor is one that begins at the provider, after the linking was given up there', async () => {
  const browser = await signedIn({ nameId: 'oksana@corp' })
  const { html } = await walk.ask(browser)
  const { recipient, audience, provider } = await leave(browser, walk.hrefIn(html, 'saml/alone'))
  const attributes = awsAttributes([demo.roleArn('dev')], provider)
  const xml = await alone.respond({ recipient, audience, attributes, nameId: 'other@alone' })
  const sentTo = locationOf(await post(browser, recipient, { SAMLResponse: encode(xml) }))
  assert.ok(sentTo)
  const again = { ...readAuthnRequest(sentTo), provider }
  const page = await comeBack(browser, again, { nameId: 'other@alone' }, alone)
  assert.equal(new URL(page.url).pathname, '/roles')
  assert.equal(await walk.personIdOn(browser), '')
})

test('a provider that did not ask anew, though it was told to, links nobody: whoever found the browser open is not they', async () => {
  const browser = await signedIn({ nameId: 'left@corp' })
  const { html } = await walk.ask(browser)
  const longAgo = { nameId: 'left@lab', authenticatedAtMs: -3_600_000 }
  const page = await signInBy(browser, walk.hrefIn(html, 'saml/lab'), longAgo)
  assert.equal(noticeOf(page), 'failed')
  assert.equal(await walk.personIdOn(browser), '')
  assert.match(demo.logged(), /the provider did not ask anew/)
  const ordinary = await signInBy(createHttpBrowser(), `${url}/sign-in/saml/corp`, longAgo)
  assert.equal(
    new URL(ordinary.url).pathname,
    '/roles',
    'an ordinary sign-in takes a session of the provider’s',
  )
})
