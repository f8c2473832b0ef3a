import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DescribeIdentityCommand, UnlinkIdentityCommand } from '@aws-sdk/client-cognito-identity'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import { assumeRole, faultOf } from '../support/aws-calls.ts'
import { keyOf, loginOf, makePool, roleOf } from '../support/identity-pool.ts'
import { audience, makeKey, signToken, startIssuer } from '../support/issuer.ts'
import { startRolecall } from '../support/rolecall.ts'

const google = await startIssuer()
after(() => google.close())
const rolecall = await startRolecall({
  GOOGLE_CLIENT_ID: 'rolecall-itself',
  GOOGLE_CLIENT_SECRET: 'x',
  GOOGLE_JWKS_URL: google.jwksUri,
})
const [issuer, other] = [await rolecall.registerIssuer(), await rolecall.registerIssuer()]
const pool = await makePool(rolecall, [issuer], {
  DeveloperProviderName: 'login.my.app',
  SupportedLoginProviders: { 'accounts.google.com': 'the-app', 'www.amazon.com': 'x' },
  AllowClassicFlow: true,
})
const notAuthorized = 'NotAuthorizedException'
const unsupported = 'Token is not from a supported provider of this identity pool.'
const dontMatch =
  "Logins don't match. Please include at least one valid login for this identity or identity pool."

const googleToken = (sub: string, more: object = {}) =>
  google.sign({ iss: 'https://accounts.google.com', aud: 'the-app', sub, ...more })

test('Google’s people come by the app that the pool names, whoever Rolecall itself is at Google', async () => {
  const id = await pool.getId({ 'accounts.google.com': googleToken('ada') })
  const { keys } = await pool.credentials(id, {
    'accounts.google.com': googleToken('ada', { iss: 'accounts.google.com' }),
  })
  assert.match(await roleOf(rolecall, keys), /^user-/)
})

const forger = makeKey('RS256', issuer.key.kid)
for (const [story, logins, code, message] of [
  [
    'an app’s token that is another’s',
    { 'accounts.google.com': googleToken('ada', { aud: 'rolecall-itself' }) },
    notAuthorized,
    unsupported,
  ],
  [
    'a token of an issuer that the pool does not take, under its own name',
    loginOf(other, 'ada'),
    notAuthorized,
    unsupported,
  ],
  [
    'a token of an issuer that is trusted elsewhere, under the name of one that the pool takes',
    { [keyOf(issuer)]: other.sign({ sub: 'ada' }) },
    notAuthorized,
    "Invalid login token. Issuer doesn't match providerName",
  ],
  [
    'a token made for another app of that issuer',
    loginOf(issuer, 'ada', { aud: 'other-app' }),
    notAuthorized,
    unsupported,
  ],
  [
    'a token that is over',
    loginOf(issuer, 'ada', { exp: 1 }),
    notAuthorized,
    'Invalid login token. Token expired.',
  ],
  [
    'a forged token',
    { [keyOf(issuer)]: signToken(issuer.claims(), forger) },
    notAuthorized,
    "Invalid login token. Couldn't verify signed token.",
  ],
  [
    'no token at all',
    { [keyOf(issuer)]: 'abc' },
    notAuthorized,
    'Invalid login token. Not a valid OpenId Connect identity token.',
  ],
  [
    'a token without a subject',
    { [keyOf(issuer)]: issuer.sign({ sub: undefined }) },
    notAuthorized,
    'Invalid login token. Missing a required claim: sub',
  ],
  [
    'a developer’s user, by somebody who did not sign',
    { 'login.my.app': 'ada' },
    'InvalidParameterException',
    'Please provide a valid public provider',
  ],
  ['Amazon, which is not set up here', { 'www.amazon.com': 'Atza|x' }, notAuthorized, unsupported],
  ['Facebook where the pool has none', { 'graph.facebook.com': 'EAAB' }, notAuthorized, unsupported],
  [
    'one good login and one bad',
    { ...loginOf(issuer, 'ada'), 'graph.facebook.com': 'x' },
    notAuthorized,
    unsupported,
  ],
] as const) {
  test(`${story} is refused with ${code}`, async () => {
    const before = await pool.getId()
    for (const call of [() => pool.getId(logins), () => pool.credentials(before, logins)]) {
      const fault = await faultOf(call())
      assert.deepEqual(
        { code: fault.code, message: fault.message, status: fault.status },
        { code, message, status: 400 },
      )
    }
    await pool.credentials(before)
  })
}

test('a stranger who knows the id of somebody’s identity gets nothing for it', async () => {
  const id = await pool.getId(loginOf(issuer, 'carla'))
  const bare = await faultOf(pool.credentials(id))
  assert.equal(bare.message, `Access to Identity '${id}' is forbidden.`)
  const stranger = await faultOf(pool.credentials(id, loginOf(issuer, 'stranger')))
  assert.deepEqual(
    { code: stranger.code, message: stranger.message },
    { code: notAuthorized, message: dontMatch },
  )
  await pool.getId(loginOf(issuer, 'stranger'))
  assert.equal((await faultOf(pool.credentials(id, loginOf(issuer, 'stranger')))).message, dontMatch)
  const unlink = new UnlinkIdentityCommand({
    IdentityId: id,
    Logins: loginOf(issuer, 'stranger'),
    LoginsToRemove: [keyOf(issuer)],
  })
  assert.equal((await faultOf(rolecall.cognito().send(unlink))).message, dontMatch)
  const { Logins } = await rolecall.cognito().send(new DescribeIdentityCommand({ IdentityId: id }))
  assert.deepEqual(Logins, [keyOf(issuer)])
})

test('an identity of one pool is nothing in another, and neither is its login', async () => {
  const second = await makePool(rolecall, [issuer])
  const here = await pool.getId(loginOf(issuer, 'dan'))
  const there = await second.getId(loginOf(issuer, 'dan'))
  assert.notEqual(here, there)
  const { id } = await pool.credentials(here, loginOf(issuer, 'dan'))
  assert.equal(id, here)
  assert.equal(
    await roleOf(rolecall, (await second.credentials(there, loginOf(issuer, 'dan'))).keys),
    second.userRole.split('/')[1],
  )
})

test('logins of two identities are not made one by showing both', async () => {
  const [a, b] = [loginOf(issuer, 'erin'), { 'accounts.google.com': googleToken('erin') }]
  const id = await pool.getId(a)
  await pool.getId(b)
  for (const call of [() => pool.getId({ ...a, ...b }), () => pool.credentials(id, { ...a, ...b })]) {
    assert.equal((await faultOf(call())).code, 'ResourceConflictException')
  }
})

test('nobody has two people of one provider', async () => {
  const id = await pool.getId(loginOf(issuer, 'fay'))
  const google = { 'accounts.google.com': googleToken('fay') }
  await pool.credentials(id, { ...loginOf(issuer, 'fay'), ...google })
  const both = { ...loginOf(issuer, 'fay-2'), ...google }
  assert.equal((await faultOf(pool.credentials(id, both))).code, 'ResourceConflictException')
})

test('a pool that takes no guests has none, and no new ones', async () => {
  const closed = await makePool(rolecall, [issuer], { AllowUnauthenticatedIdentities: false })
  const fault = await faultOf(closed.getId())
  assert.equal(fault.code, notAuthorized)
  assert.equal(fault.message, 'Unauthenticated access is not supported for this identity pool.')
  const id = await closed.getId(loginOf(issuer, 'gil'))
  await closed.credentials(id, loginOf(issuer, 'gil'))
})

test('an issuer whose name leads to ourselves is never asked over the network, nor registered otherwise', async () => {
  const mine = `${rolecall.url}/identity-pools`
  await rolecall
    .iam()
    .send(new CreateOpenIDConnectProviderCommand({ Url: mine, ClientIDList: [pool.id, audience] }))
  const forged = issuer.sign({ iss: mine, aud: pool.id, sub: 'us-east-1:x', amr: ['authenticated'] })
  const fault = await faultOf(assumeRole(rolecall, pool.userRole, forged))
  assert.equal(fault.code, 'InvalidIdentityToken')
})

test('a user pool’s people come by its client, where its issuer is registered', async () => {
  const CognitoIdentityProviders = [{ ProviderName: keyOf(issuer), ClientId: audience }]
  const theirs = await makePool(rolecall, [], { CognitoIdentityProviders })
  const mapping = { Type: 'Token', AmbiguousRoleResolution: 'Deny' } as const
  await theirs.setRoles({ RoleMappings: { [`${keyOf(issuer)}:${audience}`]: mapping } })
  const login = loginOf(issuer, 'una', { 'cognito:roles': [theirs.userRole] })
  const { keys } = await theirs.credentials(await theirs.getId(login), login)
  assert.match(await roleOf(rolecall, keys), /^user-/)
  const wrong = { [keyOf(issuer)]: other.sign({ sub: 'una' }) }
  assert.equal((await faultOf(theirs.getId(wrong))).code, notAuthorized)
  const another = await makePool(rolecall, [], {
    CognitoIdentityProviders: [{ ProviderName: keyOf(issuer), ClientId: 'another' }],
  })
  assert.equal((await faultOf(another.getId(login))).message, unsupported)
})

test('a provider that does not answer is told as such', async () => {
  const down = await rolecall.registerIssuer()
  const theirs = await makePool(rolecall, [down])
  down.mood = 'down'
  assert.equal((await faultOf(theirs.getId(loginOf(down, 'vic')))).code, 'ExternalServiceException')
})

test('how many identities strangers may make is bounded, and they are told to wait', async () => {
  const busy = await startRolecall()
  const { id } = await makePool(busy)
  const ask = () =>
    fetch(`http://127.0.0.1:${busy.port}/`, {
      method: 'POST',
      body: JSON.stringify({ IdentityPoolId: id }),
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSCognitoIdentityService.GetId',
      },
    })
  let answer = await ask()
  for (let n = 0; answer.status === 200 && n < 2_000; n++) answer = await ask()
  assert.equal(answer.status, 429)
  assert.equal(answer.headers.get('x-amzn-errortype'), 'TooManyRequestsException')
  assert.ok(Number(answer.headers.get('retry-after')) >= 1)
  busy.advanceMs(5_000)
  assert.equal((await ask()).status, 200)
})

test('of two who sign in to one guest’s identity at once, one has it and the other is refused', async () => {
  for (let n = 0; n < 5; n++) {
    const guest = await pool.getId()
    const people = [`race-a-${n}`, `race-b-${n}`]
    const tries = people.map(sub => pool.credentials(guest, loginOf(issuer, sub)))
    const done = await Promise.allSettled(tries)
    assert.equal(done.filter(({ status }) => status === 'fulfilled').length, 1)
    const asked = new DescribeIdentityCommand({ IdentityId: guest })
    assert.deepEqual((await rolecall.cognito().send(asked)).Logins, [keyOf(issuer)])
  }
})
