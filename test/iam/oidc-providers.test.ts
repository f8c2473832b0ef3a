import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  type CreateOpenIDConnectProviderCommandInput,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  ListOpenIDConnectProvidersCommand,
} from '@aws-sdk/client-iam'
import { assumeRole, faultOf } from '../support/aws-calls.ts'
import { audience, startIssuer } from '../support/issuer.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
const arnOf = (urlPath: string) => `arn:aws:iam::${accountId}:oidc-provider/${urlPath}`

const create = (asked: CreateOpenIDConnectProviderCommandInput) =>
  iam.send(new CreateOpenIDConnectProviderCommand(asked))
const get = (arn: string) => iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }))
const remove = (arn: string) =>
  iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }))
const list = async () => {
  const { OpenIDConnectProviderList = [] } = await iam.send(new ListOpenIDConnectProvidersCommand())
  return OpenIDConnectProviderList.map(({ Arn }) => Arn)
}

test('a provider is made, read back without its scheme, listed, and deleted', async () => {
  const before = Math.floor(Date.now() / 1000) * 1000
  const tags = [{ Key: 'team', Value: 'blue' }]
  const thumbprint = 'ab'.repeat(20)
  const { $metadata: _, ...made } = await create({
    Url: 'https://gitlab.example/group',
    ClientIDList: ['one', 'two', 'one'],
    ThumbprintList: [thumbprint],
    Tags: tags,
  })
  const arn = arnOf('gitlab.example/group')
  assert.deepEqual(made, { OpenIDConnectProviderArn: arn, Tags: tags })

  const { $metadata, CreateDate, ...read } = await get(arn)
  assert.deepEqual(read, {
    Url: 'gitlab.example/group',
    ClientIDList: ['one', 'two'],
    ThumbprintList: [thumbprint],
    Tags: tags,
  })
  assert.ok(CreateDate && CreateDate.getTime() >= before && CreateDate.getTime() <= Date.now())

  await create({ Url: 'https://another.example' })
  assert.deepEqual(await list(), [arnOf('another.example'), arn])
  await remove(arn)
  await remove(arnOf('another.example'))
  assert.deepEqual(await list(), [])
})

test('a provider of nothing but its address has empty lists, and no tags', async () => {
  const { $metadata: _, ...made } = await create({ Url: 'https://bare.example' })
  assert.deepEqual(made, { OpenIDConnectProviderArn: arnOf('bare.example') })
  const { $metadata, CreateDate, ...read } = await get(arnOf('bare.example'))
  assert.deepEqual(read, { Url: 'bare.example', ClientIDList: [], ThumbprintList: [] })
})

test('an address is registered once, with and without a slash at its end', async () => {
  await create({ Url: 'https://twice.example' })
  for (const Url of ['https://twice.example', 'https://twice.example/']) {
    const { code, status, message } = await faultOf(create({ Url }))
    assert.deepEqual([code, status], ['EntityAlreadyExists', 409])
    assert.match(message, /^Provider with url https:\/\/twice\.example\/? already exists\.$/)
  }
})

for (const arn of [
  arnOf('nobody.example'),
  'arn:aws:iam::999999999999:oidc-provider/bare.example',
  `arn:aws:iam:us-east-1:${accountId}:oidc-provider/bare.example`,
  `arn:aws:iam::${accountId}:role/bare.example`,
  `arn:aws:iam::${accountId}:oidc-provider/`,
  'not an arn but long enough for one',
]) {
  test(`${arn} is found nowhere: NoSuchEntity`, async () => {
    assert.deepEqual(await faultOf(get(arn)), {
      code: 'NoSuchEntity',
      status: 404,
      message: `OpenIDConnect Provider not found for arn ${arn}`,
      type: 'Sender',
    })
  })
}

test('deleting a provider that is not there is no error: whoever asks twice is answered twice', async () => {
  const { $metadata } = await remove(arnOf('nobody.example'))
  assert.equal($metadata.httpStatusCode, 200)
})

for (const [story, Url] of [
  ['over plain http', 'http://issuer.example'],
  ['with another scheme', 'ftp://issuer.example'],
  ['without a scheme', 'issuer.example'],
  ['with a query', 'https://issuer.example/?tenant=1'],
  ['with an empty query', 'https://issuer.example/?'],
  ['with a fragment', 'https://issuer.example/#a'],
  ['with an empty fragment', 'https://issuer.example#'],
  ['with a user in front', 'https://user:password@issuer.example'],
  ['in capital letters', 'https://ISSUER.example'],
  ['with the port that goes without saying', 'https://issuer.example:443'],
  ['with steps up its path', 'https://issuer.example/a/../b'],
  ['with a blank in front', ' https://issuer.example'],
  ['with a line end behind it', 'https://issuer.example\n'],
] as const) {
  test(`an address ${story} is not registered`, async () => {
    const { code, status, message } = await faultOf(create({ Url }))
    assert.deepEqual([code, status], ['ValidationError', 400])
    assert.match(message, /^Invalid Open ID Connect Provider URL/)
  })
}

const clients = (count: number) => Array.from({ length: count }, (_, n) => `client-${n}`)
const thumbprints = (count: number) => Array.from({ length: count }, () => 'ab'.repeat(20))

for (const [story, more, code, message] of [
  ['101 clients', { ClientIDList: clients(101) }, 'LimitExceeded', /ClientIdsPerOpenIdConnectProvider: 100$/],
  ['6 thumbprints', { ThumbprintList: thumbprints(6) }, 'InvalidInput', /5 entries/],
  ['an empty client', { ClientIDList: [''] }, 'ValidationError', /greater than or equal to 1$/],
  ['a client of 256 characters', { ClientIDList: ['c'.repeat(256)] }, 'ValidationError', /or equal to 255$/],
  ['a thumbprint of 39 characters', { ThumbprintList: ['a'.repeat(39)] }, 'ValidationError', /equal to 40$/],
  ['a thumbprint that is no hash', { ThumbprintList: ['z'.repeat(40)] }, 'ValidationError', /pattern/],
  ['a tag of AWS’s own', { Tags: [{ Key: 'aws:x', Value: 'y' }] }, 'InvalidInput', /^aws: prefixed/],
] as const) {
  test(`a provider with ${story} is not made: ${code}`, async () => {
    const asked = structuredClone(more) as Partial<CreateOpenIDConnectProviderCommandInput>
    const fault = await faultOf(create({ Url: 'https://crowded.example', ...asked }))
    assert.equal(fault.code, code)
    assert.equal(fault.status, code === 'LimitExceeded' ? 409 : 400)
    assert.match(fault.message, message)
    assert.equal((await faultOf(get(arnOf('crowded.example')))).code, 'NoSuchEntity')
  })
}

test('a provider with 100 clients of up to 255 characters, and 5 thumbprints, is made', async () => {
  const ClientIDList = [...clients(99), 'c'.repeat(255)]
  await create({ Url: 'https://full.example', ClientIDList, ThumbprintList: thumbprints(5) })
  const read = await get(arnOf('full.example'))
  assert.deepEqual(read.ClientIDList, ClientIDList)
})

test('an address of 255 characters is registered, one of 256 is not', async () => {
  const url = (length: number) => 'https://long.example/'.padEnd(length, 'x')
  assert.ok((await create({ Url: url(255) })).OpenIDConnectProviderArn)
  const { code, message } = await faultOf(create({ Url: url(256) }))
  assert.equal(code, 'ValidationError')
  assert.match(message, /less than or equal to 255$/)
})

test('a provider that is deleted vouches for nobody any more, from that moment on', async context => {
  const issuer = await startIssuer()
  context.after(() => issuer.close())
  const role = await rolecall.createRole('theirs', trusting(accountId, issuer))
  const { message: before } = await faultOf(assumeRole(rolecall, role, issuer.sign()))
  assert.equal(before, `No OpenIDConnect provider found in your account for ${issuer.url}`)
  const { OpenIDConnectProviderArn: arn = '' } = await create({ Url: issuer.url, ClientIDList: [audience] })
  assert.ok((await assumeRole(rolecall, role, issuer.sign())).Credentials)
  await remove(arn)
  const { code, message } = await faultOf(assumeRole(rolecall, role, issuer.sign()))
  assert.deepEqual([code, message], ['InvalidIdentityToken', before])
})
