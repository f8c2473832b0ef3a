import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { createOutbound } from '../../server/base/outbound.ts'
import { type Reason, Refusal } from '../../server/base/refusal.ts'
import { createKeySetCache } from '../../server/tokens/key-set-cache.ts'
import { createIdTokenVerifier, type IssuerRecord } from '../../server/tokens/verify-id-token.ts'
import { audience, makeKey, publicJwk, signParts, signToken, startIssuer } from '../support/issuer.ts'

const nowSeconds = 1_900_000_000
const clock = () => nowSeconds * 1000

const issuer = await startIssuer({ clock })
const otherIssuer = await startIssuer({ clock })
after(() => Promise.all([issuer.close(), otherIssuer.close()]))

const { key } = issuer
const elliptic = makeKey('ES256', 'elliptic')
const weak = makeKey('RS256', 'weak', 1024)
const secret = { kty: 'oct', kid: 'secret', k: Buffer.from('secret').toString('base64url'), alg: 'HS256' }
issuer.jwks.keys.push(publicJwk(elliptic), publicJwk(weak), secret)

function recordOf(url: string): IssuerRecord {
  const host = url.replace(/^https?:\/\//, '')
  const arn = `arn:aws:iam::123456789012:oidc-provider/${host}`
  return {
    issuer: url,
    principals: [arn],
    provider: arn,
    conditionPrefix: host,
    audiences: new Set([audience, 'second-client']),
    demo: false,
  }
}

const records = new Map([issuer.url, otherIssuer.url].map(url => [url, recordOf(url)]))
const keySets = createKeySetCache({
  outbound: createOutbound({ allowPrivate: () => false, allowLoopbackHttp: true }),
  clock,
})
const verifier = createIdTokenVerifier({ findIssuer: iss => records.get(iss), keySets, clock })

function refusedWith(reason: Reason, said: Record<string, string> = {}) {
  return (error: unknown) => {
    assert.ok(error instanceof Refusal, String(error))
    assert.deepEqual([error.reason, error.said], [reason, said], error.detail)
    return true
  }
}

const goodClaims = issuer.claims()
const goodHeader = { alg: 'RS256', typ: 'JWT', kid: key.kid }
const good = issuer.sign()
const [head = '', body = '', signature = ''] = good.split('.')
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a good token says who somebody is', async () => {
  const identity = await verifier.verify(
    issuer.sign({ name: 'Ada', email: 'ada@example.com', email_verified: true }),
  )
  const { provider, conditionPrefix } = recordOf(issuer.url)
  assert.deepEqual(identity, {
    kind: 'oidc',
    principals: [provider],
    provider,
    issuer: issuer.url,
    subject: 'person-1',
    audience,
    context: {
      [`${conditionPrefix}:iss`]: [issuer.url],
      [`${conditionPrefix}:sub`]: ['person-1'],
      [`${conditionPrefix}:aud`]: [audience],
      [`${conditionPrefix}:iat`]: [String(nowSeconds)],
      [`${conditionPrefix}:exp`]: [String(nowSeconds + 3600)],
      [`${conditionPrefix}:name`]: ['Ada'],
      [`${conditionPrefix}:email`]: ['ada@example.com'],
      [`${conditionPrefix}:email_verified`]: ['true'],
    },
    subjectKey: `${conditionPrefix}:sub`,
    audienceKey: `${conditionPrefix}:aud`,
    displayName: 'Ada',
    email: 'ada@example.com',
    tags: {},
    transitiveTagKeys: [],
    demo: false,
  })
})

for (const algorithm of ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'] as const) {
  test(`a token signed with ${algorithm} is taken`, async context => {
    const its = await startIssuer({ algorithm, clock })
    context.after(() => its.close())
    records.set(its.url, recordOf(its.url))
    assert.equal((await verifier.verify(its.sign())).subject, 'person-1')
  })
}

for (const [story, header] of [
  ['no typ', { typ: undefined }],
  ['typ in small letters', { typ: 'jwt' }],
  ['a certificate thumbprint, which nobody needs', { x5t: 'abc' }],
  ['a key of its own, which is not looked at', { jwk: publicJwk(makeKey('RS256', key.kid)) }],
  ['a place for its keys, which is not looked at', { jku: 'https://evil.example/jwks' }],
] as const) {
  test(`a good token with ${story} is taken`, async () => {
    assert.equal((await verifier.verify(issuer.sign({}, header))).subject, 'person-1')
  })
}

for (const [story, claims] of [
  ['aud as a list of one', { aud: [audience] }],
  ['azp, and aud another’s', { azp: audience, aud: 'the-service-behind' }],
  ['azp, and several aud', { azp: 'second-client', aud: ['a', 'b'] }],
  ['expiry less than five minutes ago', { exp: nowSeconds - 299 }],
  ['iat not quite five minutes ahead', { iat: nowSeconds + 300 }],
  ['nbf not quite five minutes ahead', { nbf: nowSeconds + 300 }],
  ['a fraction of a second', { iat: nowSeconds - 0.5 }],
  ['a subject of 255 characters', { sub: 's'.repeat(255) }],
] as const) {
  test(`a token with ${story} is taken`, async () => {
    await verifier.verify(issuer.sign(claims))
  })
}

// What an attacker makes, with everything but the issuer's private key.
const pem = key.publicKey.export({ format: 'pem', type: 'spki' }).toString()
const der = key.publicKey.export({ format: 'der', type: 'spki' })
const pkcs1 = key.publicKey.export({ format: 'pem', type: 'pkcs1' }).toString()
const modulus = Buffer.from(String(publicJwk(key).n), 'base64url')

function hmacToken(secretBytes: string | Buffer, alg = 'HS256'): string {
  const signed = `${encode({ ...goodHeader, alg })}.${encode(goodClaims)}`
  return `${signed}.${createHmac('sha256', secretBytes).update(signed).digest('base64url')}`
}

const stranger = makeKey('RS256', 'stranger')
const tamperedBody = encode({ ...goodClaims, sub: 'somebody-else' })

for (const [story, token, reason] of [
  ['whose alg is none and that has no signature', `${encode({ alg: 'none' })}.${body}.`, 'token.malformed'],
  [
    'whose alg is none, with a signature',
    `${encode({ alg: 'none' })}.${body}.${signature}`,
    'token.malformed',
  ],
  ['whose alg is NoNe', `${encode({ alg: 'NoNe', kid: key.kid })}.${body}.${signature}`, 'token.malformed'],
  ['without alg', `${encode({ kid: key.kid })}.${body}.${signature}`, 'token.malformed'],
  ['whose alg is a list', issuer.sign({}, { alg: ['RS256'] }), 'token.malformed'],
  ['whose alg is in small letters', issuer.sign({}, { alg: 'rs256' }), 'token.malformed'],
  ['whose alg is PS256', issuer.sign({}, { alg: 'PS256' }), 'token.malformed'],
  ['signed with the public key (PEM) as an HMAC secret', hmacToken(pem), 'token.malformed'],
  ['signed with the public key (PEM, trimmed) as an HMAC secret', hmacToken(pem.trim()), 'token.malformed'],
  ['signed with the public key (PKCS #1) as an HMAC secret', hmacToken(pkcs1), 'token.malformed'],
  ['signed with the public key (DER) as an HMAC secret', hmacToken(der), 'token.malformed'],
  ['signed with the modulus as an HMAC secret', hmacToken(modulus), 'token.malformed'],
  ['signed with an HMAC that calls itself RS256', hmacToken(pem, 'RS256'), 'token.signatureWrong'],
  [
    'signed with a symmetric key that the set holds',
    signToken(goodClaims, { ...key, kid: 'secret' }),
    'token.keyUnknown',
  ],
  [
    'signed by a stranger under a known kid',
    signToken(goodClaims, { ...stranger, kid: key.kid }),
    'token.signatureWrong',
  ],
  ['signed by a stranger under a kid of their own', signToken(goodClaims, stranger), 'token.keyUnknown'],
  [
    'signed by a stranger, with the key embedded',
    signToken(goodClaims, { ...stranger, kid: key.kid }, { jwk: publicJwk(stranger) }),
    'token.signatureWrong',
  ],
  ['signed by another issuer that we trust', signToken(goodClaims, otherIssuer.key), 'token.keyUnknown'],
  [
    'signed by another issuer under this one’s kid',
    signToken(goodClaims, { ...otherIssuer.key, kid: key.kid }),
    'token.signatureWrong',
  ],
  [
    'whose kid is of an elliptic key, under alg RS256',
    signToken(goodClaims, key, { kid: elliptic.kid }),
    'token.keyUnknown',
  ],
  [
    'whose kid is of an RSA key, under alg ES256',
    signToken(goodClaims, elliptic, { kid: key.kid }),
    'token.keyUnknown',
  ],
  ['signed with another hash than its key is for', issuer.sign({}, { alg: 'RS512' }), 'token.keyUnknown'],
  ['signed with 1024-bit RSA', signToken(goodClaims, weak), 'token.keyUnknown'],
  [
    'without a kid, where there is a choice of keys',
    signToken(goodClaims, { ...makeKey('ES384') }, { kid: undefined }),
    'token.keyUnknown',
  ],
  ['with a payload that was tampered with', `${head}.${tamperedBody}.${signature}`, 'token.signatureWrong'],
  [
    'with a header that was tampered with',
    `${encode({ ...goodHeader, x: 1 })}.${body}.${signature}`,
    'token.signatureWrong',
  ],
  [
    'with a signature of zeros',
    `${head}.${body}.${Buffer.alloc(256).toString('base64url')}`,
    'token.signatureWrong',
  ],
  [
    'with an elliptic signature of zeros',
    `${encode({ alg: 'ES256', kid: elliptic.kid })}.${body}.${Buffer.alloc(64).toString('base64url')}`,
    'token.signatureWrong',
  ],
  ['with a signature of one byte', `${head}.${body}.AA`, 'token.signatureWrong'],
] as const) {
  test(`a token ${story} is refused: ${reason}`, async () => {
    await assert.rejects(verifier.verify(token), refusedWith(reason))
  })
}

// Well signed, and yet not an ID token for us.
for (const [story, header] of [
  ['an access token (typ at+jwt)', { typ: 'at+jwt' }],
  ['an access token by its full media type', { typ: 'application/at+jwt' }],
  ['a logout token', { typ: 'logout+jwt' }],
  ['a typ that is no text', { typ: 7 }],
  ['an empty typ', { typ: '' }],
  ['a nested token', { cty: 'JWT' }],
  ['a compressed token', { zip: 'DEF' }],
  ['an unknown extension in crit', { crit: ['exp-strict'], 'exp-strict': true }],
  ['an empty crit', { crit: [] }],
  ['a payload that is not encoded (b64)', { b64: false, crit: ['b64'] }],
  ['b64 without crit', { b64: true }],
  ['a kid that is no text', { kid: 7 }],
  ['a kid without end', { kid: 'k'.repeat(256) }],
] as const) {
  test(`${story} is no ID token`, async () => {
    await assert.rejects(verifier.verify(issuer.sign({}, header)), refusedWith('token.malformed'))
  })
}

const headerText = JSON.stringify(goodHeader)
const claimsText = JSON.stringify(goodClaims)
const twice = (text: string, member: string) => text.replace('{', `{${member},`)

for (const [story, token] of [
  ['a claim twice', signParts(headerText, twice(claimsText, '"sub":"victim"'), key)],
  ['a claim twice, once in escapes', signParts(headerText, twice(claimsText, '"\\u0073ub":"victim"'), key)],
  ['alg twice', signParts(twice(headerText, '"alg":"none"'), claimsText, key)],
  ['a member twice deep inside', signParts(headerText, twice(claimsText, '"x":[{"a":1,"a":2}]'), key)],
  ['a payload that is a list', signParts(headerText, '[]', key)],
  ['a payload that is null', signParts(headerText, 'null', key)],
  ['a payload that is no JSON', signParts(headerText, '{"sub":', key)],
  ['a comma too many', signParts(headerText, claimsText.replace(/}$/, ',}'), key)],
  ['a header that is a list', signParts('[]', claimsText, key)],
  [
    'broken UTF-8',
    signParts(
      headerText,
      Buffer.concat([
        Buffer.from(claimsText.replace(/}$/, ',"n":"')),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('"}'),
      ]),
      key,
    ),
  ],
  [
    'an overlong encoding',
    signParts(
      headerText,
      Buffer.concat([Buffer.from('{"n":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
      key,
    ),
  ],
  ['a byte order mark', signParts(headerText, `\ufeff${claimsText}`, key)],
  ['UTF-16', signParts(headerText, Buffer.from(claimsText, 'utf16le'), key)],
  ['nothing', ''],
  ['two parts', `${head}.${body}`],
  ['four parts', `${good}.${signature}`],
  ['five parts, as an encrypted token', `${good}.${body}.${signature}`],
  ['an empty header', `.${body}.${signature}`],
  ['an empty payload', `${head}..${signature}`],
  ['no signature', `${head}.${body}.`],
  ['padding', `${head}.${body}.${signature}==`],
  ['a line break at the end', `${good}\n`],
  ['a blank inside', `${head}. ${body}.${signature}`],
  ['stray bits in its signature', `${head}.${body}.${strayBits(signature)}`],
  ['the other base64 alphabet', `${head}.${body}.${'+/'.repeat(171)}`],
  ['letters beyond ASCII', `${head}.${body}.${signature.slice(0, -1)}é`],
  ['a lone surrogate', `${head}.${body}.\ud800`],
  ['20,001 characters', tokenOf(20_001)],
  ['a million dots', '.'.repeat(1_000_000)],
] as const) {
  test(`a token with ${story} is malformed`, async () => {
    await assert.rejects(verifier.verify(token), refusedWith('token.malformed'))
  })
}

test('a token of 20,000 characters is taken', async () => {
  assert.equal((await verifier.verify(tokenOf(20_000))).subject, 'person-1')
})

/** The last character of 342 carries four bits that mean nothing: another spelling of the same bytes. */
function strayBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const spoilt = text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? '') + 1]
  assert.ok(Buffer.from(spoilt, 'base64url').equals(Buffer.from(text, 'base64url')))
  return spoilt
}

/** A good token of exactly this length; a header's blank makes up for what base64url cannot spell. */
function tokenOf(length: number): string {
  for (const blanks of ['', ' ', '  ', '   ']) {
    const short = signParts(`${headerText}${blanks}`, { ...goodClaims, pad: '' }, key)
    const about = Math.floor(((length - short.length) * 3) / 4)
    for (const size of [about - 1, about, about + 1, about + 2]) {
      const token = signParts(`${headerText}${blanks}`, { ...goodClaims, pad: 'x'.repeat(size) }, key)
      if (token.length === length) return token
    }
  }
  throw new Error(`no token has ${length} characters`)
}

// Well signed, by the issuer, with claims that won't do.
for (const [story, claims, reason, said] of [
  ['for another client', { aud: 'evil' }, 'token.audienceWrong', {}],
  ['for us and another, without azp', { aud: ['evil', audience] }, 'token.audienceWrong', {}],
  ['for us twice, without azp', { aud: [audience, audience] }, 'token.audienceWrong', {}],
  ['for us, got by another client', { aud: audience, azp: 'evil' }, 'token.audienceWrong', {}],
  ['for us and another, got by another', { aud: ['evil', audience], azp: 'evil' }, 'token.audienceWrong', {}],
  ['with an azp that is a list', { azp: [audience] }, 'token.audienceWrong', {}],
  ['with an empty azp', { azp: '' }, 'token.audienceWrong', {}],
  ['with azp null', { azp: null }, 'token.audienceWrong', {}],
  ['with an audience in other case', { aud: audience.toUpperCase() }, 'token.audienceWrong', {}],
  ['without aud', { aud: undefined }, 'token.claimMissing', { claim: 'aud' }],
  ['with an empty aud', { aud: '' }, 'token.claimMissing', { claim: 'aud' }],
  ['with a list of no aud', { aud: [] }, 'token.claimMissing', { claim: 'aud' }],
  ['with an aud that is an object', { aud: { 0: audience } }, 'token.claimMissing', { claim: 'aud' }],
  ['without sub', { sub: undefined }, 'token.claimMissing', { claim: 'sub' }],
  ['with an empty sub', { sub: '' }, 'token.claimMissing', { claim: 'sub' }],
  ['with a sub that is a number', { sub: 1 }, 'token.claimMissing', { claim: 'sub' }],
  ['with half a character in its sub', { sub: 'victim\ud800' }, 'token.claimMissing', { claim: 'sub' }],
  ['with a line break in its sub', { sub: 'victim\n' }, 'token.claimMissing', { claim: 'sub' }],
  ['with a NUL in its sub', { sub: 'victim\0' }, 'token.claimMissing', { claim: 'sub' }],
  ['with a sub of 256 characters', { sub: 's'.repeat(256) }, 'token.claimMissing', { claim: 'sub' }],
  ['without exp', { exp: undefined }, 'token.claimMissing', { claim: 'exp' }],
  ['with exp as text', { exp: String(nowSeconds + 60) }, 'token.claimMissing', { claim: 'exp' }],
  ['with exp null', { exp: null }, 'token.claimMissing', { claim: 'exp' }],
  ['with exp beyond all bounds', { exp: 1e300 }, 'token.claimMissing', { claim: 'exp' }],
  ['without iat', { iat: undefined }, 'token.claimMissing', { claim: 'iat' }],
  ['with iat before all time', { iat: -1 }, 'token.claimMissing', { claim: 'iat' }],
  ['with nbf as text', { nbf: 'now' }, 'token.claimMissing', { claim: 'nbf' }],
  ['that expired five minutes ago', { exp: nowSeconds - 300 }, 'token.expired', {}],
  ['that expired long ago', { iat: 1, exp: 2 }, 'token.expired', {}],
  ['issued more than five minutes ahead', { iat: nowSeconds + 301 }, 'token.notYetValid', {}],
  [
    'issued ahead, though valid since long',
    { iat: nowSeconds + 301, nbf: nowSeconds - 60 },
    'token.notYetValid',
    {},
  ],
  ['valid more than five minutes ahead', { nbf: nowSeconds + 301 }, 'token.notYetValid', {}],
  ['without iss', { iss: undefined }, 'token.claimMissing', { claim: 'iss' }],
  ['with an iss that is a list', { iss: [issuer.url] }, 'token.claimMissing', { claim: 'iss' }],
  [
    'of an unknown issuer',
    { iss: 'https://evil.example' },
    'token.issuerUnknown',
    { issuer: 'https://evil.example' },
  ],
  [
    'of an issuer with a slash more',
    { iss: `${issuer.url}/` },
    'token.issuerUnknown',
    { issuer: `${issuer.url}/` },
  ],
  ['under the name of another issuer', { iss: otherIssuer.url }, 'token.keyUnknown', {}],
] as const) {
  test(`a token ${story} is refused: ${reason}`, async () => {
    await assert.rejects(verifier.verify(issuer.sign(claims)), refusedWith(reason, said))
  })
}

test('exp 1e999 is no time', async () => {
  const text = claimsText.replace(/"exp":\d+/, '"exp":1e999')
  await assert.rejects(
    verifier.verify(signParts(headerText, text, key)),
    refusedWith('token.claimMissing', { claim: 'exp' }),
  )
})

test('nothing of a token is judged before its signature', async () => {
  const forged = signToken({ ...goodClaims, aud: 'evil', exp: 1 }, { ...stranger, kid: key.kid })
  await assert.rejects(verifier.verify(forged), refusedWith('token.signatureWrong'))
})

test('a look-up that answers generously does not widen what is trusted', async () => {
  const generous = createIdTokenVerifier({ findIssuer: () => recordOf(issuer.url), keySets, clock })
  const token = issuer.sign({ iss: `${issuer.url}/` })
  await assert.rejects(
    generous.verify(token),
    refusedWith('token.issuerUnknown', { issuer: `${issuer.url}/` }),
  )
})

test('Google’s name is taken with and without https://, and the person is the same', async () => {
  const google: IssuerRecord = {
    issuer: 'https://accounts.google.com',
    principals: ['accounts.google.com'],
    provider: 'accounts.google.com',
    conditionPrefix: 'accounts.google.com',
    audiences: new Set([audience]),
    jwksUri: issuer.jwksUri,
    demo: false,
  }
  const ofGoogle = createIdTokenVerifier({ findIssuer: async () => google, keySets, clock })
  for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
    assert.equal((await ofGoogle.verify(issuer.sign({ iss }))).issuer, 'https://accounts.google.com')
  }
  for (const iss of ['http://accounts.google.com', 'Accounts.Google.com', 'accounts.google.com/']) {
    await assert.rejects(
      ofGoogle.verify(issuer.sign({ iss })),
      refusedWith('token.issuerUnknown', { issuer: iss }),
    )
  }
})

test('what an issuer signed and we refuse all the same names whom it was about; what nobody signed names nobody', async () => {
  const aboutOf = (token: string) =>
    verifier.verify(token).then(
      () => assert.fail('it was taken'),
      (error: unknown) => (error instanceof Refusal ? error.about : assert.fail(String(error))),
    )
  const expired = { exp: nowSeconds - 600, iat: nowSeconds - 1200 }
  assert.deepEqual(await aboutOf(issuer.sign(expired)), { issuer: issuer.url, subject: 'person-1' })
  assert.deepEqual(await aboutOf(otherIssuer.sign({ iss: issuer.url, sub: 'victim' })), {})
})

test('a token must answer the sign-in that it was asked for', async () => {
  const nonce = 'n-0S6_WzA2Mj'
  const expected = { issuer: issuer.url, clientId: audience, nonce }
  await verifier.verify(issuer.sign({ nonce }), expected)
  for (const other of [undefined, '', 'n-0S6_WzA2Mk', `${nonce} `, [nonce], 7]) {
    await assert.rejects(
      verifier.verify(issuer.sign({ nonce: other }), expected),
      refusedWith('token.rejected'),
      String(other),
    )
  }
})

test('a sign-in takes no token of another issuer or for another client, however trusted both are', async () => {
  const nonce = 'n-0S6_WzA2Mj'
  const expected = { issuer: issuer.url, clientId: audience, nonce }
  await assert.rejects(verifier.verify(otherIssuer.sign({ nonce }), expected), refusedWith('token.rejected'))
  await assert.rejects(
    verifier.verify(issuer.sign({ nonce, aud: 'second-client' }), expected),
    refusedWith('token.audienceWrong'),
  )
})

test('an issuer that is down is no fault of the token’s', async () => {
  const gone = await startIssuer({ clock })
  await gone.close()
  records.set(gone.url, recordOf(gone.url))
  await assert.rejects(verifier.verify(gone.sign()), refusedWith('issuer.unreachable'))
})
