import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithSAMLCommand } from '@aws-sdk/client-sts'
import { faultOf } from '../support/aws-calls.ts'
import { arrive, createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { startRolecall } from '../support/rolecall.ts'
import { type Asked, awsAttributes, createSamlIdp, encode, readAuthnRequest } from '../support/saml-idp.ts'

const on = { ROLECALL_SAML_IDP_INITIATED: 'on' }
const rolecall = await startRolecall(on)
const { url, accountId } = rolecall
const idp = createSamlIdp()
const provider = `arn:aws:iam::${accountId}:saml-provider/corp`
const register = (Name: string, SAMLMetadataDocument: string, at = rolecall) =>
  at.iam().send(new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument }))
await register('corp', idp.metadata())
const trust = { Effect: 'Allow', Principal: { Federated: provider }, Action: 'sts:AssumeRoleWithSAML' }
const dev = await rolecall.createRole('dev', { Version: '2012-10-17', Statement: trust })

// So that the limits on strangers, who are all of one network here, are not what refuses.
beforeEach(() => rolecall.advanceMs(4_000))

const attributesOf = (name: string) => ({
  ...awsAttributes([dev], provider, name),
  'urn:oid:2.5.4.3': [`${name} of Corp`],
})
const meant = { recipient: `${url}/saml/acs`, audience: `${url}/saml/metadata` }
const answerAbout = (name: string, more: Partial<Asked> = {}, by = idp) =>
  by.respond({ ...meant, nameId: name, attributes: attributesOf(name), ...more })

/** As a page of the provider's, or of anybody's, posts it. */
function post(browser: HttpBrowser, xml: string, more: { relayState?: string; to?: string } = {}) {
  const { relayState, to = url } = more
  const form = { SAMLResponse: encode(xml), ...(relayState === undefined ? {} : { RelayState: relayState }) }
  const headers = { origin: 'https://idp.example', 'sec-fetch-site': 'cross-site' }
  return browser.post(`${to}/saml/acs`, form, headers)
}

const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')
const holdsSession = (browser: HttpBrowser) => browser.jars.get(url)?.has('rolecall') === true
const shownTo = async (browser: HttpBrowser) => (await browser.get(`${url}/roles`)).text()

/** At the provider's door, where the browser's own session decides whom the answer is about. */
async function answerAt(browser: HttpBrowser, sentTo: Response, name: string): Promise<Response> {
  const location = locationOf(sentTo)
  assert.ok(location)
  const { id, relayState } = readAuthnRequest(location)
  return arrive(browser, await post(browser, await answerAbout(name, { inResponseTo: id }), { relayState }))
}

test('whoever begins at the provider is sent back to it with a request, and comes in by its answer', async () => {
  const browser = createHttpBrowser()
  const sent = await post(browser, await answerAbout('ada'))
  assert.equal(sent.status, 303)
  assert.equal(locationOf(sent)?.origin, 'https://idp.example')
  assert.ok(!holdsSession(browser), 'the answer to nothing makes no session')
  assert.equal((await answerAt(browser, sent, 'ada')).headers.get('location'), '/roles')
  assert.match(await shownTo(browser), /ada of Corp/)
})

test('somebody else’s answer, planted in a browser, signs its owner in as nobody but themself', async () => {
  const victim = createHttpBrowser()
  const sent = await post(victim, await answerAbout('mallory'))
  assert.ok(!holdsSession(victim))
  await answerAt(victim, sent, 'ada')
  const page = await shownTo(victim)
  assert.match(page, /ada of Corp/)
  assert.doesNotMatch(page, /mallory/)
})

test('who is signed in stays so until the provider has answered the request', async () => {
  const browser = createHttpBrowser()
  await answerAt(browser, await post(browser, await answerAbout('ada')), 'ada')
  const sent = await post(browser, await answerAbout('mallory'))
  assert.match(await shownTo(browser), /ada of Corp/)
  await answerAt(browser, sent, 'grace')
  assert.match(await shownTo(browser), /grace of Corp/)
})

for (const relayState of ['https://evil.example/', '//evil.example', '/sign-out', '', 'x'.repeat(5_000)]) {
  test(`the relay state ${relayState.slice(0, 30) || 'that is empty'} leads nowhere`, async () => {
    const browser = createHttpBrowser()
    const sent = await post(browser, await answerAbout('ada'), { relayState })
    const location = locationOf(sent)
    assert.equal(location?.origin, 'https://idp.example')
    assert.notEqual(location?.searchParams.get('RelayState'), relayState)
    assert.equal((await answerAt(browser, sent, 'ada')).headers.get('location'), '/roles')
  })
}

test('the request is bound to the browser: its answer counts in no other', async () => {
  const sent = await post(createHttpBrowser(), await answerAbout('ada'))
  const other = createHttpBrowser()
  assert.equal(noticeOf(await answerAt(other, sent, 'mallory')), 'unverified')
  assert.ok(!holdsSession(other))
})

for (const [story, asked] of [
  ['to somebody’s request', { inResponseTo: '_0' }],
  ['whose envelope names a request', { envelopeInResponseTo: '_0' }],
  ['whose assertion alone names a request', { inResponseTo: '_0', envelopeInResponseTo: '' }],
  [
    'with a request in a second confirmation',
    {
      edit: (xml: string) =>
        xml.replace(
          /<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/,
          whole => `${whole}${whole.replace('/></', ' InResponseTo="_0"/></')}`,
        ),
    },
  ],
  ['that nobody signed', { signed: 'none' }],
  ['for another audience', { audience: 'https://other.example' }],
  ['for another recipient', { recipient: 'https://other.example/acs', destination: meant.recipient }],
  ['that is too old', { issuedAtMs: -301_000 }],
  ['whose time is over', { notOnOrAfterMs: -301_000 }],
  ['of an issuer that nobody knows', { issuer: 'https://other.example' }],
] as const satisfies [string, Partial<Asked>][]) {
  test(`an answer ${story} begins nothing`, async () => {
    const browser = createHttpBrowser()
    assert.equal(noticeOf(await post(browser, await answerAbout('ada', asked))), 'unverified')
    assert.ok(!holdsSession(browser))
  })
}

test('what is no response at all begins nothing', async () => {
  for (const xml of ['', 'x', '<x/>', '<!DOCTYPE x><x/>', '<Response><Issuer>x</Issuer></Response>']) {
    assert.equal(noticeOf(await post(createHttpBrowser(), xml)), 'unverified', xml)
  }
})

test('an answer to nothing counts once, here and on the wire', async () => {
  const xml = await answerAbout('ada')
  assert.equal(locationOf(await post(createHttpBrowser(), xml))?.origin, 'https://idp.example')
  assert.equal(noticeOf(await post(createHttpBrowser(), xml)), 'unverified')
  const asked = { RoleArn: dev, PrincipalArn: provider, SAMLAssertion: encode(xml) }
  assert.equal(
    (await faultOf(rolecall.sts().send(new AssumeRoleWithSAMLCommand(asked)))).message,
    'The SAML response was used before',
  )
})

test('a provider that can’t be asked, or that is registered twice, begins nothing', async () => {
  const [mute, twin] = [
    createSamlIdp('https://mute.example/saml'),
    createSamlIdp('https://twin.example/saml'),
  ]
  await register('mute', mute.metadata({ singleSignOn: 'javascript:alert(1)' }))
  await register('twin1', twin.metadata())
  await register('twin2', twin.metadata())
  assert.equal(noticeOf(await post(createHttpBrowser(), await answerAbout('ada', {}, mute))), 'failed')
  assert.equal(noticeOf(await post(createHttpBrowser(), await answerAbout('ada', {}, twin))), 'unverified')
})

test('beginnings are counted: a provider that loses its requests does not go round for ever', async () => {
  const other = await startRolecall(on)
  const round = createSamlIdp()
  const arn = `arn:aws:iam::${other.accountId}:saml-provider/corp`
  await register('corp', round.metadata(), other)
  const browser = createHttpBrowser()
  const answered = new Set<number>()
  let rounds = 0
  for (let n = 0; n < 60; n++) {
    const attributes = awsAttributes([dev], arn)
    const to = { recipient: `${other.url}/saml/acs`, audience: `${other.url}/saml/metadata` }
    const answer = await post(browser, await round.respond({ ...to, attributes }), { to: other.url })
    if (locationOf(answer)?.origin === 'https://idp.example') rounds++
    else {
      answered.add(answer.status)
      assert.match(answer.headers.get('retry-after') ?? '', /^[12]$/)
      assert.match(await answer.text(), /role="alert"[^<]*>Too many tries/)
    }
  }
  assert.ok(rounds >= 30 && rounds < 60, String(rounds))
  assert.deepEqual([...answered], [429])
})
