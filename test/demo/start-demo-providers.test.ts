import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import test from 'node:test'
import { startDemoProviders } from '../../server/demo/start-demo-providers.ts'
import { callback, startForTest } from './start-for-test.ts'

const log = { info() {}, warn() {} }

test('asked for in production, the stand-ins refuse to start', async () => {
  await assert.rejects(
    startDemoProviders({ production: true, google: { redirectUris: [callback] }, log }),
    /never run in production/,
  )
})

test('only the parts asked for are started', async t => {
  const demo = await startDemoProviders({ production: false, facebook: { redirectUris: [callback] }, log })
  t.after(() => demo.close())
  assert.equal(demo.google, undefined)
  assert.match(demo.facebook?.graphUrl ?? '', /^http:\/\/127\.0\.0\.1:\d+$/)
})

test('the ports of last time are taken again, and the secrets are new', async t => {
  const first = await startForTest(t)
  await first.close()
  const second = await startForTest(t, { googlePort: first.google.port, facebookPort: first.facebook.port })
  assert.equal(second.google.issuer, first.google.issuer)
  assert.equal(second.facebook.graphUrl, first.facebook.graphUrl)
  assert.equal(second.google.clientId, first.google.clientId)
  assert.notEqual(second.google.clientSecret, first.google.clientSecret)
  assert.notEqual(second.facebook.appSecret, first.facebook.appSecret)
})

test('a preferred port that somebody else has is left to them', async t => {
  const neighbour = createServer().listen(0, '127.0.0.1')
  await once(neighbour, 'listening')
  t.after(() => neighbour.close())
  const address = neighbour.address()
  assert.ok(address !== null && typeof address === 'object')

  const demo = await startForTest(t, { googlePort: address.port, facebookPort: address.port })
  assert.notEqual(demo.google.port, address.port)
  assert.notEqual(demo.facebook.port, address.port)
  assert.equal((await fetch(demo.google.jwksUri)).status, 200)
})

test('given a signing key, as PEM or as JWK, the key set stays the same over restarts', async t => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const keySets = []
  for (const signingKey of [pem, privateKey.export({ format: 'jwk' })]) {
    const demo = await startForTest(t, { signingKey })
    keySets.push(await (await fetch(demo.google.jwksUri)).json())
  }
  assert.deepEqual(keySets[0], keySets[1])
  assert.equal(JSON.stringify(keySets).includes(String(privateKey.export({ format: 'jwk' }).d)), false)
})

test('a signing key that is no RSA key is refused, and no port stays open', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signingKey = privateKey.export({ format: 'jwk' })
  const google = { redirectUris: [callback] }
  await assert.rejects(startDemoProviders({ production: false, google, signingKey, log }), /RSA/)
})

test('closed, it answers no more; and no secret was ever logged', async t => {
  const demo = await startForTest(t)
  await fetch(`${demo.google.issuer}/sample-id-token/ada`)
  await demo.close()
  await assert.rejects(fetch(demo.google.jwksUri))
  await assert.rejects(fetch(demo.facebook.graphUrl))
  const logged = demo.lines.join('\n')
  assert.match(logged, /stand-in for Google is running/)
  assert.equal(logged.includes(demo.google.clientSecret) || logged.includes(demo.facebook.appSecret), false)
})
