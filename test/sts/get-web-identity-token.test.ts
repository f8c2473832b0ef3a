import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetSessionTokenCommand, GetWebIdentityTokenCommand } from '@aws-sdk/client-sts'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { allow, faultOf, keysOf, setPolicy } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'

const rolecall = await startRolecall()
const { accountId, url } = rolecall
const root = rolecall.iam()
const entities = entitiesOf(rolecall)
const token = allow('sts:GetWebIdentityToken')
const ada = await entities.user('ada', [token, allow('sts:TagGetWebIdentityToken')])
const base = `http://127.0.0.1:${rolecall.port}`
const codeOf = async (call: Promise<unknown>) => (await faultOf(call)).code

const ask = async (keys: Keys, more: object = {}) => {
  const asked = { Audience: ['https://api.example'], SigningAlgorithm: 'ES384', ...more }
  const { WebIdentityToken = '', Expiration } = await rolecall
    .sts(keys)
    .send(new GetWebIdentityTokenCommand(asked))
  return { jwt: WebIdentityToken, Expiration }
}
const readJson = async (path: string) => JSON.parse(await (await fetch(`${base}${path}`)).text())

/** As another service would: by nothing but the issuer's address. */
async function verify(jwt: string, audience = 'https://api.example') {
  const discovery = await readJson('/.well-known/openid-configuration')
  assert.equal(discovery.issuer, url)
  const keys = createRemoteJWKSet(new URL(new URL(discovery.jwks_uri).pathname, base))
  const algorithms = discovery.id_token_signing_alg_values_supported
  return (await jwtVerify(jwt, keys, { issuer: url, audience, algorithms })).payload
}

test('nobody has identity tokens until the account says so, and none after it took that back', async () => {
  assert.equal(await codeOf(ask(ada)), 'OutboundWebIdentityFederationDisabledException')
  const info = () => root.send(new iam.GetOutboundWebIdentityFederationInfoCommand({}))
  assert.equal(await codeOf(info()), 'FeatureDisabledException')
  const disable = () => root.send(new iam.DisableOutboundWebIdentityFederationCommand({}))
  assert.equal(await codeOf(disable()), 'FeatureDisabledException')
  const enable = () => root.send(new iam.EnableOutboundWebIdentityFederationCommand({}))
  assert.equal((await enable()).IssuerIdentifier, url)
  assert.equal(await codeOf(enable()), 'FeatureEnabledException')
  const { IssuerIdentifier, JwtVendingEnabled } = await info()
  assert.deepEqual([IssuerIdentifier, JwtVendingEnabled], [url, true])
  await ask(ada)
  await disable()
  assert.equal(await codeOf(ask(ada)), 'OutboundWebIdentityFederationDisabledException')
  await enable()
})

for (const algorithm of ['RS256', 'ES384']) {
  test(`a user’s token by ${algorithm} is verified through discovery and the key set`, async () => {
    const { jwt, Expiration } = await ask(ada, { SigningAlgorithm: algorithm, DurationSeconds: 120 })
    const { alg, typ } = decodeProtectedHeader(jwt)
    assert.deepEqual([alg, typ], [algorithm, 'JWT'])
    const payload = await verify(jwt)
    assert.equal(payload.sub, entities.userArn('ada'))
    assert.equal(Number(payload.exp) - Number(payload.iat), 120)
    assert.equal(payload.exp, Number(Expiration) / 1000)
    assert.deepEqual(payload['https://sts.amazonaws.com/'], {
      aws_account: accountId,
      principal_id: entities.userArn('ada'),
    })
  })
}

test('it lives for five minutes unless asked otherwise, and may be for several audiences', async () => {
  const { jwt } = await ask(ada, { Audience: ['a', 'b'] })
  const payload = await verify(jwt, 'b')
  assert.deepEqual([payload.aud, Number(payload.exp) - Number(payload.iat)], [['a', 'b'], 300])
})

test('a role’s token is the role’s, with its tags, and ends before the session does', async () => {
  const trust = {
    Effect: 'Allow',
    Principal: { AWS: entities.userArn('ada') },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
  }
  const RoleArn = await rolecall.createRole('worker', { Version: '2012-10-17', Statement: trust })
  await setPolicy(rolecall, 'worker', token)
  const Tags = [{ Key: 'team', Value: 'blue' }]
  const asked = { RoleArn, RoleSessionName: 'work', DurationSeconds: 900, Tags }
  const keys = keysOf(await rolecall.sts(ada).send(new AssumeRoleCommand(asked)))
  const payload = await verify((await ask(keys)).jwt)
  assert.equal(payload.sub, RoleArn)
  const claims = payload['https://sts.amazonaws.com/'] as { principal_tags: object }
  assert.deepEqual(claims.principal_tags, { team: 'blue' })
  assert.equal(await codeOf(ask(keys, { DurationSeconds: 901 })), 'SessionDurationEscalationException')
})

test('it takes a permission, which may rest on audience, lifetime and algorithm', async () => {
  const bob = await entities.user('bob')
  assert.equal(await codeOf(ask(bob)), 'AccessDenied')
  const Condition = {
    'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': 'https://api.example' },
    NumericLessThanEquals: { 'sts:DurationSeconds': '300' },
    StringEquals: { 'sts:SigningAlgorithm': 'ES384' },
  }
  await entities.userPolicy('bob', { ...token, Condition })
  await ask(bob)
  for (const more of [{ Audience: ['elsewhere'] }, { DurationSeconds: 301 }, { SigningAlgorithm: 'RS256' }]) {
    assert.equal(await codeOf(ask(bob, more)), 'AccessDenied')
  }
  const Tags = [{ Key: 'purpose', Value: 'x' }]
  assert.match((await faultOf(ask(bob, { Tags }))).message, /sts:TagGetWebIdentityToken/)
  const payload = await verify((await ask(ada, { Tags })).jwt)
  const claims = payload['https://sts.amazonaws.com/'] as { request_tags: object }
  assert.deepEqual(claims.request_tags, { purpose: 'x' })
})

test('the owner has none, nor have credentials that call no other action of this service', async () => {
  assert.equal(await codeOf(ask(rolecall.rootKeys)), 'AccessDenied')
  const session = keysOf(await rolecall.sts(ada).send(new GetSessionTokenCommand({})))
  assert.equal(await codeOf(ask(session)), 'AccessDenied')
})

test('each is in the audit log, by its id, and the token itself is not', async () => {
  const { jwt } = await ask(ada)
  const row = auditRowsIn(rolecall.dataDir).findLast(({ event, decision }) => {
    return event === 'GetWebIdentityToken' && decision === 'allowed'
  })
  assert.equal(JSON.parse(String(row?.detail)).jti, decodeJwt(jwt).jti)
  assert.equal(row?.caller_access_key_id, ada.accessKeyId)
  assert.ok(!JSON.stringify(auditRowsIn(rolecall.dataDir)).includes(jwt))
})

test('its keys sign nothing of our own, and are there for everybody at once', async () => {
  const { keys } = await readJson('/.well-known/jwks.json')
  const algorithms = keys.map(({ alg }: { alg: string }) => alg).sort()
  assert.deepEqual(algorithms, ['ES256', 'ES384', 'RS256'])
  for (const key of keys) for (const secret of ['d', 'p', 'q']) assert.ok(!(secret in key))
})
