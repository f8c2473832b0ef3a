import assert from 'node:assert/strict'
import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { SAML } from '@node-saml/node-saml'
import { XMLParser } from 'fast-xml-parser'
import { createHttpBrowser } from '../support/http-browser.ts'
import { startRolecall, type TestRolecall } from '../support/rolecall.ts'
import { createSamlIdp, readAuthnRequest } from '../support/saml-idp.ts'

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
