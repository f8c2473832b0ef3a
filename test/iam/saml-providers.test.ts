import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { faultOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { createSamlIdp, selfSigned } from '../support/saml-idp.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const client = rolecall.iam()
const idp = createSamlIdp()
const metadata = idp.metadata()
const arnOf = (name: string) => `arn:aws:iam::${accountId}:saml-provider/${name}`

const create = (Name: string, more: Partial<iam.CreateSAMLProviderCommandInput> = {}) =>
  client.send(new iam.CreateSAMLProviderCommand({ Name, SAMLMetadataDocument: metadata, ...more }))
const get = async (name: string) => {
  const { $metadata: _, ...provider } = await client.send(
    new iam.GetSAMLProviderCommand({ SAMLProviderArn: arnOf(name) }),
  )
  return provider
}
const update = (name: string, more: Partial<iam.UpdateSAMLProviderCommandInput>) =>
  client.send(new iam.UpdateSAMLProviderCommand({ SAMLProviderArn: arnOf(name), ...more }))

test('a provider is made, read back, listed, tagged, and deleted', async () => {
  const Tags = [{ Key: 'team', Value: 'blue' }]
  const { $metadata: _, ...made } = await create('corp', { Tags })
  assert.deepEqual(made, { SAMLProviderArn: arnOf('corp'), Tags })
  const { CreateDate, ValidUntil, SAMLProviderUUID, ...provider } = await get('corp')
  assert.deepEqual(provider, { SAMLMetadataDocument: metadata, Tags, PrivateKeyList: [] })
  assert.match(SAMLProviderUUID ?? '', /^[A-Z0-9]{21,}$/)
  assert.ok(CreateDate && ValidUntil && ValidUntil.getFullYear() === CreateDate.getFullYear() + 100)
  const { SAMLProviderList } = await client.send(new iam.ListSAMLProvidersCommand())
  const listed = SAMLProviderList?.find(({ Arn }) => Arn === arnOf('corp'))
  assert.deepEqual(listed, { Arn: arnOf('corp'), ValidUntil, CreateDate })
  await client.send(new iam.DeleteSAMLProviderCommand({ SAMLProviderArn: arnOf('corp') }))
  assert.equal((await faultOf(get('corp'))).code, 'NoSuchEntity')
})

test('metadata say themselves how long they hold', async () => {
  await create('brief', { SAMLMetadataDocument: idp.metadata({ validUntil: '2031-02-03T04:05:06Z' }) })
  assert.equal((await get('brief')).ValidUntil?.toISOString(), '2031-02-03T04:05:06.000Z')
})

test('private keys come in, are told by their ids, and never come out', async () => {
  const { privateKey } = selfSigned('rolecall')
  await create('sealed', { AddPrivateKey: privateKey, AssertionEncryptionMode: 'Required' })
  await update('sealed', { AddPrivateKey: privateKey, AssertionEncryptionMode: 'Allowed' })
  const { PrivateKeyList = [], AssertionEncryptionMode } = await get('sealed')
  assert.equal(AssertionEncryptionMode, 'Allowed')
  assert.deepEqual(
    PrivateKeyList.map(({ KeyId }) => /^[A-Z0-9]{22,64}$/.test(KeyId ?? '')),
    [true, true],
  )
  assert.equal((await faultOf(update('sealed', { AddPrivateKey: privateKey }))).code, 'LimitExceeded')
  const [first, second] = PrivateKeyList.map(({ KeyId }) => KeyId)
  await update('sealed', { RemovePrivateKey: first })
  assert.deepEqual(
    (await get('sealed')).PrivateKeyList?.map(({ KeyId }) => KeyId),
    [second],
  )
  const kept = await rolecall.rolecall.store.samlProviders.find('sealed')
  assert.ok(!JSON.stringify(kept).includes(Buffer.from('PRIVATE KEY').toString('base64').slice(0, 12)))
  assert.ok(!rolecall.logged().includes('PRIVATE KEY'))
})

await create('standing')
const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const { privateKey } = selfSigned('rolecall')
for (const [story, attempt, code, message] of [
  ['the same name', () => create('standing'), 'EntityAlreadyExists', /standing already exists/],
  [
    'a key that is none',
    () => create('a', { AddPrivateKey: 'secret' }),
    'InvalidInput',
    /^Invalid private key\.$/,
  ],
  [
    'a key of 1,024 bits',
    () => create('a', { AddPrivateKey: small }),
    'InvalidInput',
    /^Invalid private key\.$/,
  ],
  [
    'required encryption without a key',
    () => create('a', { AssertionEncryptionMode: 'Required' }),
    'InvalidInput',
    /no private key is provided/,
  ],
  ['an update of nothing', () => update('standing', {}), 'InvalidInput', /No updates are defined/],
  [
    'adding and removing at once',
    () => update('standing', { AddPrivateKey: privateKey, RemovePrivateKey: 'A'.repeat(26) }),
    'InvalidInput',
    /in the same request/,
  ],
  [
    'removing a key that is not there',
    () => update('standing', { RemovePrivateKey: 'A'.repeat(26) }),
    'InvalidInput',
    /does not match a private key/,
  ],
  [
    'a provider that is not there',
    () => update('absent', { SAMLMetadataDocument: metadata }),
    'NoSuchEntity',
    /./,
  ],
] as const) {
  test(`${story} is refused with ${code}`, async () => {
    const fault = await faultOf(attempt())
    assert.equal(fault.code, code)
    assert.match(fault.message, message)
  })
}

const padding = `<!-- ${'x'.repeat(1000)} -->`
for (const [story, document, what] of [
  ['that are no XML', 'x'.repeat(1000), /./],
  ['of a service provider', metadata.replaceAll('IDPSSODescriptor', 'SPSSODescriptor'), /IDPSSODescriptor/],
  [
    'without a certificate',
    metadata.replace(/<md:KeyDescriptor[\s\S]*<\/md:KeyDescriptor>/, padding),
    /X509Certificate/,
  ],
  [
    'with a certificate for encryption alone',
    metadata.replace('use="signing"', 'use="encryption"'),
    /X509Certificate/,
  ],
  [
    'with a certificate that is none',
    metadata.replace(/Certificate>[^<]+</, 'Certificate>AAAA<') + padding,
    /X509Certificate/,
  ],
  ['without an entity id', metadata.replace(/entityID="[^"]*"/, padding.replace(/.*/s, '')), /entityID/],
  ['with a document type', idp.metadata({ head: '<!DOCTYPE x [<!ENTITY a "b">]>' }), /document type/],
  ['whose end is no time', idp.metadata({ validUntil: 'tomorrow' }), /validUntil/],
] as const) {
  test(`metadata ${story} are refused, and said why`, async () => {
    const { code, message } = await faultOf(create('never', { SAMLMetadataDocument: document }))
    assert.equal(code, 'InvalidInput')
    assert.match(message, /^Could not parse metadata: /)
    assert.match(message, what)
  })
}

test('two changes at once are both made', async () => {
  await create('both')
  await Promise.all([
    update('both', { AddPrivateKey: privateKey }),
    update('both', { AddPrivateKey: privateKey }),
  ])
  assert.equal((await get('both')).PrivateKeyList?.length, 2)
})
