import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMetadata } from '../../server/saml/read-metadata.ts'
import { serviceProviderAt } from '../../server/saml/service-provider.ts'
import { createSamlVerifier, type SamlProviderRecord } from '../../server/saml/verify-response.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { type Asked, awsAttributes, createSamlIdp, encode, selfSigned, sign } from '../support/saml-idp.ts'

const accountId = '123456789012'
const arn = `arn:aws:iam::${accountId}:saml-provider/corp`
const role = `arn:aws:iam::${accountId}:role/dev`
const us = serviceProviderAt('https://rolecall.example')
const idp = createSamlIdp()
const own = selfSigned('rolecall.example')
const attacker = selfSigned('idp.example')
const attributes = awsAttributes([role], arn)
const meant: Asked = { recipient: us.acsUrl, audience: us.entityId, attributes }

const provider: SamlProviderRecord = {
  ...readMetadata(idp.metadata()),
  arn,
  name: 'corp',
  decryptionKeys: [own.privateKey],
  encryptionRequired: false,
}

function start(record: Partial<SamlProviderRecord> = {}, nowMs = Date.now) {
  const used = new Set<string>()
  const verifier = createSamlVerifier({
    findProvider: async asked => (asked === arn ? { ...provider, ...record } : undefined),
    async useOnce(proof) {
      const isNew = !used.has(proof)
      used.add(proof)
      return isNew
    },
    serviceProvider: us,
    accountId,
    clock: nowMs,
  })
  return (xml: string) => verifier.verify(encode(xml), arn)
}

const verify = start()
const respond = (asked: Partial<Asked> = {}) => idp.respond({ ...meant, ...asked })
const reasonFor = async (xml: string | Promise<string>, by = verify) =>
  (await refusalOf(by(await xml))).reason

for (const signed of ['assertion', 'response', 'both'] as const) {
  test(`a response counts where its ${signed === 'both' ? 'assertion and envelope are' : `${signed} is`} signed`, async () => {
    const { authenticatedAtSeconds = 0, ...identity } = await verify(await respond({ signed }))
    assert.ok(Math.abs(authenticatedAtSeconds * 1000 - Date.now()) < 300_000)
    assert.deepEqual(
      { ...identity, context: undefined },
      {
        kind: 'saml',
        principals: [arn],
        provider: arn,
        issuer: arn,
        subject: 'ada',
        audience: us.acsUrl,
        context: undefined,
        subjectKey: 'saml:sub',
        audienceKey: 'saml:aud',
        tags: {},
        transitiveTagKeys: [],
        onlyRoles: [role],
        sessionName: 'ada',
        demo: false,
      },
    )
  })
  for (const contentEncryption of [
    'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
    'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  ] as const) {
    test(`the same with an assertion encrypted with ${contentEncryption.split('#')[1]}, ${signed} signed`, async () => {
      const xml = await respond({ signed, encryptFor: own.certificate, contentEncryption })
      assert.ok(!xml.includes('<saml:NameID'))
      assert.equal((await verify(xml)).subject, 'ada')
      assert.equal(
        (await start({ encryptionRequired: true })(await respond({ signed, encryptFor: own.certificate })))
          .subject,
        'ada',
      )
    })
  }
}

test('attributes become condition keys, the well-known ones by the names that AWS has for them', async () => {
  const { context, email } = await verify(
    await respond({
      attributes: {
        ...attributes,
        'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': ['staff', 'member'],
        'urn:oid:0.9.2342.19200300.100.1.3': ['ada@corp.example'],
        groups: ['a', 'b'],
        sub: ['root'],
        aud: ['anything'],
      },
    }),
  )
  assert.deepEqual(context, {
    'saml:edupersonaffiliation': ['staff', 'member'],
    'saml:mail': ['ada@corp.example'],
    'saml:groups': ['a', 'b'],
    'saml:aud': [us.acsUrl],
    'saml:iss': [idp.entityId],
    'saml:sub': ['ada'],
    'saml:sub_type': ['persistent'],
    'saml:doc': [`${accountId}/corp`],
    // printf 'https://idp.example/saml123456789012/corp' | openssl dgst -sha1 -binary | base64
    'saml:namequalifier': ['MgAPItkqBqQq+7sgby8xPzwYyuA='],
  })
  assert.equal(email, 'ada@corp.example')
})

test('attributes of AWS ask for tags, a source identity and the end of the session', async () => {
  const identity = await verify(
    await respond({
      sessionEndsAtMs: 1_200_000,
      attributes: {
        ...attributes,
        'https://aws.amazon.com/SAML/Attributes/PrincipalTag:Project': ['blue'],
        'https://aws.amazon.com/SAML/Attributes/TransitiveTagKeys': ['Project'],
        'https://aws.amazon.com/SAML/Attributes/SourceIdentity': ['ada@corp'],
        'https://aws.amazon.com/SAML/Attributes/SessionDuration': ['5400'],
      },
    }),
  )
  assert.equal(identity.sessionSeconds, 5400)
  assert.deepEqual(identity.tags, { Project: 'blue' })
  assert.deepEqual(identity.transitiveTagKeys, ['Project'])
  assert.equal(identity.sourceIdentity, 'ada@corp')
  assert.ok(Math.abs((identity.sessionEndsAtSeconds ?? 0) - Date.now() / 1000 - 1200) < 60)
})

const SessionDuration = 'https://aws.amazon.com/SAML/Attributes/SessionDuration'
for (const values of [['899'], ['43201'], ['3600.5'], ['1e4'], ['-900'], ['0x1000'], ['PT1H'], ['', '']]) {
  test(`a session duration of ${JSON.stringify(values)} is refused, not passed over`, async () => {
    const asked = { attributes: { ...attributes, [SessionDuration]: values } }
    assert.equal(await reasonFor(respond(asked)), 'token.malformed')
  })
}

test('a role of another provider is not among those that the response is for', async () => {
  const Role = 'https://aws.amazon.com/SAML/Attributes/Role'
  const values = [`${role},${arn}`, `${arn},${role}2`, `${role}3,${arn}2`, `${role}4`, `${role}5,${arn},x`]
  const identity = await verify(await respond({ attributes: { ...attributes, [Role]: values } }))
  assert.deepEqual(identity.onlyRoles, [role, `${role}2`])
})

test('an assertion counts once, whatever envelope it comes in', async () => {
  const xml = await respond({ id: '_once' })
  assert.equal((await verify(xml)).subject, 'ada')
  assert.equal(await reasonFor(xml), 'token.replayed')
  assert.equal(await reasonFor(xml.replace('ID="_r', 'ID="_another')), 'token.replayed')
})

test('an assertion that was refused is not used up by that', async () => {
  const xml = await respond()
  assert.equal(await reasonFor(xml.replace(us.acsUrl, 'https://elsewhere.example')), 'token.audienceWrong')
  assert.equal((await verify(xml)).subject, 'ada')
})

const minutes = (count: number) => count * 60_000
for (const [story, asked, reason] of [
  [
    'a recipient elsewhere',
    { recipient: 'https://signin.aws.amazon.com/saml', destination: us.acsUrl },
    'token.audienceWrong',
  ],
  ['an audience that is not us', { audience: 'urn:amazon:webservices' }, 'token.audienceWrong'],
  ['a destination elsewhere', { destination: 'https://other.example/saml/acs' }, 'token.audienceWrong'],
  ['another issuer', { issuer: 'https://other.example/saml' }, 'token.issuerUnknown'],
  ['a status that is no success', { status: 'Responder' }, 'token.rejected'],
  [
    'an age of over five minutes',
    { issuedAtMs: -minutes(5) - 1_000, notOnOrAfterMs: minutes(60) },
    'token.expired',
  ],
  ['an issue in the future', { issuedAtMs: minutes(6) }, 'token.notYetValid'],
  ['a time that has not come', { notBeforeMs: minutes(6) }, 'token.notYetValid'],
  ['a time that is over', { notOnOrAfterMs: -minutes(6) }, 'token.expired'],
  ['a session that has ended', { sessionEndsAtMs: -1_000 }, 'token.expired'],
  ['no session name', { attributes: {} }, 'token.claimMissing'],
  ['a session name with a slash', { attributes: awsAttributes([role], arn, 'a/b') }, 'token.malformed'],
] as const) {
  test(`a response with ${story} is refused with ${reason}`, async () => {
    assert.equal(await reasonFor(respond(asked)), reason)
  })
}

for (const [story, edit, reason] of [
  [
    'without conditions',
    (xml: string) => xml.replace(/<saml:Conditions.*<\/saml:Conditions>/, ''),
    'token.malformed',
  ],
  [
    'without an audience',
    (xml: string) => xml.replace(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, ''),
    'token.audienceWrong',
  ],
  [
    'for us and, in a second restriction, for others',
    (xml: string) =>
      xml.replace(
        '</saml:Conditions>',
        '<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction></saml:Conditions>',
      ),
    'token.audienceWrong',
  ],
  [
    'with a condition that nobody knows',
    (xml: string) => xml.replace('</saml:Conditions>', '<saml:Condition/></saml:Conditions>'),
    'token.malformed',
  ],
  [
    'without a subject',
    (xml: string) => xml.replace(/<saml:Subject>.*<\/saml:Subject>/, ''),
    'token.malformed',
  ],
  ['without a bearer', (xml: string) => xml.replace('cm:bearer', 'cm:holder-of-key'), 'token.malformed'],
  [
    'whose confirmation has no end',
    (xml: string) => xml.replace(/ NotOnOrAfter="[^"]*" Recipient/, ' Recipient'),
    'token.malformed',
  ],
  [
    'without an authentication',
    (xml: string) => xml.replace(/<saml:AuthnStatement.*<\/saml:AuthnStatement>/, ''),
    'token.malformed',
  ],
  ['of SAML 1.1', (xml: string) => xml.replace('Version="2.0"', 'Version="1.1"'), 'token.malformed'],
  [
    'with two names',
    (xml: string) => xml.replace('</saml:NameID>', '</saml:NameID><saml:NameID>root</saml:NameID>'),
    'token.malformed',
  ],
  [
    'with a name that is encrypted by itself',
    (xml: string) => xml.replace(/<saml:NameID.*<\/saml:NameID>/, '<saml:EncryptedID/>'),
    'token.malformed',
  ],
  [
    'with an attribute that is encrypted by itself',
    (xml: string) =>
      xml.replace('</saml:AttributeStatement>', '<saml:EncryptedAttribute/></saml:AttributeStatement>'),
    'token.malformed',
  ],
  [
    'with two conditions',
    (xml: string) => xml.replace(/<saml:Conditions.*<\/saml:Conditions>/, whole => whole + whole),
    'token.malformed',
  ],
  [
    'with a name of more bytes than anybody can be known by',
    (xml: string) => xml.replace('>ada<', `>${'名'.repeat(342)}<`),
    'token.malformed',
  ],
  [
    'with an element in its name',
    (xml: string) => xml.replace('>ada<', '>ad<x xmlns=""/>a<'),
    'token.malformed',
  ],
] as const) {
  test(`a signed assertion ${story} is refused with ${reason}`, async () => {
    assert.equal(await reasonFor(respond({ edit })), reason)
  })
}

test('a name of as many bytes as somebody can be known by is taken', async () => {
  const subject = `${'名'.repeat(341)}x`
  assert.equal((await verify(await respond({ nameId: subject }))).subject, subject)
})

test('a time is read by our own clock, not by the library’s', async () => {
  const later = Date.now() + minutes(6)
  assert.equal(
    await reasonFor(
      respond(),
      start({}, () => later),
    ),
    'token.expired',
  )
})

test('a provider that signs nobody in is heard, though it signs nothing either', async () => {
  const status = `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode>`
  const xml = (await respond({ signed: 'none' }))
    .replace(/<saml:Assertion.*<\/saml:Assertion>/, '')
    .replace(/<samlp:StatusCode [^>]*>/, status)
  const { reason, detail } = await refusalOf(verify(xml))
  assert.deepEqual([reason, detail], ['token.rejected', 'the status is Responder, AuthnFailed'])
})

test('metadata that have expired vouch for nobody', async () => {
  assert.equal(await reasonFor(respond(), start({ validUntilMs: Date.now() - 1 })), 'token.rejected')
})

test('a provider that demands encryption takes nothing in the clear', async () => {
  assert.equal(await reasonFor(respond(), start({ encryptionRequired: true })), 'token.rejected')
})

test('a provider that is not there vouches for nobody', async () => {
  const verifier = createSamlVerifier({
    findProvider: async () => undefined,
    useOnce: async () => true,
    serviceProvider: us,
    accountId,
    clock: Date.now,
  })
  const { reason, said } = await refusalOf(verifier.verify(encode(await respond()), arn))
  assert.deepEqual([reason, said.message], ['token.issuerUnknown', "Specified provider doesn't exist."])
})

for (const [story, response] of [
  ['no base64', '<samlp:Response/>'],
  ['base64 with something in it', `${encode('<a/>')}!`],
  ['bytes that are no UTF-8', Buffer.from([0x3c, 0x61, 0xff]).toString('base64')],
  ['nothing', ''],
] as const) {
  test(`a response that is ${story} is refused as malformed`, async () => {
    const verifier = createSamlVerifier({
      findProvider: async () => provider,
      useOnce: async () => true,
      serviceProvider: us,
      accountId,
      clock: Date.now,
    })
    assert.equal((await refusalOf(verifier.verify(response, arn))).reason, 'token.malformed')
  })
}

test('somebody else’s key signs nothing, whatever certificate the signature brings along', async () => {
  const forged = sign(await respond({ signed: 'none' }), 'Assertion', attacker)
  assert.equal(await reasonFor(forged), 'token.signatureWrong')
})
