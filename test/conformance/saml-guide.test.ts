import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as iamCommands from '@aws-sdk/client-iam'
import { GetRoleCommand } from '@aws-sdk/client-iam'
import * as stsCommands from '@aws-sdk/client-sts'
import { settingNames } from '../../server/settings.ts'
import { faultOf } from '../support/aws-calls.ts'
import { isolatedAwsCli, whyNoAwsCli } from '../support/aws-cli.ts'
import { arrive, createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { startRolecall, type TestRolecall } from '../support/rolecall.ts'
import { createSamlIdp, encode, readAuthnRequest, selfSigned } from '../support/saml-idp.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Holds docs/guides/saml.md to the service: its commands, documents, addresses and attributes are read out of it. */
const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/saml.md'), 'utf8')

function sectionOf(heading: string): string {
  const [, section] = guide.split(`\n## ${heading}\n`)
  assert.ok(section, `the guide has a section ${heading}`)
  return section.split('\n## ')[0] ?? ''
}

/** The page's placeholders, as what they are here. */
const fill = (text: string, { url, accountId }: TestRolecall) =>
  text.replace(/\$?\bACCOUNT\b/g, accountId).replaceAll('https://login.example', url)

const commandsOf = (heading: string) =>
  [...sectionOf(heading).matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block = '']) =>
    block.split('\n').filter(line => line.startsWith('aws ')),
  )

/** The attributes that a table of the section names, each with what stands beside it. */
const attributesOf = (heading: string) =>
  [...sectionOf(heading).matchAll(/^\| `((?:https?|urn):[^`]+)` \| (.*?) \|/gm)].map(
    ([, name = '', beside = '']) => [name, beside.replace(/^`(.*)`$/, '$1')] as const,
  )

const sent = attributesOf('What it sends')
const providers = ['Keycloak', 'Entra ID', 'Okta', 'Google Workspace']

type Run = (line: string) => Promise<unknown>

/** The parameters that the guide's commands have, in the SDK's spelling. */
const parameters = [
  ...[
    'Name',
    'SAMLMetadataDocument',
    'RoleName',
    'MaxSessionDuration',
    'AssumeRolePolicyDocument',
    'PolicyName',
  ],
  ...['PolicyDocument', 'SAMLProviderArn', 'AssertionEncryptionMode', 'AddPrivateKey'],
  ...['RoleArn', 'PrincipalArn', 'SAMLAssertion', 'DurationSeconds'],
]

const isNamed = (words: string) => (name: string) =>
  name.toLowerCase() === words.replaceAll('-', '').toLowerCase()

/** The same call by the SDK, for where there is no CLI. */
function createSdkRunner(rolecall: TestRolecall, folder: string): Run {
  return async line => {
    const [, service = '', action = '', ...options] = fill(line, rolecall).replaceAll('"', '').split(' ')
    const commands: Record<string, unknown> = service === 'iam' ? { ...iamCommands } : { ...stsCommands }
    const name = Object.keys(commands).find(isNamed(`${action}command`))
    assert.ok(name, `there is a command for ${action}`)
    const input: Record<string, string | number> = {}
    for (let at = 0; at < options.length; at += 2) {
      const parameter = parameters.find(isNamed(options[at]?.slice(2) ?? ''))
      assert.ok(parameter, `there is a parameter for ${options[at]}`)
      const value = options[at + 1] ?? ''
      const [, file] = /^file:\/\/(.*)$/.exec(value) ?? []
      const text = file === undefined ? value : readFileSync(join(folder, file), 'utf8')
      input[parameter] = /^\d+$/.test(value) ? Number(value) : text
    }
    const Command = commands[name] as new (input: object) => never
    return service === 'iam'
      ? rolecall.iam().send(new Command(input))
      : rolecall.sts().send(new Command(input))
  }
}

function createCliRunner(rolecall: TestRolecall, folder: string): Run {
  const aws = isolatedAwsCli(`http://127.0.0.1:${rolecall.port}`)
  const { accessKeyId, secretAccessKey } = rolecall.rootKeys
  const owner = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  return line => {
    const words = fill(line, rolecall)
      .replaceAll('"', '')
      .replaceAll('file://', `file://${folder}/`)
      .split(' ')
    return aws(words.slice(1), owner)
  }
}

for (const { by, skip, createRunner } of [
  { by: 'the SDK', skip: false, createRunner: createSdkRunner },
  { by: 'the AWS CLI', skip: await whyNoAwsCli(), createRunner: createCliRunner },
]) {
  describe(`the guide, followed with ${by}`, { skip }, () => {
    test('ends in a role, in the browser from either side and on the wire', async () => {
      const rolecall = await startRolecall({ ROLECALL_SAML_IDP_INITIATED: 'on' })
      const folder = temporaryFolder()
      const run = createRunner(rolecall, folder)
      const idp = createSamlIdp()
      const own = selfSigned('rolecall')
      writeFileSync(join(folder, 'metadata.xml'), idp.metadata({ wantsSignedRequests: 'true' }))
      writeFileSync(join(folder, 'key.pem'), own.privateKey)
      for (const [, name = '', json = ''] of guide.matchAll(/`(\w+\.json)`:\n\n```json\n([^`]*)```/g))
        writeFileSync(join(folder, name), fill(json, rolecall))

      const [create, , , update] = commandsOf('What Rolecall is told of the provider')
      for (const command of commandsOf('What Rolecall is told of the provider')) await run(command)
      assert.match(create ?? '', /create-saml-provider/)
      assert.match(update ?? '', /update-saml-provider/)

      const attributes = Object.fromEntries(sent.map(([name, value]) => [name, [fill(value, rolecall)]]))
      const meant = {
        recipient: fill('https://login.example/saml/acs', rolecall),
        audience: fill('https://login.example/saml/metadata', rolecall),
        attributes,
      }
      const [onTheWire = ''] = commandsOf('From a program')
      writeFileSync(join(folder, 'response.txt'), encode(await idp.respond(meant)))
      const assumed = Object(await run(onTheWire))
      assert.equal(assumed.SourceIdentity, 'ada')
      const { AccessKeyId, SecretAccessKey, SessionToken } = assumed.Credentials
      const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
      assert.ok((await rolecall.iam(keys).send(new GetRoleCommand({ RoleName: 'developer' }))).Role)

      const otherTeam = {
        ...attributes,
        'https://aws.amazon.com/SAML/Attributes/PrincipalTag:team': ['sales'],
      }
      writeFileSync(
        join(folder, 'response.txt'),
        encode(await idp.respond({ ...meant, attributes: otherTeam })),
      )
      const { Credentials: sales } = Object(await run(onTheWire))
      const salesKeys = {
        accessKeyId: sales.AccessKeyId,
        secretAccessKey: sales.SecretAccessKey,
        sessionToken: sales.SessionToken,
      }
      const refused = rolecall.iam(salesKeys).send(new GetRoleCommand({ RoleName: 'developer' }))
      assert.equal((await faultOf(refused)).code, 'AccessDenied')

      for (const encryptFor of ['', own.certificate]) {
        if (encryptFor !== '') for (const command of commandsOf('Encrypted assertions')) await run(command)
        const more = encryptFor === '' ? {} : { encryptFor }
        const browser = createHttpBrowser()
        const form = { SAMLResponse: encode(await idp.respond({ ...meant, ...more })) }
        const fromElsewhere = { origin: 'https://idp.example' }
        for (const leave of [
          () => browser.get(fill('https://login.example/sign-in/saml/corp', rolecall)),
          () => browser.post(meant.recipient, form, fromElsewhere),
        ]) {
          const location = locationOf(await leave()) ?? assert.fail('no redirect')
          assert.ok(location.searchParams.has('Signature'), location.href)
          const { id, relayState } = readAuthnRequest(location)
          const xml = await idp.respond({ ...meant, ...more, inResponseTo: id })
          const answer = { SAMLResponse: encode(xml), RelayState: relayState }
          const back = await arrive(browser, await browser.post(meant.recipient, answer, fromElsewhere))
          assert.equal(back.headers.get('location'), '/roles')
          const page = await (await browser.get(`${rolecall.url}/roles`)).text()
          assert.match(page, /Ada Lovelace/)
          assert.match(page, /<option value="5400" selected>/)
        }
      }
    })
  })
}

test('the addresses that providers are told are those of our metadata', async () => {
  const rolecall = await startRolecall()
  const told = fill(sectionOf('What the provider is told of Rolecall'), rolecall)
  const [, metadata = ''] = /^\| metadata \| `([^`]*)`/m.exec(told) ?? []
  const [, entityId = ''] = /^\| entity ID [^|]*\| `([^`]*)`/m.exec(told) ?? []
  const [, acs = ''] = /^\| assertion consumer [^|]*\| `([^`]*)`/m.exec(told) ?? []
  const xml = await (await fetch(metadata)).text()
  assert.ok(xml.includes(`entityID="${entityId}"`))
  assert.ok(xml.includes(`Location="${acs}"`))
})

for (const provider of providers) {
  test(`what ${provider} is set up to send is among what Rolecall reads, and all that it must have`, () => {
    const names = attributesOf(provider).map(([name]) => name)
    const known = sent.map(([name]) => name)
    for (const name of names) assert.ok(known.includes(name), name)
    assert.deepEqual(names.slice(0, 2), known.slice(0, 2))
    assert.equal(new Set(names).size, names.length)
  })
}

test('every setting and every reason that the guide names is one', () => {
  for (const [name] of guide.matchAll(/ROLECALL_[A-Z_]+/g)) assert.ok(settingNames.includes(name), name)
  const reasons = readFileSync(join(import.meta.dirname, '../../server/base/refusal.ts'), 'utf8')
  for (const [, reason] of sectionOf('When it does not work').matchAll(/`((?:token|signIn)\.\w+)`/g))
    assert.ok(reasons.includes(`'${reason}'`), reason)
})
