import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRemoteJWKSet, decodeJwt, type JWTVerifyOptions, jwtVerify } from 'jose'
import supertest from 'supertest'
import { subjectOf } from '../../server/oidc/sign-bearer.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'
import { composeEndpoint, publicUrl } from './compose-endpoint.ts'
import { bodyOf, createExchanger } from './exchange.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const role = await rolecall.createRole('reader', trusting(rolecall.accountId, issuer))
const { exchange } = createExchanger(rolecall, () => ({ subject_token: issuer.sign(), resource: role }))

const audience = 'https://api.example'
const base = `http://127.0.0.1:${rolecall.port}`
const jwksUrl = `${base}/.well-known/jwks.json`
const keySet = createRemoteJWKSet(new URL(jwksUrl))
/** What RFC 9068, section 4, has a service check. */
const asService: JWTVerifyOptions = {
  issuer: rolecall.url,
  audience,
  typ: 'at+jwt',
  algorithms: ['ES256'],
  requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
}

test('a service verifies the bearer with a library that is not ours, by nothing but our address', async () => {
  const { access_token: token, credentials } = bodyOf(
    await exchange({ audience, session_name: 'night-shift' }),
  )
  const { payload, protectedHeader } = await jwtVerify(String(token), keySet, asService)
  const { iat = 0, exp = 0, jti = '', ...claims } = payload
  assert.deepEqual(Object.keys(protectedHeader).sort(), ['alg', 'kid', 'typ'])
  assert.deepEqual(claims, {
    iss: rolecall.url,
    aud: audience,
    sub: `${issuer.url}|person-1`,
    client_id: 'rolecall',
    access_key_id: credentials.AccessKeyId,
    role_arn: role,
    assumed_role_arn: `arn:aws:sts::${rolecall.accountId}:assumed-role/reader/night-shift`,
  })
  assert.equal(exp - iat, 900)
  assert.ok(exp <= Date.parse(credentials.Expiration ?? '') / 1000)
  assert.match(jti, /^[0-9a-f-]{36}$/)
})

const claimFailed = 'ERR_JWT_CLAIM_VALIDATION_FAILED'
const others: [story: string, wrong: JWTVerifyOptions, code: string][] = [
  ['another service', { audience: 'https://other.example' }, claimFailed],
  ['a service that trusts another issuer', { issuer: 'https://evil.example' }, claimFailed],
  ['a service that wants an ID token', { typ: 'JWT' }, claimFailed],
  ['a service that takes RS256 alone', { algorithms: ['RS256'] }, 'ERR_JOSE_ALG_NOT_ALLOWED'],
  [
    'a service a quarter of an hour later',
    { currentDate: new Date(Date.now() + 901_000) },
    'ERR_JWT_EXPIRED',
  ],
]

for (const [story, wrong, code] of others) {
  test(`the bearer is worth nothing to ${story}`, async () => {
    const { access_token: token } = bodyOf(await exchange({ audience }))
    await assert.rejects(jwtVerify(String(token), keySet, { ...asService, ...wrong }), { code })
  })
}

test('a bearer that was changed in one letter is worth nothing to anybody', async () => {
  const { access_token: token } = bodyOf(await exchange({ audience }))
  const [head, body = '', signature] = String(token).split('.')
  const claims = { ...decodeJwt(String(token)), role_arn: rolecall.roleArn('admin') }
  const forged = Buffer.from(JSON.stringify(claims)).toString('base64url')
  await assert.doesNotReject(jwtVerify(`${head}.${body}.${signature}`, keySet, asService))
  await assert.rejects(jwtVerify(`${head}.${forged}.${signature}`, keySet, asService), {
    code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  })
})

test('no two bearers have one id, and the audit log names each, with whom it is for and its end', async () => {
  const bodies = await Promise.all(Array.from({ length: 10 }, () => exchange({ audience }).then(bodyOf)))
  const rows = auditRowsIn(rolecall.dataDir)
  for (const { access_token: token, credentials } of bodies) {
    const { jti, exp = 0 } = decodeJwt(String(token))
    const own = rows.filter(row => row.access_key_id === credentials.AccessKeyId)
    assert.deepEqual(
      own.map(row => [
        row.event,
        row.decision,
        row.issuer,
        row.subject,
        row.resource,
        row.expires_at_ms,
        row.detail,
      ]),
      [
        [
          'AssumeRoleWithWebIdentity',
          'allowed',
          issuer.url,
          'person-1',
          role,
          Date.parse(credentials.Expiration ?? ''),
          '{"audience":"rolecall"}',
        ],
        [
          'IssueAccessToken',
          'allowed',
          issuer.url,
          'person-1',
          role,
          exp * 1000,
          JSON.stringify({ jti, audience }),
        ],
      ],
    )
  }
  const ids = bodies.map(({ access_token: token }) => decodeJwt(String(token)).jti)
  assert.equal(new Set(ids).size, bodies.length)
  const kept = JSON.stringify(rows)
  for (const { access_token: token } of bodies) assert.ok(!kept.includes(String(token).split('.')[2] ?? ''))
})

test('without an audience no bearer is signed, and none is written down', async () => {
  const { credentials } = bodyOf(await exchange())
  const rows = auditRowsIn(rolecall.dataDir).filter(row => row.access_key_id === credentials.AccessKeyId)
  assert.deepEqual(
    rows.map(row => row.event),
    ['AssumeRoleWithWebIdentity'],
  )
})

test('the keys are public: anybody may fetch and keep them for a while, private members are not among them', async () => {
  const answer = await supertest(base).get('/.well-known/jwks.json')
  assert.equal(answer.status, 200)
  assert.equal(answer.type, 'application/json')
  assert.equal(answer.headers['cache-control'], 'public, max-age=300')
  assert.equal(answer.headers['set-cookie'], undefined)
  const { keys, ...more } = answer.body
  assert.deepEqual(more, {})
  assert.deepEqual(
    keys.map((key: object) => Object.keys(key).sort()),
    [['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']],
  )
})

for (const heldMs of [0, 1_000, 60_000, 899_000]) {
  test(`a bearer never outlives the credentials, though the audit log takes ${heldMs} ms`, async () => {
    const one = await composeEndpoint((deps, { gate, advanceMs }) => ({
      gate: {
        ...gate,
        async assumeRole(...asked) {
          const assumed = await gate.assumeRole(...asked)
          advanceMs(heldMs)
          return assumed
        },
      },
      signer: deps.signer,
    }))
    const asked = createExchanger(one, () => ({ subject_token: 'x', resource: one.role, audience }))
    const body = bodyOf(await asked.exchange({ duration_seconds: '900' }))
    const { exp = 0, iat = 0, iss } = decodeJwt(String(body.access_token))
    assert.equal(exp, Date.parse(body.credentials.Expiration ?? '') / 1000)
    assert.equal(exp - iat, 900 - heldMs / 1000)
    assert.equal(body.expires_in, exp - iat)
    assert.equal(iss, publicUrl)
    assert.equal(one.rows().at(-1)?.expires_at_ms, exp * 1000)
  })
}

test('from a sub issuer and subject can be told again, so that no two people have one', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '|', '%', '%7C', '%25'), maxLength: 8 })
  fc.assert(
    fc.property(text, text, (issuer, subject) => {
      const sub = subjectOf({ issuer, subject })
      const bar = sub.indexOf('|')
      assert.equal(decodeURIComponent(sub.slice(0, bar)), issuer)
      assert.equal(sub.slice(bar + 1), subject)
    }),
    { numRuns: 1_000 },
  )
  const ofAuth0 = { issuer: 'https://t.auth0.com/', subject: 'auth0|1' }
  assert.equal(subjectOf(ofAuth0), 'https://t.auth0.com/|auth0|1')
})
