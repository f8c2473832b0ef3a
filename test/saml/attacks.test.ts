import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../../server/base/refusal.ts'
import { readMetadata } from '../../server/saml/read-metadata.ts'
import { serviceProviderAt } from '../../server/saml/service-provider.ts'
import { createSamlVerifier } from '../../server/saml/verify-response.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { type Asked, awsAttributes, createSamlIdp, encode, selfSigned, sign } from '../support/saml-idp.ts'

const accountId = '123456789012'
const arn = `arn:aws:iam::${accountId}:saml-provider/corp`
const us = serviceProviderAt('https://rolecall.example')
const idp = createSamlIdp()
const own = selfSigned('rolecall.example')
const attributes = awsAttributes([`arn:aws:iam::${accountId}:role/dev`], arn)

const verifier = createSamlVerifier({
  findProvider: async () => ({
    ...readMetadata(idp.metadata()),
    arn,
    name: 'corp',
    decryptionKeys: [own.privateKey],
    encryptionRequired: false,
  }),
  useOnce: async () => true,
  serviceProvider: us,
  accountId,
  clock: Date.now,
})
const verify = (xml: string) => verifier.verify(encode(xml), arn)
const respond = (asked: Partial<Asked> = {}) =>
  idp.respond({ recipient: us.acsUrl, audience: us.entityId, attributes, ...asked })

/** The parts of a response that the identity provider signed, for somebody who would be root. */
async function takeApart(signed: 'assertion' | 'response') {
  const xml = await respond({ signed })
  assert.equal((await verify(xml)).subject, 'ada')
  const whole = signed === 'assertion' ? elementOf(xml, 'saml:Assertion') : xml
  const signature = elementOf(xml, 'ds:Signature|Signature')
  const bare = whole.replace(signature, '')
  const evil = bare.replace('>ada<', '>root<')
  assert.notEqual(evil, bare)
  const renamed = evil.replace(/ ID="[^"]*"/g, ' ID="_evil"')
  /** The response with something else in the assertion's place. */
  const around = (inside: string) => xml.replace(whole, inside)
  return { xml, whole, signature, bare, evil, renamed, around }
}

function elementOf(xml: string, names: string): string {
  const [found] = new RegExp(`<(${names})[ >][\\s\\S]*</\\1>`).exec(xml) ?? []
  assert.ok(found, names)
  return found
}

/** `inner` as the last child of `outer`. */
const withLast = (outer: string, inner: string) => outer.replace(/(<\/[\w:]+>)$/, `${inner}$1`)
/** After the issuer, where a signature belongs. */
const withSignature = (outer: string, signature: string) =>
  outer.replace(/(<\/saml:Issuer>)/, `$1${signature}`)
const withObject = (signature: string, inner: string) => withLast(signature, `<Object>${inner}</Object>`)

type Parts = Awaited<ReturnType<typeof takeApart>>

/** @see Somorovsky and others, "On Breaking SAML: Be Whoever You Want to Be", section 4 */
const wrappings: readonly [string, 'assertion' | 'response', (parts: Parts) => string][] = [
  [
    '1: the signed response inside the signature of an evil one',
    'response',
    ({ renamed, signature, bare }) => withSignature(renamed, withObject(signature, bare)),
  ],
  [
    '2: the signed response beside a detached signature in an evil one',
    'response',
    ({ renamed, signature, bare }) => withLast(withSignature(renamed, signature), bare),
  ],
  [
    '3: an evil assertion before the signed one',
    'assertion',
    ({ renamed, whole, around }) => around(renamed + whole),
  ],
  [
    '4: the signed assertion inside an evil one',
    'assertion',
    ({ renamed, whole, around }) => around(withLast(renamed, whole)),
  ],
  [
    '5: an evil assertion with the signature, and the signed one after it',
    'assertion',
    ({ renamed, signature, bare, around }) => around(withSignature(renamed, signature) + bare),
  ],
  [
    '6: an evil assertion whose signature holds the signed one',
    'assertion',
    ({ renamed, signature, bare, around }) => around(withSignature(renamed, withLast(signature, bare))),
  ],
  [
    '7: an evil assertion in the extensions of the response',
    'assertion',
    ({ evil, whole, around }) => around(`<samlp:Extensions>${evil}</samlp:Extensions>${whole}`),
  ],
  [
    '8: an evil assertion whose signature has an object with the signed one',
    'assertion',
    ({ renamed, signature, bare, around }) => around(withSignature(renamed, withObject(signature, bare))),
  ],
]

for (const [story, signed, wrap] of wrappings) {
  test(`signature wrapping ${story}, is refused`, async () => {
    const { reason } = await refusalOf(verify(wrap(await takeApart(signed))))
    assert.match(reason, /^token\.(malformed|signatureWrong)$/)
  })

  test(`signature wrapping ${story}, under the same ID, is refused`, async () => {
    const parts = await takeApart(signed)
    const { reason } = await refusalOf(verify(wrap({ ...parts, renamed: parts.evil })))
    assert.match(reason, /^token\.(malformed|signatureWrong)$/)
  })
}

test('an evil assertion beside an encrypted one is refused', async () => {
  const { renamed } = await takeApart('assertion')
  const xml = await respond({ encryptFor: own.certificate })
  const both = xml.replace('<saml:EncryptedAssertion', `${renamed}<saml:EncryptedAssertion`)
  assert.equal((await refusalOf(verify(both))).reason, 'token.malformed')
})

for (const [story, xml] of [
  ['without a signature', respond({ signed: 'none' })],
  ['encrypted for us, but signed by nobody', respond({ signed: 'none', encryptFor: own.certificate })],
  ['encrypted for somebody else', respond({ encryptFor: idp.certificate })],
  [
    'encrypted, with a comment inside',
    respond({ encryptFor: own.certificate, edit: xml => xml.replace('>ada<', '>a<!---->da<') }),
  ],
  ['that was changed after it was signed', respond().then(xml => xml.replace('>ada<', '>eve<'))],
  [
    'with an assertion that was changed in a signed response',
    respond({ signed: 'response' }).then(xml => xml.replace('>ada<', '>eve<')),
  ],
  ['signed response around an assertion of somebody else', otherAssertionInSignedResponse()],
  [
    'with a second signature by somebody else',
    respond().then(xml => sign(xml, 'Response', selfSigned('idp.example'))),
  ],
] as const) {
  test(`a response ${story} is refused`, async () => {
    assert.equal((await refusalOf(verify(await xml))).reason, 'token.signatureWrong')
  })
}

async function otherAssertionInSignedResponse(): Promise<string> {
  const xml = await respond({ signed: 'response' })
  const other = await createSamlIdp().respond({
    recipient: us.acsUrl,
    audience: us.entityId,
    attributes,
    nameId: 'eve',
  })
  return xml.replace(elementOf(xml, 'saml:Assertion'), elementOf(other, 'saml:Assertion'))
}

const doctype = (declarations: string) => (xml: string) => xml.replace(/^/, `<!DOCTYPE r [${declarations}]>`)
for (const [story, change] of [
  ['a comment in the name', (xml: string) => xml.replace('>ada<', '>ada<!---->.eve<')],
  ['a comment anywhere', (xml: string) => xml.replace('<samlp:Status>', '<!-- --><samlp:Status>')],
  ['CDATA in the name', (xml: string) => xml.replace('>ada<', '><![CDATA[ada]]><')],
  ['a processing instruction', (xml: string) => xml.replace('>ada<', '>a<?x?>da<')],
  ['an external entity', doctype('<!ENTITY x SYSTEM "file:///etc/passwd">')],
  ['an external document type', (xml: string) => `<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd">${xml}`],
  [
    'a billion laughs',
    doctype(
      `<!ENTITY a "ha">${Array.from({ length: 20 }, (_, n) => `<!ENTITY a${n} "&a;&a;&a;">`).join('')}`,
    ),
  ],
  ['an entity that nobody declared', (xml: string) => xml.replace('>ada<', '>&ada;<')],
  ['something after its end', (xml: string) => `${xml}<x/>`],
  ['an attribute twice', (xml: string) => xml.replace('Version="2.0"', 'Version="2.0" Version="2.0"')],
  [
    'a prefix that nobody declared',
    (xml: string) => xml.replace('<samlp:Status>', '<evil:x/><samlp:Status>'),
  ],
  ['another encoding', (xml: string) => `<?xml version="1.0" encoding="utf-7"?>${xml}`],
  ['XML 1.1', (xml: string) => `<?xml version="1.1"?>${xml}`],
  [
    'a depth of a thousand',
    (xml: string) =>
      xml.replace('<samlp:Status>', `${'<x>'.repeat(1000)}${'</x>'.repeat(1000)}<samlp:Status>`),
  ],
  [
    'two thousand elements',
    (xml: string) => xml.replace('<samlp:Status>', `${'<x/>'.repeat(2_000)}<samlp:Status>`),
  ],
] as const) {
  test(`a response with ${story} is refused before anything looks at its signature`, async () => {
    assert.equal((await refusalOf(verify(change(await respond())))).reason, 'token.malformed')
  })
}

const xmlenc = 'http://www.w3.org/2001/04/xmlenc#'
for (const [story, asked] of [
  ['RSA with SHA-1', { signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }],
  [
    'a keyed hash, with the public key for the secret',
    { signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#hmac-sha1' },
  ],
  ['a SHA-1 digest', { digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' }],
  ['a key encrypted by PKCS #1 v1.5', { encryptFor: own.certificate, keyEncryption: `${xmlenc}rsa-1_5` }],
  ['triple DES', { encryptFor: own.certificate, contentEncryption: `${xmlenc}tripledes-cbc` }],
] as const) {
  test(`a response with ${story} is refused`, async () => {
    const { reason, detail } = await refusalOf(verify(await respond(asked)))
    assert.equal(reason, 'token.malformed')
    assert.match(detail ?? '', /^the algorithm .+ is not taken$/)
  })
}

test('a weak algorithm under a name that only looks like the right one is refused as well', async () => {
  const xml = await respond({ signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' })
  const disguised = xml.replace(/<(\w+:)?SignatureMethod /, '<SignatureMethod xmlns="urn:x" ')
  assert.notEqual(disguised, xml)
  assert.equal((await refusalOf(verify(disguised))).reason, 'token.malformed')
})

test('a weak signature inside an encrypted assertion is refused like a wrong one', async () => {
  const xml = await respond({
    encryptFor: own.certificate,
    signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  })
  assert.equal((await refusalOf(verify(xml))).reason, 'token.signatureWrong')
})

test('what is wrong with an encrypted assertion can’t be told from the answer', async () => {
  const xml = await respond({ encryptFor: own.certificate, contentEncryption: `${xmlenc}aes256-cbc` })
  const [, cipher = ''] = [...xml.matchAll(/CipherValue>([\w+/=]+)</g)].at(-1) ?? []
  assert.ok(cipher.length > 1_000)
  const bytes = Buffer.from(cipher, 'base64')
  const answers = new Set<string>()
  for (const at of [0, 17, 40, bytes.length - 1, bytes.length - 17]) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 0x41
    const { reason, said } = await refusalOf(verify(xml.replace(cipher, changed.toString('base64'))))
    answers.add(JSON.stringify([reason, said]))
  }
  assert.deepEqual([...answers], ['["token.signatureWrong",{"message":"Response signature invalid"}]'])
})

test('law: however a signed response is cut up and put together, nobody else comes out of it', async () => {
  const sources = await Promise.all([
    respond({ id: '_x' }),
    respond({ id: '_x', signed: 'response' }),
    respond({ id: '_x', signed: 'both' }),
  ])
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...sources),
      fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom('copy', 'move', 'drop', 'rename', 'evil')), {
        minLength: 1,
        maxLength: 4,
      }),
      async (source, steps) => {
        const xml = steps.reduce((text, step) => change(text, ...step), source)
        try {
          assert.equal((await verify(xml)).subject, 'ada')
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
      },
    ),
    { numRuns: 400 },
  )
})

/** One step of an attacker's: an element is copied, moved, dropped, given another id, or made evil. */
function change(xml: string, from: number, to: number, step: string): string {
  const elements = [...xml.matchAll(/<([\w:]+)[^>]*?(?:\/>|>)/g)]
  const chosen = elements[from % elements.length]
  if (chosen === undefined) return xml
  const end = chosen[0].endsWith('/>')
    ? chosen.index + chosen[0].length
    : endOf(xml, chosen.index, chosen[1] ?? '')
  const element = xml.slice(chosen.index, end)
  const rest = xml.slice(0, chosen.index) + xml.slice(end)
  if (step === 'drop') return rest
  if (step === 'rename')
    return xml.slice(0, chosen.index) + element.replace(/ ID="[^"]*"/, ' ID="_y"') + xml.slice(end)
  const base = step === 'move' ? rest : xml
  const places = [...base.matchAll(/>/g)].map(({ index }) => index + 1)
  const place = places[to % Math.max(1, places.length)] ?? base.length
  const put = step === 'evil' ? element.replace('>ada<', '>root<') : element
  return base.slice(0, place) + put + base.slice(place)
}

function endOf(xml: string, start: number, name: string): number {
  let depth = 0
  for (const tag of xml.slice(start).matchAll(new RegExp(`<(/?)${name}(?=[ >/])[^>]*?(/?)>`, 'g'))) {
    if (tag[2] === '/') continue
    depth += tag[1] === '/' ? -1 : 1
    if (depth === 0) return start + tag.index + tag[0].length
  }
  return xml.length
}
