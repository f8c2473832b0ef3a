import assert from 'node:assert/strict'
import { KeyObject } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createOutbound, type Outbound } from '../../server/base/outbound.ts'
import { Refusal } from '../../server/base/refusal.ts'
import type { KeySource } from '../../server/tokens/fetch-key-set.ts'
import { createKeySetCache } from '../../server/tokens/key-set-cache.ts'
import { makeKey, publicJwk, startIssuer } from '../support/issuer.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** A cache over real calls to a real issuer, and a clock that only the test moves. */
async function start(context: TestContext, { timeoutMs = 5_000 }: { timeoutMs?: number } = {}) {
  let nowMs = Date.now()
  const clock = () => nowMs
  const warnings: object[] = []
  const outbound = createOutbound({ allowPrivate: () => false, allowLoopbackHttp: true, timeoutMs })
  const cache = createKeySetCache({ outbound, clock, log: { warn: facts => void warnings.push(facts) } })
  const issuer = await startIssuer({ clock })
  context.after(() => issuer.close())
  const source: KeySource = { issuer: issuer.url }
  return {
    issuer,
    source,
    cache,
    warnings,
    pass(ms: number) {
      nowMs += ms
    },
    /** What the cache answers, before anything is awaited. */
    ask: (kid: string | undefined = issuer.key.kid, from = source) => cache.findKey(from, 'RS256', kid),
  }
}

/** Waits for what happens in the background. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 2_000, 'it never happened')
    await sleep(5)
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof Refusal && error.reason === 'issuer.unreachable'
}

test('the first ask fetches, and all after it are answered at once, without a promise', async context => {
  const { ask, issuer } = await start(context)
  const first = ask()
  assert.ok(first instanceof Promise)
  const key = await first
  assert.ok(key?.equals(issuer.key.publicKey))
  for (let n = 0; n < 100; n++) assert.equal(ask(), key)
  assert.deepEqual(issuer.hits, { discovery: 1, jwks: 1 })
})

test('a key set whose place is known needs no discovery', async context => {
  const { ask, issuer } = await start(context)
  assert.ok(await ask(issuer.key.kid, { issuer: 'https://issuer.example', jwksUri: issuer.jwksUri }))
  assert.deepEqual(issuer.hits, { discovery: 0, jwks: 1 })
})

test('any number who ask at once share one fetch', async context => {
  const { ask, issuer } = await start(context)
  const keys = await Promise.all(Array.from({ length: 50 }, () => ask()))
  assert.equal(new Set(keys).size, 1)
  assert.deepEqual(issuer.hits, { discovery: 1, jwks: 1 })
})

test('a new key of the issuer’s is found with the first token that it signed', async context => {
  const { ask, pass, issuer } = await start(context)
  await ask()
  issuer.rotate()
  pass(10 * second)
  const key = await ask()
  assert.ok(key?.equals(issuer.key.publicKey))
  assert.equal(issuer.hits.jwks, 2)
})

test('a flood of junk kids has the set fetched once in ten seconds', async context => {
  const { ask, pass, issuer } = await start(context)
  await ask()
  pass(10 * second)
  await Promise.all(Array.from({ length: 200 }, (_, n) => ask(`junk-${n}`)))
  for (let n = 0; n < 200; n++) assert.equal(await ask(`more-junk-${n}`), undefined)
  assert.equal(issuer.hits.jwks, 2)
  pass(10 * second - 1)
  assert.equal(ask('junk'), undefined)
  assert.equal(issuer.hits.jwks, 2)
})

test('through a flood of junk kids a good new key fails for ten seconds at most', async context => {
  const { ask, pass, issuer } = await start(context)
  await ask()
  pass(10 * second)
  await ask('junk')
  issuer.rotate()
  for (let elapsed = 0; elapsed < 10 * second; elapsed += second) {
    assert.equal(await ask(`junk-${elapsed}`), undefined)
    assert.equal(await ask(), undefined, `after ${elapsed} ms`)
    pass(second)
  }
  assert.ok(await ask())
  assert.equal(issuer.hits.jwks, 3)
})

test('junk does not make the known keys wait', async context => {
  const { ask, pass, issuer } = await start(context)
  await ask()
  pass(10 * second)
  issuer.mood = 'silent'
  void Promise.resolve(ask('junk')).catch(() => {})
  assert.ok(ask() instanceof KeyObject)
})

test('after ten minutes a known key still serves at once while a fresh set is fetched', async context => {
  const { ask, pass, issuer } = await start(context)
  const key = await ask()
  pass(10 * minute - 1)
  assert.equal(ask(), key)
  assert.equal(issuer.hits.jwks, 1)
  pass(1)
  assert.equal(ask(), key)
  await until(() => issuer.hits.jwks === 2)
  assert.ok(ask() instanceof KeyObject)
  assert.equal(issuer.hits.jwks, 2)
})

test('a key that was withdrawn is gone with the next set', async context => {
  const { ask, pass, issuer } = await start(context)
  const { kid } = issuer.key
  await ask()
  issuer.rotate()
  pass(10 * minute)
  assert.ok(ask(kid), 'this one ask has it fetched')
  await until(() => ask(kid) === undefined)
})

test('a key that was withdrawn while nobody asked for hours does not pass once more', async context => {
  const { ask, pass, issuer } = await start(context)
  const { kid } = issuer.key
  await ask()
  issuer.rotate()
  pass(5 * hour)
  assert.equal(await ask(kid), undefined)
})

test('a failure hours ago is no reason to let a withdrawn key pass once more', async context => {
  const { ask, pass, issuer, warnings } = await start(context)
  const { kid } = issuer.key
  await ask()
  issuer.mood = 'down'
  pass(10 * minute)
  ask()
  await until(() => warnings.length === 1)
  issuer.mood = 'well'
  issuer.rotate()
  pass(5 * hour)
  assert.equal(await ask(kid), undefined)
})

for (const [cacheControl, freshMs] of [
  ['public, max-age=3600', hour],
  ['max-age=0', minute],
  ['no-store', 10 * minute],
  ['max-age=999999999', 24 * hour],
  ['s-maxage=7200', 10 * minute],
] as const) {
  test(`an issuer that says "${cacheControl}" is asked again after ${freshMs / minute} minutes`, async context => {
    const { ask, pass, issuer } = await start(context)
    issuer.cacheControl = cacheControl
    await ask()
    pass(freshMs - 1)
    ask()
    assert.equal(issuer.hits.jwks, 1)
    pass(1)
    ask()
    await until(() => issuer.hits.jwks === 2)
    assert.equal(issuer.hits.jwks, 2)
  })
}

test('known keys serve for a day beyond their freshness while the issuer is down, and no longer', async context => {
  const { ask, pass, issuer } = await start(context)
  await ask()
  issuer.mood = 'down'
  pass(10 * minute + 24 * hour - 1)
  assert.ok(await ask())
  pass(1)
  await assert.rejects(async () => ask(), isUnreachable)
})

test('once an issuer is known to be down, known keys serve without waiting for it', async context => {
  const { ask, pass, issuer } = await start(context)
  await ask()
  issuer.mood = 'down'
  pass(5 * hour)
  assert.ok(ask() instanceof Promise)
  assert.ok(await ask())
  pass(10 * second)
  assert.ok(ask() instanceof KeyObject)
})

test('a fetch that takes long is still the only one', async context => {
  const { ask, pass, issuer } = await start(context)
  issuer.mood = 'silent'
  const first = ask()
  await until(() => issuer.hits.discovery === 1)
  pass(11 * second)
  const later = ask()
  await sleep(50)
  assert.equal(issuer.hits.discovery, 1)
  await issuer.close()
  for (const asked of [first, later]) await assert.rejects(async () => asked, isUnreachable)
})

test('an issuer that is back serves again', async context => {
  const { ask, pass, issuer } = await start(context)
  await ask()
  issuer.mood = 'down'
  pass(30 * hour)
  await assert.rejects(async () => ask(), isUnreachable)
  issuer.mood = 'well'
  pass(10 * second)
  assert.ok(await ask())
  assert.equal(await ask('junk'), undefined, 'and is not held to be down any more')
})

test('an unknown kid while the issuer is down is not held against the token', async context => {
  const { ask, pass, issuer } = await start(context)
  await ask()
  issuer.mood = 'down'
  pass(10 * second)
  await assert.rejects(async () => ask('perhaps-new'), isUnreachable)
  await assert.rejects(async () => ask('perhaps-new'), isUnreachable, 'nor while it is too soon to ask')
  assert.ok(ask() instanceof KeyObject)
})

test('an issuer that is down is asked once in ten seconds, whoever asks', async context => {
  const { ask, pass, issuer, warnings } = await start(context)
  issuer.mood = 'down'
  for (let n = 0; n < 20; n++) await assert.rejects(async () => ask(), isUnreachable)
  assert.equal(issuer.hits.discovery, 1)
  assert.equal(warnings.length, 1)
  pass(10 * second)
  await assert.rejects(async () => ask(), isUnreachable)
  assert.equal(issuer.hits.discovery, 2)
})

test('two who are refused while the issuer is down get refusals of their own', async context => {
  const { ask, issuer } = await start(context)
  issuer.mood = 'down'
  const refusals = await Promise.all([1, 2].map(async () => ask()).map(asked => asked.catch(error => error)))
  assert.ok(refusals.every(isUnreachable))
  assert.notEqual(refusals[0], refusals[1], 'each carries notes of its own request')
})

test('one issuer that never answers keeps nobody else waiting', async context => {
  const { ask, issuer, cache } = await start(context, { timeoutMs: 200 })
  const other = await startIssuer()
  context.after(() => other.close())
  issuer.mood = 'silent'
  const waiting = Promise.resolve(ask()).catch(error => error)
  assert.ok(await cache.findKey({ issuer: other.url }, 'RS256', other.key.kid))
  assert.ok(isUnreachable(await waiting))
})

test('a key of one issuer is not found under another’s name', async context => {
  const { ask, issuer } = await start(context)
  const other = await startIssuer()
  context.after(() => other.close())
  await ask()
  assert.equal(await ask(issuer.key.kid, { issuer: other.url }), undefined)
})

for (const [story, spoilt] of [
  ['names another issuer', { issuer: 'https://accounts.google.com' }],
  ['names no issuer', { issuer: undefined }],
  ['names no key set', { jwks_uri: undefined }],
  ['has its key set inside our network', { jwks_uri: 'https://10.0.0.1/' }],
  ['has its key set at the metadata service', { jwks_uri: 'http://169.254.169.254/' }],
  ['has its key set in a file', { jwks_uri: 'file:///etc/passwd' }],
] as const) {
  test(`an issuer whose metadata ${story} is as good as down`, async context => {
    const { ask, issuer } = await start(context)
    Object.assign(issuer.metadata, spoilt)
    await assert.rejects(async () => ask(), isUnreachable)
    assert.equal(issuer.hits.jwks, 0)
  })
}

test('an issuer that calls itself by one slash more is another', async context => {
  const { ask, issuer } = await start(context)
  issuer.metadata.issuer = `${issuer.url}/`
  await assert.rejects(async () => ask(), isUnreachable)
})

test('what comes with an error status is no key set and no metadata, however good it looks', async context => {
  const { ask, issuer } = await start(context)
  issuer.mood = 'failing'
  await assert.rejects(async () => ask(), isUnreachable)
  const byUri = { issuer: issuer.url, jwksUri: issuer.jwksUri }
  await assert.rejects(async () => ask(issuer.key.kid, byUri), isUnreachable)
  assert.deepEqual(issuer.hits, { discovery: 1, jwks: 1 })
})

test('a document that holds no keys is as good as none', async context => {
  const { ask, issuer } = await start(context)
  issuer.metadata.jwks_uri = `${issuer.url}/.well-known/openid-configuration`
  await assert.rejects(async () => ask(), isUnreachable)
})

test('discovery and key set share one deadline', async context => {
  const { issuer, source } = await start(context)
  const signals: unknown[] = []
  const outbound: Outbound = {
    fetchText: () => assert.fail('not used'),
    async fetchJson(url, { signal } = {}) {
      signals.push(signal)
      return { status: 200, headers: {}, body: url === issuer.jwksUri ? issuer.jwks : issuer.metadata }
    },
  }
  assert.ok(await createKeySetCache({ outbound, clock: Date.now }).findKey(source, 'RS256', issuer.key.kid))
  const [first, second] = signals
  assert.ok(first instanceof AbortSignal && first === second)
})

test('keys of an https issuer never come over plain http', async context => {
  const { issuer } = await start(context)
  const metadata = { issuer: 'https://issuer.example', jwks_uri: issuer.jwksUri }
  const body = (url: string) => (url.startsWith('https:') ? metadata : issuer.jwks)
  const outbound: Outbound = {
    fetchText: () => assert.fail('not used'),
    fetchJson: async url => ({ status: 200, headers: {}, body: body(url) }),
  }
  const overHttps = createKeySetCache({ outbound, clock: Date.now })
  await assert.rejects(
    async () => overHttps.findKey({ issuer: metadata.issuer }, 'RS256', issuer.key.kid),
    isUnreachable,
  )
})

test('a key set that turns into junk does not displace the good one', async context => {
  const { ask, pass, issuer, warnings } = await start(context)
  const key = await ask()
  issuer.mood = 'junk'
  pass(10 * minute)
  ask()
  await until(() => warnings.length === 1)
  assert.equal(ask(), key)
})

test('a token without a kid finds the only key that suits it, and none where there is a choice', async context => {
  const { cache, issuer, source, pass } = await start(context)
  const elliptic = makeKey('ES256')
  issuer.jwks = { keys: [publicJwk(issuer.key), publicJwk(elliptic)] }
  assert.ok((await cache.findKey(source, 'RS256', undefined))?.equals(issuer.key.publicKey))
  assert.ok((await cache.findKey(source, 'ES256', undefined))?.equals(elliptic.publicKey))
  issuer.jwks.keys.push(publicJwk(makeKey('RS256')))
  pass(11 * minute)
  await cache.findKey(source, 'RS256', 'unknown')
  assert.equal(await cache.findKey(source, 'RS256', undefined), undefined)
})

test('a key is found only for an algorithm that it is bound to', async context => {
  const { cache, issuer, source } = await start(context)
  const elliptic = makeKey('ES256')
  issuer.jwks = { keys: [publicJwk(issuer.key), publicJwk(elliptic)] }
  assert.ok(await cache.findKey(source, 'RS256', issuer.key.kid))
  for (const [algorithm, kid] of [
    ['RS256', elliptic.kid],
    ['ES256', issuer.key.kid],
    ['ES384', elliptic.kid],
    ['RS512', issuer.key.kid],
  ] as const) {
    assert.equal(await cache.findKey(source, algorithm, kid), undefined, `${algorithm} ${kid}`)
  }
})
