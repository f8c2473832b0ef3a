import assert from 'node:assert/strict'
import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { SAML } from '@node-saml/node-saml'
import { XMLParser } from 'fast-xml-parser'
import { SignedXml } from 'xml-crypto'
import { arrive, createHttpBrowser } from '../support/http-browser.ts'
import { startRolecall, type TestRolecall } from '../support/rolecall.ts'
import { awsAttributes, createSamlIdp, encode, readAuthnForm, readAuthnRequest } from '../support/saml-idp.ts'

const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
const idp = createSamlIdp()
const [wanted, always] = [
  await startRolecall(),
  await startRolecall({ ROLECALL_SAML_SIGN_REQUESTS: 'always' }),
]

const register = (at: TestRolecall, Name: string, metadata: Parameters<typeof idp.metadata>[0] = {}) =>
  at.iam().send(new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument: idp.metadata(metadata) }))

/** The address that a browser is sent to, as it came over the wire. */
async function sentTo(at: TestRolecall, name: string): Promise<string> {
  const answer = await createHttpBrowser().get(`${at.url}/sign-in/saml/${name}`)
  return answer.headers.get('location') ?? ''
}

async function metadataOf(at: TestRolecall) {
  const xml = await (await fetch(`${at.url}/saml/metadata`)).text()
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: name => name === 'KeyDescriptor',
  })
  const role = parser.parse(xml).EntityDescriptor.SPSSODescriptor
  const certificates: X509Certificate[] = role.KeyDescriptor.map(
    (key: { use: string; KeyInfo: { X509Data: { X509Certificate: string } } }) => {
      assert.equal(key.use, 'signing')
      return new X509Certificate(Buffer.from(key.KeyInfo.X509Data.X509Certificate, 'base64'))
    },
  )
  return { xml, signsAll: role.AuthnRequestsSigned, certificates }
}

/** What a provider does that knows nothing of us but our metadata: over the very characters of the query. */
function isSignedBy(certificate: X509Certificate | undefined, address: string): boolean {
  const query = address.slice(address.indexOf('SAMLRequest='))
  const [signed = '', signature = ''] = query.split('&Signature=')
  const names = signed.split('&').map(pair => pair.split('=')[0])
  assert.deepEqual(names, ['SAMLRequest', 'RelayState', 'SigAlg'])
  assert.equal(new URLSearchParams(signed).get('SigAlg'), rsaSha256)
  const bytes = Buffer.from(decodeURIComponent(signature), 'base64')
  return certificate !== undefined && verify('sha256', Buffer.from(signed), certificate.publicKey, bytes)
}

for (const [story, service, metadata] of [
  ['that wants it', wanted, { wantsSignedRequests: 'true' }],
  ['that wants it, spelled 1', wanted, { wantsSignedRequests: '1' }],
  ['where all are to be', always, {}],
  [
    'whose address has a query and a fragment',
    always,
    { singleSignOn: 'https://idp.example/sso?idpid=C0%2f1&amp;x=a+b#top' },
  ],
] as const) {
  test(`a request to a provider ${story} is signed by the key in our metadata`, async () => {
    const name = story.replace(/\W/g, '')
    await register(service, name, metadata)
    const address = await sentTo(service, name)
    const { certificates } = await metadataOf(service)
    assert.equal(certificates.length, 1)
    const [certificate] = certificates
    assert.ok(isSignedBy(certificate, address))
    assert.ok(
      !isSignedBy(
        certificate,
        address.replace(/RelayState=(.)/, (_, letter) => `RelayState=${letter === 'A' ? 'B' : 'A'}`),
      ),
    )
    assert.match(readAuthnRequest(new URL(address)).id, /^_[0-9a-f]{40}$/)
  })
}

test('a query that the provider’s own address has stays as it is, before ours', async () => {
  const address = await sentTo(always, 'whoseaddresshasaqueryandafragment')
  assert.ok(address.startsWith('https://idp.example/sso?idpid=C0%2f1&x=a+b&SAMLRequest='), address)
  assert.ok(!address.includes('#'))
  assert.equal(
    readAuthnRequest(new URL(address)).destination,
    'https://idp.example/sso?idpid=C0%2f1&amp;x=a+b#top',
  )
})

test('another implementation takes the signature for ours', async () => {
  await register(wanted, 'reader', { wantsSignedRequests: 'true' })
  const address = await sentTo(wanted, 'reader')
  const [certificate] = (await metadataOf(wanted)).certificates
  const reader = new SAML({
    idpCert: certificate?.toString() ?? '',
    issuer: 'idp',
    callbackUrl: 'https://idp.example/sso',
  })
  const query = address.slice(address.indexOf('?') + 1)
  const container = Object.fromEntries(new URLSearchParams(query))
  // Its public face is for logouts; the check of the query beneath it knows no difference.
  const check = Reflect.get(reader, 'hasValidSignatureForRedirect').bind(reader)
  assert.equal(await check(container, query), undefined)
  await assert.rejects(
    check(container, query.replace('SAMLRequest=', 'SAMLRequest=A')),
    /Invalid query signature/,
  )
})

test('a request to a provider that does not ask for it is not signed', async () => {
  await register(wanted, 'plain', { wantsSignedRequests: 'false' })
  const { searchParams } = new URL(await sentTo(wanted, 'plain'))
  assert.deepEqual([...searchParams.keys()], ['SAMLRequest', 'RelayState'])
})

test('our metadata say whether all requests are signed, and name the key in either case', async () => {
  assert.equal((await metadataOf(wanted)).signsAll, 'false')
  const { signsAll, certificates, xml } = await metadataOf(always)
  assert.equal(signsAll, 'true')
  const [certificate] = certificates
  assert.ok(
    certificate?.verify(createPublicKey(certificate.publicKey.export({ format: 'pem', type: 'spki' }))),
  )
  assert.equal((await metadataOf(always)).xml, xml)
  assert.doesNotMatch(xml, /PRIVATE/)
})

test('keys may be changed one beside the other: the first of the numbers signs, all are named', async () => {
  const two = await startRolecall({
    ROLECALL_SAML_SIGN_REQUESTS: 'always',
    ROLECALL_SAML_SIGNING_KEYS: '7,1',
  })
  await register(two, 'corp')
  const { certificates } = await metadataOf(two)
  assert.equal(certificates.length, 2)
  const address = await sentTo(two, 'corp')
  assert.deepEqual(
    certificates.map(certificate => isSignedBy(certificate, address)),
    [true, false],
  )
})

const posted = {
  binding: 'HTTP-POST',
  singleSignOn: 'https://idp.example/sso?tenant=a&amp;b=&lt;&quot;&gt;',
} as const

test('a provider that takes requests by a form alone gets one, from a page that may post to nobody else', async () => {
  await register(wanted, 'posted', posted)
  const browser = createHttpBrowser()
  assert.match(await (await browser.get(wanted.url)).text(), /href="\/sign-in\/saml\/posted"/)
  const page = await browser.get(`${wanted.url}/sign-in/saml/posted`)
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /(?:^|;)form-action https:\/\/idp\.example(?:;|$)/)
  assert.match(policy, /script-src 'self'/)
  assert.equal(page.headers.get('cache-control'), 'no-store')
  const html = await page.text()
  assert.ok(html.includes('action="https://idp.example/sso?tenant=a&amp;b=&lt;&#34;&gt;"'), html)
  const { xml, id, relayState, recipient, audience } = readAuthnForm(html)
  assert.doesNotMatch(xml, /Signature/)

  const arn = `arn:aws:iam::${wanted.accountId}:saml-provider/posted`
  const attributes = awsAttributes([wanted.roleArn('dev')], arn)
  const response = await idp.respond({ recipient, audience, inResponseTo: id, attributes })
  const form = { SAMLResponse: encode(response), RelayState: relayState }
  const back = await arrive(browser, await browser.post(recipient, form, { origin: 'https://idp.example' }))
  assert.equal(back.headers.get('location'), '/roles')
  const other = (await browser.get(`${wanted.url}/roles`)).headers.get('content-security-policy') ?? ''
  assert.match(other, /form-action 'self'/)
})

test('a request in a form is signed inside, by the key in our metadata', async () => {
  await register(always, 'posted', posted)
  const html = await (await createHttpBrowser().get(`${always.url}/sign-in/saml/posted`)).text()
  const { xml, destination } = readAuthnForm(html)
  assert.equal(destination, posted.singleSignOn)
  const [certificate] = (await metadataOf(always)).certificates
  const holds = (text: string) => {
    const reader = new SignedXml({
      publicCert: certificate?.toString() ?? '',
      getCertFromKeyInfo: () => null,
    })
    reader.loadSignature(/<(?:\w+:)?Signature .*<\/(?:\w+:)?Signature>/s.exec(text)?.[0] ?? '')
    return reader.checkSignature(text) && reader.getSignedReferences().length === 1
  }
  assert.ok(holds(xml))
  assert.throws(() => assert.ok(holds(xml.replace(/IssueInstant="2/, 'IssueInstant="1'))))
  const children = [...xml.matchAll(/<(?:\w+:)?(Issuer|Signature)[ >]/g)].map(([, name]) => name)
  assert.deepEqual(children, ['Issuer', 'Signature'], 'the order of the schema')
})

for (const singleSignOn of ['javascript:alert(1)', 'http://idp.example/sso', 'data:text/html,x', '']) {
  test(`no form is made for the address ${singleSignOn || 'that is empty'}`, async () => {
    const name = `odd-${singleSignOn.length}`
    await register(wanted, name, { binding: 'HTTP-POST', singleSignOn })
    assert.equal((await createHttpBrowser().get(`${wanted.url}/sign-in/saml/${name}`)).status, 404)
  })
}
