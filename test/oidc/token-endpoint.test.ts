import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { bodyOf, createExchanger, credentialsType, errorOf, tokenType } from './exchange.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const trust = trusting(rolecall.accountId, issuer)
const role = await rolecall.createRole('reader', trust, { MaxSessionDuration: 43_200 })
const { exchange, form, post } = createExchanger(rolecall, () => ({
  subject_token: issuer.sign(),
  resource: role,
}))

const service = 'https://api.example'

async function whoAre(credentials: Record<string, string>) {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials
  const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  return (await rolecall.sts(keys).send(new GetCallerIdentityCommand({}))).Arn
}

test('an ID token may be called a JWT, as clients do that know no nearer name', async () => {
  const body = bodyOf(await exchange({ subject_token_type: tokenType('jwt') }))
  assert.equal(await whoAre(body.credentials), sessionArn('person-1'))
})

const sessionArn = (name: string) => `arn:aws:sts::${rolecall.accountId}:assumed-role/reader/${name}`

test('without an audience the credentials are all that is issued, and the real SDK takes them', async () => {
  const body = bodyOf(await exchange())
  const { credentials, ...rest } = body
  assert.deepEqual(rest, {
    access_token: credentials.SessionToken,
    issued_token_type: credentialsType,
    token_type: 'N_A',
    expires_in: 3600,
  })
  assert.equal(await whoAre(credentials), sessionArn('person-1'))
})

test('the credentials have the form that a credential_process prints', async () => {
  const { credentials } = bodyOf(await exchange())
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration, ...more } = credentials
  assert.deepEqual([Version, more], [1, {}])
  assert.match(AccessKeyId ?? '', /^ASIA[A-Z2-7]{16}$/)
  assert.match(SecretAccessKey ?? '', /^[A-Za-z0-9+/]{40}$/)
  assert.match(SessionToken ?? '', /^[\w-]{100,8192}$/)
  assert.match(Expiration ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

test('with an audience a bearer comes beside the same credentials', async () => {
  const body = bodyOf(await exchange({ audience: service }))
  assert.match(String(body.access_token), /^[\w-]+\.[\w-]+\.[\w-]+$/)
  assert.deepEqual(
    [body.issued_token_type, body.token_type, body.expires_in],
    [tokenType('access_token'), 'Bearer', 900],
  )
  assert.equal(await whoAre(body.credentials), sessionArn('person-1'))
})

for (const [story, changes, issued] of [
  ['credentials', { requested_token_type: credentialsType }, credentialsType],
  [
    'an access token for an audience',
    { requested_token_type: tokenType('access_token'), audience: service },
    tokenType('access_token'),
  ],
] as const) {
  test(`who names the type ${story} is given that type`, async () => {
    assert.equal(bodyOf(await exchange(changes)).issued_token_type, issued)
  })
}

for (const [story, changes] of [
  ['an access token for no audience', { requested_token_type: tokenType('access_token') }],
  ['credentials for an audience', { requested_token_type: credentialsType, audience: service }],
  ...['jwt', 'id_token', 'refresh_token', 'saml1', 'saml2', 'Access_Token'].map(
    name =>
      [`a token of type ${name}`, { requested_token_type: tokenType(name), audience: service }] as const,
  ),
  ['a type that is no name of one', { requested_token_type: 'access_token', audience: service }],
] as const) {
  test(`who asks for ${story} is refused, not given something else`, async () => {
    assert.deepEqual(errorOf(await exchange(changes)), ['invalid_request', 400])
  })
}

for (const [seconds, expected] of [
  ['900', 900],
  ['43200', 43_200],
  [undefined, 3600],
] as const) {
  test(`with ${seconds ?? 'no'} duration_seconds the credentials last ${expected}`, async () => {
    const beforeMs = Date.now()
    const { credentials, expires_in } = bodyOf(await exchange({ duration_seconds: seconds }))
    const afterMs = Date.now()
    const endMs = Date.parse(credentials.Expiration ?? '')
    assert.equal(expires_in, expected)
    assert.ok(endMs > beforeMs - 1000 + expected * 1000 && endMs <= afterMs + expected * 1000)
  })
}

for (const seconds of [
  '899',
  '43201',
  '0',
  '-900',
  '9e2',
  '0x384',
  '900.0',
  ' 900',
  '900s',
  '1'.repeat(30),
]) {
  test(`a duration_seconds of "${seconds}" is refused`, async () => {
    assert.deepEqual(errorOf(await exchange({ duration_seconds: seconds })), ['invalid_request', 400])
  })
}

test('a session is named as it was asked, and else after who it is', async () => {
  const named = bodyOf(await exchange({ session_name: 'night-shift' }))
  assert.equal(await whoAre(named.credentials), sessionArn('night-shift'))
  const subject_token = issuer.sign({ name: 'Ada Lindqvist', email: 'ada@example.com', email_verified: true })
  const byEmail = bodyOf(await exchange({ subject_token }))
  assert.equal(await whoAre(byEmail.credentials), sessionArn('ada@example.com'))
})

for (const name of ['a', 'x'.repeat(65), 'a b', 'a/b', 'a:b', 'ä-ö', 'a\nb']) {
  test(`the session name ${JSON.stringify(name)} is refused`, async () => {
    assert.deepEqual(errorOf(await exchange({ session_name: name })), ['invalid_request', 400])
  })
}

test('a parameter that is not known is ignored, as is one without a value', async () => {
  const ignored = {
    client_id: 'somebody',
    nonce: 'x',
    constructor: 'z',
    audience: '',
    scope: '',
    actor_token: '',
    actor_token_type: '',
    requested_token_type: '',
    session_name: '',
    duration_seconds: '',
    provider_id: '',
  }
  const { issued_token_type, expires_in } = bodyOf(await exchange(ignored))
  assert.deepEqual([issued_token_type, expires_in], [credentialsType, 3600])
})

test('a content type may say its charset, in any case', async () => {
  const type = 'Application/X-WWW-Form-URLencoded; charset=UTF-8'
  bodyOf(await exchange({}, { 'content-type': type }))
})

test('what stands in the query is not looked at, whatever it says', async () => {
  const body = bodyOf(await post(form({}), {}, '/token?audience=evil&resource=x&grant_type=password'))
  assert.equal(body.issued_token_type, credentialsType)
})

test('a page of another site can send a token here, but reads no answer and no cookie comes', async () => {
  for (const answer of [
    await exchange({}, { origin: 'https://evil.example' }),
    await exchange({ resource: 'x' }, { origin: 'https://evil.example' }),
  ]) {
    const names = Object.keys(answer.headers)
    assert.deepEqual(
      names.filter(name => /^access-control-|^set-cookie$/.test(name)),
      [],
    )
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  }
})
