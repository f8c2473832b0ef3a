import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import supertest from 'supertest'
import { audience, makeKey, publicJwk, signParts, signToken, startIssuer } from '../support/issuer.ts'
import { watch } from '../support/no-leak.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { assumeForm, keysIn } from '../support/rolecall-process.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const sister = await rolecall.registerIssuer()
const evil = await startIssuer()
after(() => evil.close())
const role = await rolecall.createRole('reader', trusting(rolecall.accountId, issuer))
const aws = supertest(`http://127.0.0.1:${rolecall.port}`)

const { key } = issuer
const stranger = makeKey('RS256')
const weak = makeKey('RS256', 'weak', 1024)
issuer.jwks.keys.push(publicJwk(weak), { kty: 'oct', kid: 'shared', k: 'c2VjcmV0', alg: 'HS256' })

const nowSeconds = Math.floor(Date.now() / 1000)
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const good = issuer.sign()
const [head = '', body = '', signature = ''] = good.split('.')
const headerText = JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: key.kid })
const claimsText = JSON.stringify(issuer.claims())

function unsigned(alg: string, end = ''): string {
  return `${encode({ alg, typ: 'JWT', kid: key.kid })}.${body}.${end}`
}

/** The classic: the public key, in whatever form, as the secret of an HMAC. */
function hmacWith(secret: string | Buffer, kid = key.kid): string {
  const text = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${body}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/** A good token to the letter but for the claims in its middle. */
function tampered(claims: object): string {
  return `${head}.${encode({ ...issuer.claims(), ...claims })}.${signature}`
}

function tokenOf(length: number): string {
  const pad = (count: number) => issuer.sign({ pad: 'x'.repeat(count) })
  const start = pad(1).length
  return pad(Math.ceil(((length - start) * 3) / 4))
    .padEnd(length, 'A')
    .slice(0, length)
}

const ask = (token: string, more: Record<string, string> = {}) =>
  aws
    .post('/')
    .type('form')
    .send(`${assumeForm(role, token)}&${new URLSearchParams(more)}`)

const exchange = (token: string) =>
  aws.post('/token').type('form').send({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: token,
    resource: role,
  })

test('a good token is good at both doors, so that what follows proves something', async () => {
  const wire = await ask(good)
  assert.equal(wire.status, 200, wire.text)
  assert.ok(keysIn(wire.text))
  assert.equal((await exchange(good)).status, 200)
})

const invalid = 'InvalidIdentityToken'
const attacks: [story: string, token: string, code: string, status?: number][] = [
  ['whose alg is none, unsigned', unsigned('none'), invalid],
  ['whose alg is none, with a signature all the same', unsigned('none', signature), invalid],
  ['whose alg is nOnE', unsigned('nOnE', signature), invalid],
  ['without an alg', `${encode({ kid: key.kid })}.${body}.${signature}`, invalid],
  [
    'signed with the public key (PEM) as a secret',
    hmacWith(key.publicKey.export({ type: 'spki', format: 'pem' })),
    invalid,
  ],
  [
    'signed with the public key (DER) as a secret',
    hmacWith(key.publicKey.export({ type: 'spki', format: 'der' })),
    invalid,
  ],
  [
    'signed with the public key (JWK) as a secret',
    hmacWith(JSON.stringify(key.publicKey.export({ format: 'jwk' }))),
    invalid,
  ],
  ['signed with a shared secret of the set', hmacWith('secret', 'shared'), invalid],
  ['of an issuer that nobody registered', evil.sign(), invalid],
  [
    'of an issuer whose name only begins like ours',
    issuer.sign({ iss: `${issuer.url}.evil.example` }),
    invalid,
  ],
  ['of an issuer whose name has a slash more', issuer.sign({ iss: `${issuer.url}/` }), invalid],
  ['of an issuer on another scheme', issuer.sign({ iss: issuer.url.replace('http:', 'https:') }), invalid],
  ['of a registered issuer that this role does not trust', sister.sign(), 'AccessDenied', 403],
  ['of a registered issuer in the name of another', sister.sign({ iss: issuer.url }), invalid],
  ['for another application', issuer.sign({ aud: 'another' }), invalid],
  ['for an evil application and for us', issuer.sign({ aud: ['evil', audience] }), invalid],
  ['for us and for an evil application', issuer.sign({ aud: [audience, 'evil'] }), invalid],
  ['for nobody', issuer.sign({ aud: [] }), invalid],
  ['for a client id in other letters', issuer.sign({ aud: audience.toUpperCase() }), invalid],
  ['for us, but authorized to another', issuer.sign({ azp: 'another' }), invalid],
  ['for us, but authorized to nobody', issuer.sign({ azp: '' }), invalid],
  ['for us, but authorized to a list', issuer.sign({ azp: [audience] }), invalid],
  [
    'that expired five minutes ago',
    issuer.sign({ iat: nowSeconds - 4000, exp: nowSeconds - 300 }),
    'ExpiredTokenException',
  ],
  ['that never expires', issuer.sign({ exp: undefined }), invalid],
  ['whose expiry is text', issuer.sign({ exp: String(nowSeconds + 3600) }), invalid],
  ['that expires beyond all numbers', issuer.sign({ exp: 1e300 }), invalid],
  ['that was issued at no time', issuer.sign({ iat: undefined }), invalid],
  ['that was issued tomorrow', issuer.sign({ iat: nowSeconds + 86_400 }), invalid],
  ['that is good only from tomorrow on', issuer.sign({ nbf: nowSeconds + 86_400 }), invalid],
  ['about nobody', issuer.sign({ sub: undefined }), invalid],
  ['about a subject with a line break', issuer.sign({ sub: 'person-1\n' }), invalid],
  ['about a subject of half a character', issuer.sign({ sub: '\ud800' }), invalid],
  [
    'with an unknown extension in crit',
    issuer.sign({}, { crit: ['exp-strict'], 'exp-strict': true }),
    invalid,
  ],
  ['signed with 1024-bit RSA', signToken(issuer.claims(), weak), invalid],
  ['with a claim twice', signParts(headerText, claimsText.replace('{', '{"sub":"victim",'), key), invalid],
  ['with alg twice', signParts(headerText.replace('{', '{"alg":"none",'), claimsText, key), invalid],
  ['that is an access token (typ at+jwt)', issuer.sign({}, { typ: 'at+jwt' }), invalid],
  ['under an unknown kid', signToken(issuer.claims(), stranger), invalid],
  [
    'signed by a stranger under a known kid',
    signToken(issuer.claims(), { ...stranger, kid: key.kid }),
    invalid,
  ],
  [
    'signed by a stranger who brings the key along',
    signToken(issuer.claims(), { ...stranger, kid: key.kid }, { jwk: publicJwk(stranger) }),
    invalid,
  ],
  [
    'signed by a stranger who says where the key is',
    signToken(issuer.claims(), evil.key, { jku: evil.jwksUri, x5u: evil.jwksUri }),
    invalid,
  ],
  ['that was made longer-lived', tampered({ exp: nowSeconds + 9e6 }), invalid],
  ['that was made somebody else’s', tampered({ sub: 'victim' }), invalid],
  ['whose signature is cut off', `${head}.${body}.`, invalid],
  ['whose signature is all zeros', `${head}.${body}.${Buffer.alloc(256).toString('base64url')}`, invalid],
  ['with a blank at its end', `${good} `, invalid],
  ['with a NUL at its end', `${good}\0`, invalid],
  [
    'of brackets within brackets',
    signParts(headerText, `{"a":${'['.repeat(7000)}${']'.repeat(7000)}}`, key),
    invalid,
  ],
  ['of 20,000 characters and no sense', tokenOf(20_000), invalid],
]

for (const [story, token, code, status = 400] of attacks) {
  test(`a token ${story} is refused at both doors, on the AWS wire with ${code}`, async () => {
    const watched = watch(rolecall)
    const wire = await ask(token)
    assert.deepEqual([/<Code>(\w+)</.exec(wire.text)?.[1], wire.status], [code, status], wire.text)
    assert.equal(wire.type, 'text/xml')
    assert.equal(wire.headers['cache-control'], 'no-store')
    assert.ok(wire.headers['x-amzn-requestid'])

    const oauth = await exchange(token)
    const error = code === 'AccessDenied' ? 'invalid_target' : 'invalid_request'
    assert.deepEqual([oauth.body.error, oauth.status], [error, 400])
    watched.requireNothingGiven(wire.text + oauth.text, token)
  })
}

test('a token of 20,001 characters is not looked at, and not shown back', async () => {
  const watched = watch(rolecall)
  const token = tokenOf(20_001)
  const [wire, oauth] = [await ask(token), await exchange(token)]
  assert.equal(wire.status, 400)
  assert.match(wire.text, /<Code>ValidationError<.*less than or equal to 20000/)
  assert.equal(oauth.status, 400)
  watched.requireNothingGiven(wire.text + oauth.text, token)
  assert.ok(!`${wire.text}${oauth.text}`.includes(token.slice(0, 40)))
})

test('nothing that a token says made us call anybody', () => {
  assert.deepEqual(evil.hits, { discovery: 0, jwks: 0 })
})

for (const [story, more, code] of [
  ['Facebook’s name beside an ID token', { ProviderId: 'graph.facebook.com' }, invalid],
  ['the issuer’s own name as ProviderId', { ProviderId: issuer.url }, invalid],
  ['a ProviderId that is a name of every object', { ProviderId: '__proto__' }, invalid],
  ['less time than anybody gets', { DurationSeconds: '899' }, 'ValidationError'],
  ['more time than the role allows', { DurationSeconds: '3601' }, 'ValidationError'],
  ['more time than there is', { DurationSeconds: '99999999999999999999' }, 'ValidationError'],
  ['a duration in another notation', { DurationSeconds: '9e2' }, 'ValidationError'],
  ['a duration with a blank', { DurationSeconds: ' 900' }, 'ValidationError'],
  ['an empty session policy, which would narrow nothing', { Policy: '' }, 'ValidationError'],
  ['a session policy that is none', { Policy: '{}' }, 'MalformedPolicyDocument'],
  ['a narrowing policy counted from zero', { 'PolicyArns.member.0.arn': 'x'.repeat(20) }, 'ValidationError'],
  [
    'a narrowing policy that is not called a member',
    { 'PolicyArns.1.arn': 'x'.repeat(20) },
    'ValidationError',
  ],
  ['a narrowing policy in place of the list', { PolicyArns: 'x'.repeat(20) }, 'ValidationError'],
] as const) {
  test(`a good token with ${story} is refused with ${code}`, async () => {
    const watched = watch(rolecall)
    const wire = await ask(good, more)
    assert.deepEqual([/<Code>(\w+)</.exec(wire.text)?.[1], wire.status], [code, 400], wire.text)
    watched.requireNothingGiven(wire.text, good)
  })
}

test('whoever holds no good token can’t tell a role that is there from one that is not', async () => {
  const without = (text: string) => text.replace(/<RequestId>.*<\/RequestId>/, '')
  const answers = async (token: string) =>
    Promise.all(
      [role, rolecall.roleArn('nobody'), 'arn:aws:iam::999999999999:role/reader'].map(async arn =>
        without((await aws.post('/').type('form').send(assumeForm(arn, token))).text),
      ),
    )
  assert.equal(new Set(await answers(evil.sign())).size, 1)
  assert.equal(new Set(await answers(sister.sign())).size, 1)
})

test('what we hand out ourselves is no proof of identity', async () => {
  const bearer = await exchange(good).send({ audience: 'shop' })
  const keys = keysIn((await ask(good)).text)
  assert.ok(keys)
  const watched = watch(rolecall)
  for (const token of [bearer.body.access_token, keys.sessionToken]) {
    const wire = await ask(String(token))
    assert.equal(/<Code>(\w+)</.exec(wire.text)?.[1], invalid)
    watched.requireNothingGiven(wire.text, String(token))
  }
})
