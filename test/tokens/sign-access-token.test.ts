import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose'
import { createTokenSigner, type SigningKey, thumbprint } from '../../server/tokens/sign-access-token.ts'

const nowSeconds = 1_900_000_000
const clock = () => nowSeconds * 1000 + 999
const issuer = 'https://rolecall.example'
const claims = { sub: 'https://accounts.google.com|1234', client_id: 'ASIAEXAMPLE', role_arn: 'arn' }
const options = { audience: 'https://api.example', seconds: 900 }

function makeKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid: thumbprint(privateKey), privateKey }
}

const [key, older] = [makeKey(), makeKey()]
const signer = createTokenSigner({ keys: [key, older], issuer, clock })
const keySet = () => createLocalJWKSet(signer.jwks() as JSONWebKeySet)

test('another library verifies the token by the published keys', async () => {
  const { token, jti, expiresAtSeconds } = signer.sign(claims, options)
  const { payload, protectedHeader } = await jwtVerify(token, keySet(), {
    issuer,
    audience: 'https://api.example',
    algorithms: ['ES256'],
    typ: 'at+jwt',
    requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti'],
    currentDate: new Date(clock()),
  })
  assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'at+jwt', kid: key.kid })
  assert.deepEqual(payload, {
    ...claims,
    iss: issuer,
    aud: 'https://api.example',
    iat: nowSeconds,
    exp: nowSeconds + 900,
    jti,
  })
  assert.equal(expiresAtSeconds, nowSeconds + 900)
})

test('a token is over when it says so', async () => {
  const { token } = signer.sign(claims, { ...options, seconds: 60 })
  const currentDate = new Date((nowSeconds + 60) * 1000)
  await assert.rejects(jwtVerify(token, keySet(), { currentDate }), { code: 'ERR_JWT_EXPIRED' })
})

test('a token that the older key signed verifies still', async () => {
  const before = createTokenSigner({ keys: [older], issuer, clock })
  const { token } = before.sign(claims, options)
  await jwtVerify(token, keySet(), { currentDate: new Date(clock()) })
})

test('no two tokens have one id', () => {
  const ids = Array.from({ length: 100 }, () => signer.sign(claims, options).jti)
  assert.equal(new Set(ids).size, 100)
})

test('what is given cannot displace what the signer says', async () => {
  const forged = { ...claims, iss: 'https://evil.example', aud: 'evil', exp: 9e9, iat: 0, jti: 'mine' }
  const { token, jti } = signer.sign(forged, options)
  const { payload } = await jwtVerify(token, keySet(), { currentDate: new Date(clock()) })
  assert.deepEqual(
    [payload.iss, payload.aud, payload.exp, payload.iat, payload.jti],
    [issuer, 'https://api.example', nowSeconds + 900, nowSeconds, jti],
  )
})

for (const seconds of [0, -1, 901, 3600, Number.NaN, Number.POSITIVE_INFINITY, 1.5]) {
  test(`a lifetime of ${seconds} seconds is a mistake`, () => {
    assert.throws(() => signer.sign(claims, { ...options, seconds }), RangeError)
  })
}

test('only public members are published, by kid, use and algorithm', () => {
  const { keys } = signer.jwks() as { keys: Record<string, unknown>[] }
  assert.deepEqual(
    keys.map(jwk => Object.keys(jwk).sort()),
    Array(2).fill(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']),
  )
  assert.deepEqual(
    keys.map(({ kid, use, alg, crv }) => [kid, use, alg, crv]),
    [key, older].map(({ kid }) => [kid, 'sig', 'ES256', 'P-256']),
  )
})

test('a key is named by its thumbprint, as another library reckons it', async () => {
  const [jwk] = (signer.jwks() as JSONWebKeySet).keys
  assert.ok(jwk)
  assert.equal(key.kid, await calculateJwkThumbprint(jwk))
  assert.equal(decodeProtectedHeader(signer.sign(claims, options).token).kid, key.kid)
})

test('a key on another curve is a mistake from the start', () => {
  for (const { privateKey } of [
    generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ]) {
    assert.throws(() => createTokenSigner({ keys: [{ kid: 'x', privateKey }], issuer, clock }), TypeError)
  }
})
