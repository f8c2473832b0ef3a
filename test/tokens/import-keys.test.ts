import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { importKeys } from '../../server/tokens/import-keys.ts'
import { type KeyPair, makeKey, publicJwk } from '../support/issuer.ts'

const rsa = makeKey('RS256', 'rsa')
const elliptic = makeKey('ES256', 'ec')
const good = publicJwk(rsa)

function kidsOf(...keys: unknown[]): (string | undefined)[] | undefined {
  return importKeys({ keys })?.map(({ kid }) => kid)
}

test('keys are imported with the algorithms that go with them', () => {
  const { alg: _alg, ...anyRsa } = good
  const keys = importKeys({
    keys: [good, { ...anyRsa, kid: 'any' }, publicJwk(elliptic), publicJwk(makeKey('ES384', 'p384'))],
  })
  assert.deepEqual(
    keys?.map(({ kid, algorithms }) => [kid, [...algorithms]]),
    [
      ['rsa', ['RS256']],
      ['any', ['RS256', 'RS384', 'RS512']],
      ['ec', ['ES256']],
      ['p384', ['ES384']],
    ],
  )
  assert.ok(keys?.[0]?.key.equals(rsa.publicKey))
})

test('of a key whose private half was published by mistake only the public one is held', () => {
  const [imported] = importKeys({ keys: [{ ...rsa.privateKey.export({ format: 'jwk' }), kid: 'rsa' }] }) ?? []
  assert.equal(imported?.key.type, 'public')
})

const octets = createSecretKey(Buffer.alloc(32)).export({ format: 'jwk' })
const edwards = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
const bitcoin = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' })

for (const [story, jwk] of [
  ['a symmetric key', { ...octets, kid: 'x', alg: 'HS256' }],
  ['a symmetric key that claims an algorithm of RSA', { ...octets, kid: 'x', alg: 'RS256' }],
  ['a key for encryption', { ...good, use: 'enc' }],
  ['a key for anything but verifying', { ...good, key_ops: ['encrypt'] }],
  ['a key whose operations are no list', { ...good, key_ops: 'verify' }],
  ['an RSA key for encryption', { ...good, alg: 'RSA-OAEP' }],
  ['an RSA key for an algorithm that we don’t take', { ...good, alg: 'PS256' }],
  ['an RSA key that claims HMAC', { ...good, alg: 'HS256' }],
  ['an RSA key that claims none', { ...good, alg: 'none' }],
  ['an RSA key of 1024 bits', publicJwk(makeKey('RS256', 'weak', 1024))],
  ['an RSA key of 2047 bits', publicJwk(makeKey('RS256', 'weak', 2047))],
  ['an RSA key of 16,384 bits', { ...good, n: Buffer.alloc(2048, 0xff).toString('base64url') }],
  ['an RSA key with the exponent 1', { ...good, e: 'AQ' }],
  ['an RSA key with an even exponent', { ...good, e: 'BA' }],
  ['an RSA key with a huge exponent', { ...good, e: Buffer.alloc(255, 0xff).toString('base64url') }],
  ['an RSA key without a modulus', { ...good, n: undefined }],
  ['an elliptic key on another curve', { ...bitcoin, kid: 'x' }],
  ['an elliptic key that claims another curve’s algorithm', { ...publicJwk(elliptic), alg: 'ES384' }],
  ['a point that is not on its curve', { ...publicJwk(elliptic), y: publicJwk(elliptic).x }],
  ['a key by Edwards', { ...edwards, kid: 'x' }],
  ['a key whose kid is no text', { ...good, kid: 7 }],
  ['null', null],
  ['a list', [good]],
  ['text', 'RSA'],
] as const) {
  test(`${story} is passed over, and the good key beside it is not`, () => {
    assert.deepEqual(kidsOf(jwk, { ...good, kid: 'good' }), ['good'])
  })
}

test('two keys of one kid are both passed over, whatever they are for', () => {
  const twin: KeyPair = { ...makeKey('RS256'), kid: 'rsa' }
  assert.deepEqual(kidsOf(good, publicJwk(elliptic), publicJwk(twin)), ['ec'])
})

test('of a set without end a hundred keys are read', () => {
  const keys = Array.from({ length: 1_000 }, (_, n) => ({ ...good, kid: `k${n}` }))
  assert.equal(importKeys({ keys })?.length, 100)
})

for (const document of [null, [], 'keys', {}, { keys: {} }, { keys: 'x' }, 7]) {
  test(`${JSON.stringify(document)} is no key set`, () => assert.equal(importKeys(document), undefined))
}

test('a set without keys is a set', () => assert.deepEqual(importKeys({ keys: [] }), []))
