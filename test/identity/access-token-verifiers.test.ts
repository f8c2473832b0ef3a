import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessTokenKind } from '../../server/base/access-token-providers.ts'
import type { Outbound } from '../../server/base/outbound.ts'
import { type Reason, Refusal } from '../../server/base/refusal.ts'
import { createAccessTokenVerifiers } from '../../server/identity/access-token-verifiers.ts'
import { ada, appId, clientId } from '../support/amazon.ts'

const nowMs = 1_900_000_000_000
const facebook = {
  appId: '123',
  appSecret: 'secret',
  dialogUrl: 'https://facebook.example/dialog',
  graphUrl: 'https://graph.example',
  graphVersion: 'v1.0',
}
const amazon = {
  clientId,
  clientSecret: 'secret',
  authorizationUrl: 'https://amazon.example/ap/oa',
  apiUrl: 'https://api.amazon.example',
}
const good = { facebook: 'good', amazon: 'Atza|good' } as const
const kinds = ['facebook', 'amazon'] as const
const network = '192.0.2.1'

const graph = {
  debug: { is_valid: true, app_id: '123', type: 'USER', user_id: '1', expires_at: 0 },
  me: { id: '1', name: 'Ada' },
}
const amazonInfo = {
  aud: clientId,
  iss: 'https://www.amazon.com',
  exp: 60,
  user_id: ada.user_id,
  app_id: appId,
}

type Settings = Parameters<typeof createAccessTokenVerifiers>[0]['config']

/** Providers that take the good tokens and no others, and what they were asked. */
function start(config: Partial<Settings> = { facebook, amazon }, standIns = {}) {
  const asked: string[] = []
  const answer = (url: URL, token: string) => {
    if (url.pathname.endsWith('/debug_token'))
      return token === good.facebook ? { data: graph.debug } : { data: { is_valid: false } }
    if (url.pathname.endsWith('/me')) return graph.me
    if (url.pathname === '/auth/o2/tokeninfo') return token === good.amazon ? amazonInfo : {}
    return ada
  }
  const fetchJson: Outbound['fetchJson'] = async written => {
    const url = new URL(written)
    asked.push(url.host)
    const token = url.searchParams.get('input_token') ?? url.searchParams.get('access_token') ?? ''
    return { status: 200, headers: new Headers(), body: answer(url, token) } as never
  }
  const outbound: Outbound = { fetchJson, fetchText: () => assert.fail('nothing is asked for as text') }
  const all = { demo: false, publicUrl: 'https://login.example', ...config }
  return {
    verify: createAccessTokenVerifiers({ config: all, standIns, outbound, clock: () => nowMs }),
    asked,
  }
}

const refusedWith = (reason: Reason) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error))
  assert.equal(error.reason, reason, error.detail)
  return true
}
const junk = (kind: AccessTokenKind, n: number) => `${kind === 'amazon' ? 'Atza|' : ''}junk-${n}`

test('each provider is asked about its own tokens, and no other about them', async () => {
  const { verify, asked } = start()
  assert.equal((await verify('facebook', good.facebook, network)).issuer, 'graph.facebook.com')
  assert.deepEqual([...new Set(asked.splice(0))], ['graph.example'])
  assert.equal((await verify('amazon', good.amazon, network)).issuer, 'www.amazon.com')
  assert.deepEqual([...new Set(asked)], ['api.amazon.example'])
})

for (const [kind, config] of [
  ['facebook', { amazon }],
  ['amazon', { facebook }],
] as const) {
  test(`where ${kind} is not set up nobody is asked about its tokens`, async () => {
    const { verify, asked } = start(config)
    for (const sourceIp of [network, undefined])
      await assert.rejects(verify(kind, good[kind], sourceIp), refusedWith('token.providerUnknown'))
    assert.deepEqual(asked, [])
  })
}

for (const [kind, other] of [kinds, kinds.toReversed()] as [AccessTokenKind, AccessTokenKind][]) {
  test(`junk for ${kind} uses up what a network may ask of it, and nothing of what it may ask of ${other}`, async () => {
    const { verify, asked } = start()
    for (let n = 0; n < 20; n++)
      await assert.rejects(verify(kind, junk(kind, n), network), refusedWith('token.rejected'))
    assert.equal(asked.length, 20)
    await assert.rejects(verify(kind, good[kind], network), refusedWith('request.throttled'))
    assert.equal(asked.length, 20)
    assert.equal((await verify(other, good[other], network)).kind, other)
    assert.equal((await verify(kind, good[kind], '198.51.100.1')).kind, kind)
    assert.equal((await verify(kind, good[kind], undefined)).kind, kind, 'the answer of the provider itself')
  })
}

for (const kind of kinds) {
  test(`what ${kind} has refused it is not asked about again at once`, async () => {
    const { verify, asked } = start()
    for (const sourceIp of [network, network, '198.51.100.1'])
      await assert.rejects(verify(kind, junk(kind, 0), sourceIp), refusedWith('token.rejected'))
    assert.equal(asked.length, 1)
  })
}

test('a text that one provider refused is still asked of the one whose token it is', async () => {
  const { verify } = start()
  await assert.rejects(verify('facebook', good.amazon, network), refusedWith('token.rejected'))
  assert.equal((await verify('amazon', good.amazon, network)).subject, ada.user_id)
})

test('whom a stand-in vouches for is marked so, and a Facebook that is set up takes its place', async () => {
  const standIns = { facebook: { ...facebook, graphUrl: 'http://127.0.0.1:1' } }
  const stood = start({}, standIns)
  assert.equal((await stood.verify('facebook', good.facebook, network)).demo, true)
  assert.deepEqual([...new Set(stood.asked)], ['127.0.0.1:1'])
  const real = start({ facebook }, standIns)
  assert.equal((await real.verify('facebook', good.facebook, network)).demo, false)
  assert.deepEqual([...new Set(real.asked)], ['graph.example'])
})
