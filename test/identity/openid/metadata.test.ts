import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOutbound } from '../../../server/base/outbound.ts'
import type { OidcClient } from '../../../server/identity/openid/client.ts'
import { createMetadataCache } from '../../../server/identity/openid/metadata.ts'
import { type RogueProvider, sendJson, startRogueProvider } from '../../support/openid-provider.ts'
import { refusalOf } from '../../support/refusal-of.ts'

let nowMs = Date.now()
const clock = () => nowMs
const outbound = createOutbound({ allowPrivate: () => false, allowLoopbackHttp: true })
const impatient = createOutbound({ allowPrivate: () => false, allowLoopbackHttp: true, timeoutMs: 100 })
const discoveryPath = '/.well-known/openid-configuration'
const clientOf = (issuer: string): OidcClient => ({
  name: 'rogue',
  title: 'Rogue',
  issuer,
  clientId: 'rolecall',
  clientSecret: 'secret',
  scopes: 'openid',
})

async function start(path = ''): Promise<{ rogue: RogueProvider; metadataOf: () => Promise<object> }> {
  const rogue = await startRogueProvider()
  return { rogue, metadataOf: createMetadataCache(clientOf(rogue.url + path), outbound, clock) }
}

test('metadata serve for an hour, and many who ask at once cause one fetch', async () => {
  const { rogue, metadataOf } = await start()
  await Promise.all(Array.from({ length: 20 }, metadataOf))
  nowMs += 3_599_000
  await metadataOf()
  assert.equal(rogue.hits[discoveryPath], 1)
  nowMs += 1_000
  await metadataOf()
  assert.equal(rogue.hits[discoveryPath], 2)
})

test('a failure is remembered for ten seconds, and then it is tried again', async () => {
  const { rogue, metadataOf } = await start()
  rogue.discovery = (_request, response) => response.writeHead(404).end()
  for (let n = 0; n < 5; n++) await assert.rejects(metadataOf())
  nowMs += 9_999
  await assert.rejects(metadataOf())
  assert.equal(rogue.hits[discoveryPath], 1)
  rogue.discovery = undefined
  nowMs += 1
  await metadataOf()
  assert.equal(rogue.hits[discoveryPath], 2)
})

test('while the provider is down, old metadata serve for a day', async () => {
  const { rogue, metadataOf } = await start()
  const known = await metadataOf()
  rogue.discovery = request => request.socket.destroy()
  nowMs += 24 * 3_600_000 - 1
  assert.deepEqual(await metadataOf(), known)
  nowMs += 20_000
  await assert.rejects(metadataOf())
})

test('an issuer with a path has its metadata below that', async () => {
  const { rogue, metadataOf } = await start('/realms/corp')
  rogue.metadata.issuer = `${rogue.url}/realms/corp`
  await metadataOf()
  assert.deepEqual(Object.keys(rogue.hits), [`/realms/corp${discoveryPath}`])
})

test('a provider that does not say which PKCE methods it knows is taken', async () => {
  const { rogue, metadataOf } = await start()
  delete rogue.metadata.code_challenge_methods_supported
  await metadataOf()
})

for (const [story, spoil] of [
  ['name another issuer', rogue => change(rogue, { issuer: 'https://other.example' })],
  ['name the issuer with a slash more', rogue => change(rogue, { issuer: `${rogue.url}/` })],
  ['name no issuer', rogue => change(rogue, { issuer: undefined })],
  [
    'offer PKCE without S256 (downgrade)',
    rogue => change(rogue, { code_challenge_methods_supported: ['plain'] }),
  ],
  ['offer no PKCE at all', rogue => change(rogue, { code_challenge_methods_supported: [] })],
  ['offer PKCE in a text', rogue => change(rogue, { code_challenge_methods_supported: 'S256 plain' })],
  ['send people to a script', rogue => change(rogue, { authorization_endpoint: 'javascript:alert(1)' })],
  ['send people nowhere', rogue => change(rogue, { authorization_endpoint: undefined })],
  ['have codes redeemed from a file', rogue => change(rogue, { token_endpoint: 'file:///etc/passwd' })],
  ['are no JSON', rogue => answer(rogue, '<html>')],
  ['are too large', rogue => answer(rogue, `{"issuer":"${rogue.url}","x":"${'x'.repeat(300_000)}"}`)],
  ['are a list', rogue => answer(rogue, '[]')],
  [
    'are elsewhere',
    rogue => {
      rogue.discovery = (_request, response) =>
        response.writeHead(302, { location: `${rogue.url}/elsewhere` }).end()
    },
  ],
  [
    'come with an error',
    rogue => {
      rogue.discovery = (_request, response) => sendJson(response, rogue.metadata, 500)
    },
  ],
] as [string, (rogue: RogueProvider) => void][]) {
  test(`metadata that ${story} are refused`, async () => {
    const { rogue, metadataOf } = await start()
    spoil(rogue)
    const { reason, detail } = await refusalOf(metadataOf())
    assert.equal(reason, 'issuer.unreachable')
    assert.ok(detail?.startsWith(`metadata of ${rogue.url}: `) && !detail.endsWith('undefined'), detail)
  })
}

test('metadata that never come are waited for no longer than any other answer', async () => {
  const { rogue } = await start()
  rogue.discovery = () => {}
  const { reason } = await refusalOf(createMetadataCache(clientOf(rogue.url), impatient, clock)())
  assert.equal(reason, 'issuer.unreachable')
})

test('what https vouches for does not come to depend on plain http', async () => {
  const issuer = 'https://idp.example'
  const metadata = { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: 'http://127.0.0.1/token' }
  const stubbed = {
    ...outbound,
    fetchText: async () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    }),
  }
  const { detail } = await refusalOf(createMetadataCache(clientOf(issuer), stubbed, clock)())
  assert.match(detail ?? '', /token_endpoint is not https/)
})

function change({ metadata }: RogueProvider, more: object): void {
  Object.assign(metadata, more)
}

function answer(rogue: RogueProvider, body: string): void {
  rogue.discovery = (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
}
