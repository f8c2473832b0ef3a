import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Response } from 'supertest'
import type { Reason } from '../../server/base/refusal.ts'
import { oauthFaults } from '../../server/oidc/faults.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { makeKey, signToken, startIssuer } from '../support/issuer.ts'
import { watch } from '../support/no-leak.ts'
import { startRolecall, type TestRolecall, trusting } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'
import { type Changes, createExchanger, errorOf, tokenType } from './exchange.ts'

const rolecall = await startDemoRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const broken = await rolecall.registerIssuer()
broken.mood = 'failing'
const evil = await startIssuer()
after(() => evil.close())
const role = await rolecall.createRole('reader', trusting(accountId, issuer))
const closed = await rolecall.createRole('closed', trusting(accountId, broken))
const { exchange, form, post } = createExchanger(rolecall, () => ({
  subject_token: issuer.sign(),
  resource: role,
}))

const nowSeconds = Math.floor(Date.now() / 1000)
const policyOf = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: statement })
const long = policyOf({ Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${'x'.repeat(2000)}` })
const as = (claims: object) => ({ subject_token: issuer.sign({ ...claims }) })

const facebook = { subject_token_type: tokenType('access_token'), provider_id: 'graph.facebook.com' }
const graph = `${rolecall.providers.facebook?.graphUrl}/sample-access-token/ada`
const sample = async (kind: string) => (await fetch(`${graph}?kind=${kind}`)).text()
const [expired, foreign] = [await sample('expired'), await sample('foreign')]

type Ask = () => PromiseLike<Response>
type Row = [story: string, reason: Reason, ask: Ask | Changes, error?: string | undefined, status?: number]

const rows: Row[] = [
  ['bytes that are not UTF-8', 'request.malformed', () => post(`${form({})}&a=%ff`)],
  ['a broken escape', 'request.malformed', () => post(`${form({})}&a=%zz`)],
  ['one parameter twice', 'request.malformed', () => post(`${form({})}&subject_token=x`)],
  ['two grants', 'request.malformed', () => post(`${form({})}&grant_type=password`)],
  ['two roles', 'request.invalid', () => post(`${form({})}&resource=x`), 'invalid_target'],
  ['one role twice', 'request.invalid', () => post(`${form({})}&%72esource=${role}`), 'invalid_target'],
  ['two audiences', 'request.invalid', () => post(`${form({})}&audience=a&audience=b`), 'invalid_target'],
  ['no grant', 'request.invalid', { grant_type: undefined }],
  ['a grant without a value', 'request.invalid', { grant_type: '' }],
  ...['password', 'authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer', '__proto__'].map(
    (grant_type): Row => [
      `the grant ${grant_type}`,
      'request.unknownAction',
      { grant_type },
      'unsupported_grant_type',
    ],
  ),
  ['no subject', 'request.invalid', { subject_token: undefined }],
  ['a subject of no type', 'request.invalid', { subject_token_type: undefined }],
  ...['saml1', 'saml2', 'refresh_token', 'ID_TOKEN', '__proto__'].map(
    (name): Row => [`a subject of type ${name}`, 'request.invalid', { subject_token_type: tokenType(name) }],
  ),
  ['a subject of 20,001 characters', 'request.invalid', { subject_token: 'x'.repeat(20_001) }],
  ['an access token of nobody’s', 'request.invalid', { subject_token_type: tokenType('access_token') }],
  ['a provider beside an ID token', 'request.invalid', { provider_id: 'graph.facebook.com' }],
  ['a provider that is none', 'request.invalid', { ...facebook, provider_id: 'api.twitter.com' }],
  ['an actor', 'request.invalid', { actor_token: 'x', actor_token_type: tokenType('id_token') }],
  ['an actor’s type without an actor', 'request.invalid', { actor_token_type: tokenType('id_token') }],
  ['a scope', 'request.invalid', { scope: 'openid' }, 'invalid_scope'],
  ['a client’s secret', 'request.invalid', { client_secret: 'x' }, 'invalid_client'],
  ['a client’s assertion', 'request.invalid', { client_assertion: 'x' }, 'invalid_client'],
  [
    'a client’s password',
    'request.invalid',
    () => exchange({}, { authorization: 'Basic eDp5' }),
    'invalid_client',
    401,
  ],
  ['no role', 'request.invalid', { resource: undefined }],
  ['no role but white space', 'request.invalid', { resource: ' ' }, 'invalid_target'],
  ...[
    'reader',
    'https://api.example',
    `arn:aws:iam::${accountId}:role/`,
    `arn:aws:iam::${accountId}:user/reader`,
    `arn:aws:sts::${accountId}:assumed-role/reader/ada`,
    `arn:aws:iam:eu-north-1:${accountId}:role/reader`,
    `arn:aws-cn:iam::${accountId}:role/reader`,
    'arn:aws:iam::1234:role/reader',
    `arn:aws:iam::${accountId}:role/${'x'.repeat(2048)}`,
  ].map(
    (resource): Row => [
      `for a role the text ${resource.slice(0, 60)}`,
      'request.invalid',
      { resource },
      'invalid_target',
    ],
  ),
  ...[' ', 'a b', 'ä', 'a\r\nb', 'x'.repeat(256)].map(
    (audience): Row => [
      `the audience ${JSON.stringify(audience.slice(0, 9))}`,
      'request.invalid',
      { audience },
      'invalid_target',
    ],
  ),
  [
    'a policy beside an audience, whose bearer would be worth more',
    'request.invalid',
    { policy: '{}', audience: 'x' },
  ],
  ['an empty policy, which would narrow nothing', 'request.invalid', { policy: '' }],
  [
    'JSON',
    'request.unsupportedMedia',
    () => post('{}', { 'content-type': 'application/json' }),
    undefined,
    415,
  ],
  [
    'a form of many parts',
    'request.unsupportedMedia',
    () => exchange({}, { 'content-type': 'multipart/form-data; boundary=x' }),
    undefined,
    415,
  ],
  ['a body of 64 KiB and more', 'request.tooLarge', () => post(`a=${'x'.repeat(65_535)}`), undefined, 413],

  ['a subject that is no token', 'token.malformed', { subject_token: 'x' }],
  ['an ID token as Facebook’s access token', 'token.malformed', facebook],
  ['an access token as an ID token', 'token.malformed', { subject_token: expired }],
  ['a token of a stranger', 'token.issuerUnknown', { subject_token: evil.sign() }],
  ['a token for another client', 'token.audienceWrong', as({ aud: 'another' })],
  [
    'a token by another’s key',
    'token.signatureWrong',
    () => exchange({ subject_token: signToken(issuer.claims(), makeKey('RS256', issuer.key.kid)) }),
  ],
  [
    'a token by a key that is not there',
    'token.keyUnknown',
    () => exchange({ subject_token: signToken(issuer.claims(), makeKey('RS256')) }),
  ],
  ['a token whose time is over', 'token.expired', as({ iat: nowSeconds - 9000, exp: nowSeconds - 301 })],
  ['a token of tomorrow', 'token.notYetValid', as({ iat: nowSeconds + 86_400, exp: nowSeconds + 90_000 })],
  ['a token of nobody', 'token.claimMissing', as({ sub: undefined })],
  ['a token that asks for wrong tags', 'tags.invalid', as({ 'https://aws.amazon.com/tags': [] })],
  ['a Facebook token whose time is over', 'token.rejected', { ...facebook, subject_token: expired }],
  ['a Facebook token of another app', 'token.rejected', { ...facebook, subject_token: foreign }],
  [
    'a token whose issuer is down',
    'issuer.unreachable',
    () => exchange({ subject_token: broken.sign() }),
    'temporarily_unavailable',
    503,
  ],

  ['a role that trusts another', 'trust.denied', { resource: closed }, 'invalid_target'],
  ['a role that is not there', 'trust.denied', { resource: `${role}s` }, 'invalid_target'],
  [
    'a role by another case',
    'trust.denied',
    { resource: role.replace('reader', 'Reader') },
    'invalid_target',
  ],
  ['more time than the role allows', 'duration.overRoleMaximum', { duration_seconds: '3601' }],
  ['a policy that is none', 'policy.malformed', { policy: '{"Statement":"\\"☠"}' }],
  ['a policy that is too long', 'policy.packedTooLarge', { policy: long.padEnd(2049) }],
]

const refused: Reason[] = []

for (const [story, reason, ask, error = 'invalid_request', status = 400] of rows) {
  test(`${story} is refused with ${error}, ${status}, for the reason ${reason}`, async () => {
    const watched = watch(rolecall)
    const token = issuer.sign()
    const answer = await (typeof ask === 'function' ? ask() : exchange({ subject_token: token, ...ask }))
    assert.deepEqual(errorOf(answer), [error, status], answer.text)
    assert.equal(loggedReason(rolecall, answer), reason)
    refused.push(reason)
    watched.requireNothingGiven(answer.text + JSON.stringify(answer.headers), token)
  })
}

/** Why this very request was refused. */
function loggedReason({ logged }: Pick<TestRolecall, 'logged'>, answer: Response): unknown {
  const requestId = answer.headers['x-request-id'] ?? ''
  const line = logged()
    .split('\n')
    .find(one => one.includes(requestId))
  return Object(JSON.parse(line ?? '{}')).reason
}

test('a client that shows a password is told by which scheme, and only that', async () => {
  for (const [authorization, told] of [
    ['Basic eDp5', 'Basic realm="rolecall"'],
    ['Bearer x.y.z', 'Bearer realm="rolecall"'],
    ['AWS4-HMAC-SHA256 Credential=x', 'AWS4-HMAC-SHA256 realm="rolecall"'],
    ['"odd", realm="evil"', 'Basic realm="rolecall"'],
    [`${'x'.repeat(5000)} y`, 'Basic realm="rolecall"'],
  ] as const) {
    const answer = await exchange({}, { authorization })
    assert.deepEqual(errorOf(answer), ['invalid_client', 401])
    assert.equal(answer.headers['www-authenticate'], told)
    refused.push('request.invalid')
  }
})

test('a stranger who has us ask Facebook about made-up tokens is slowed down', async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) => exchange({ ...facebook, subject_token: `junk${n}` })),
  )
  const slowed = answers.filter(answer => answer.status === 429)
  assert.ok(slowed.length >= 30, `${slowed.length} of them`)
  for (const answer of slowed) {
    assert.deepEqual(errorOf(answer), ['slow_down', 429])
    assert.match(String(answer.headers['retry-after']), /^[12]$/)
    refused.push('request.throttled')
  }
  for (const answer of answers.filter(one => !slowed.includes(one))) {
    assert.deepEqual(errorOf(answer), ['invalid_request', 400])
    refused.push('token.rejected')
  }
})

test('where Facebook is not set up, its name is that of no provider', async () => {
  const plain = await startRolecall()
  const asked = createExchanger(plain, () => ({
    ...facebook,
    subject_token: 'x',
    resource: plain.roleArn('x'),
  }))
  const answer = await asked.exchange()
  assert.deepEqual(errorOf(answer), ['invalid_request', 400])
  assert.equal(loggedReason(plain, answer), 'token.providerUnknown')
})

test('every refusal is in the audit log, counted where there were many, and no token is', async () => {
  await rolecall.rolecall.close()
  const denied = auditRowsIn(rolecall.dataDir).filter(row => row.decision === 'denied')
  const counts = new Map<unknown, number>()
  for (const row of denied) {
    assert.equal(row.event, 'TokenExchange')
    counts.set(row.reason, (counts.get(row.reason) ?? 0) + Number(row.count))
  }
  const expected = new Map<unknown, number>()
  for (const reason of refused) expected.set(reason, (expected.get(reason) ?? 0) + 1)
  assert.deepEqual([...counts].sort(), [...expected].sort())
  const kept = JSON.stringify(denied)
  for (const secret of [expired, foreign, evil.sign().slice(0, 60)]) assert.ok(!kept.includes(secret))
})

test('every reason that can reach this door is tried, and the others are known by name', () => {
  const elsewhere: Reason[] = ['request.timedOut', 'audit.unavailable', 'token.providerUnknown']
  // Before any door, at other doors, or nowhere yet.
  const never =
    /^(request\.(missingAction|unknownVersion|foreignHost|insecure|crossOrigin)|access\.denied|store\.unavailable|duration\.overChainMaximum|message\.undecodable|token\.replayed|trail\..+|mfa\..+|report\..+|password\..+|outbound\..+|pool\..+|secret\..+|(signature|session|entity|signIn)\..+)$/
  const tried = new Set<string>([...refused, ...elsewhere])
  const missing = Object.keys(oauthFaults).filter(reason => !tried.has(reason) && !never.test(reason))
  assert.deepEqual(missing, [])
})
