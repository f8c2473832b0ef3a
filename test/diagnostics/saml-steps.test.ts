import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithSAMLCommand } from '@aws-sdk/client-sts'
import { findProviders } from '../../server/diagnostics/test-provider.ts'
import { startRolecall } from '../support/rolecall.ts'
import { awsAttributes, createSamlIdp, encode } from '../support/saml-idp.ts'
import { openForTest, textOf, walk } from './open-for-test.ts'

const day = 86_400_000
const rolecall = await startRolecall()
const { url, accountId } = rolecall
const idp = createSamlIdp()
const arnOf = (name: string) => `arn:aws:iam::${accountId}:saml-provider/${name}`
const register = (Name: string, SAMLMetadataDocument: string, more: object = {}) =>
  rolecall.iam().send(new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument, ...more }))
const validUntil = new Date(Date.now() + 60 * day).toISOString()
await register('corp', idp.metadata({ validUntil }))
await register('soap', idp.metadata().replace('HTTP-Redirect', 'SOAP'))
await register('sealed', idp.metadata(), {
  AssertionEncryptionMode: 'Required',
  AddPrivateKey: idp.privateKey,
})
const trust = { Effect: 'Allow', Principal: { Federated: arnOf('corp') }, Action: 'sts:AssumeRoleWithSAML' }
const dev = await rolecall.createRole('dev', { Version: '2012-10-17', Statement: trust })
await rolecall.createRole('ops', { Version: '2012-10-17', Statement: trust })
const deps = await openForTest({ ROLECALL_DATA_DIR: rolecall.dataDir, ROLECALL_PUBLIC_URL: url })

const [recipient, audience] = [`${url}/saml/acs`, `${url}/saml/metadata`]
const attributes = awsAttributes([dev], arnOf('corp'), 'ada')

test('a SAML provider that is well has no problem, and what its operator needs is told', async () => {
  const { wrong, step } = await walk('corp', deps)
  assert.deepEqual(wrong, [])
  assert.match(step('Metadata').says, /^Of https:\/\/idp\.example\/saml, valid for 59 days\.$/)
  assert.match(step('Us, over there').says, new RegExp(`${recipient} by POST; .* ${audience}$`))
  // idp.example is nowhere.
  assert.match(step('Clock').says, /can’t be asked from here, and need not be/)
})

test('it is found by its name, by kind and name, and by its ARN', async () => {
  for (const name of ['corp', 'saml/corp', arnOf('corp')]) {
    assert.deepEqual(
      (await findProviders(name, deps)).map(one => one.name),
      ['corp'],
    )
  }
})

test('metadata that expire soon, or have, are told', async () => {
  const at = (days: number) => walk('corp', { ...deps, clock: () => Date.now() + days * day })
  assert.deepEqual((await at(45)).wrong, ['warning: Metadata'])
  const { step } = await at(62)
  assert.match(textOf(step('Metadata')), /expired 2 days ago, and no response is taken\. → Fetch/)
  assert.equal(step('Metadata').outcome, 'problem')
})

test('a signing certificate that has expired is a warning, since its key still counts', async () => {
  const { step } = await walk('corp', { ...deps, clock: () => Date.now() + 3660 * day })
  assert.equal(step('Signing certificate').outcome, 'warning')
  assert.match(
    textOf(step('Signing certificate')),
    /expired \d+ days ago\. Its key still counts.* → .*update-saml-provider/,
  )
})

test('a provider that browsers can’t be sent to is told that the sign-in page leaves it out', async () => {
  assert.deepEqual((await walk('soap', deps)).wrong, ['warning: Single sign-on'])
})

test('a private key that another master key sealed is a problem', async () => {
  assert.deepEqual((await walk('sealed', deps)).wrong, [])
  const other = await openForTest({
    ROLECALL_DATA_DIR: rolecall.dataDir,
    ROLECALL_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
  })
  const { step } = await walk('sealed', other)
  assert.match(textOf(step('Encryption')), /1 of 1 private keys can’t be opened\. → .*ROLECALL_MASTER_KEY/)
})

test('a sample response is verified, its roles are told, and it is not used up', async () => {
  const xml = await idp.respond({ recipient, audience, attributes })
  for (const proof of [xml, encode(xml)]) {
    const { wrong, step } = await walk('corp', deps, { proof })
    assert.deepEqual(wrong, [])
    assert.match(step('Sample SAML response').says, /^Good: subject ada of arn:aws:iam/)
    assert.equal(step('Roles').says, `May have: ${dev}`)
    assert.match(step('Role ops').says, /the proof is for other roles/)
  }
  const asked = { RoleArn: dev, PrincipalArn: arnOf('corp'), SAMLAssertion: encode(xml) }
  assert.ok((await rolecall.sts().send(new AssumeRoleWithSAMLCommand(asked))).Credentials)
})

for (const [story, more, text] of [
  [
    'meant for another service',
    { audience: 'https://other.example' },
    /token\.audienceWrong.*Audience is https:\/\/other\.example.*→.*\/saml\/metadata/,
  ],
  ['of an hour ago', { issuedAtMs: -3_600_000 }, /token\.expired/],
  ['without a signature', { signed: 'none' }, /token\.signatureWrong/],
  ['by another key', {}, /token\.signatureWrong.*→.*update the metadata/],
] as const) {
  test(`a sample response ${story} is refused and explained`, async () => {
    const by = story === 'by another key' ? createSamlIdp() : idp
    const proof = encode(await by.respond({ recipient, audience, attributes, ...more }))
    assert.match(textOf((await walk('corp', deps, { proof })).step('Sample SAML response')), text)
  })
}
