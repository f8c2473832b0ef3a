import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DescribeIdentityCommand, GetOpenIdTokenCommand } from '@aws-sdk/client-cognito-identity'
import { decodeJwt } from 'jose'
import { ada, appId, clientId, eve, startAmazon } from '../support/amazon.ts'
import { faultOf } from '../support/aws-calls.ts'
import { makePool, roleOf } from '../support/identity-pool.ts'
import { startRolecall } from '../support/rolecall.ts'

const amazon = await startAmazon()
const rolecall = await startRolecall(amazon.env)
const name = 'www.amazon.com'
const pool = await makePool(rolecall, [], {
  SupportedLoginProviders: { [name]: appId },
  AllowClassicFlow: true,
})
const loginOf = (person = ada) => ({ [name]: amazon.tokenOf(person) })

test('Amazon’s people come by the app that is set up here, and keep their identity', async () => {
  const id = await pool.getId(loginOf())
  const { keys } = await pool.credentials(id, loginOf())
  assert.match(await roleOf(rolecall, keys), /^user-/)
  const { Logins } = await rolecall.cognito().send(new DescribeIdentityCommand({ IdentityId: id }))
  assert.deepEqual(Logins, [name])
  assert.equal(await pool.getId(loginOf()), id)
  assert.notEqual(await pool.getId(loginOf(eve)), id)
})

test('the pool’s own token says by whom somebody came', async () => {
  const id = await pool.getId(loginOf())
  const { Token = '' } = await rolecall
    .cognito()
    .send(new GetOpenIdTokenCommand({ IdentityId: id, Logins: loginOf() }))
  assert.deepEqual(decodeJwt(Token).amr, ['authenticated', name, `${name}:${appId}:${ada.user_id}`])
})

test('rules map what is known of Amazon’s people to roles', async () => {
  const trust = pool.trust('authenticated')
  const adas = await rolecall.createRole('adas', trust)
  await pool.setRoles({
    RoleMappings: {
      [name]: {
        Type: 'Rules',
        AmbiguousRoleResolution: 'Deny',
        RulesConfiguration: {
          Rules: [{ Claim: 'user_id', MatchType: 'Equals', Value: ada.user_id, RoleARN: adas }],
        },
      },
    },
  })
  const { keys } = await pool.credentials(await pool.getId(loginOf()), loginOf())
  assert.equal(await roleOf(rolecall, keys), 'adas')
  const eves = await pool.getId(loginOf(eve))
  assert.equal((await faultOf(pool.credentials(eves, loginOf(eve)))).code, 'NotAuthorizedException')
})

for (const [story, app] of [
  ['another app', 'amzn1.application.other'],
  ['the client, and not its app', clientId],
] as const) {
  test(`a pool that names ${story} takes none of its tokens`, async () => {
    const other = await makePool(rolecall, [], { SupportedLoginProviders: { [name]: app } })
    const { code, message } = await faultOf(other.getId(loginOf()))
    assert.equal(code, 'NotAuthorizedException')
    assert.equal(message, 'Token is not from a supported provider of this identity pool.')
  })
}

for (const [story, tokenOf] of [
  ['a token that was made for another client', () => amazon.tokenOf(ada, { aud: 'evil' })],
  ['what Amazon does not know', () => 'Atza|made-up'],
  ['what is no token of Amazon’s', () => 'made-up'],
] as const) {
  test(`${story} is refused`, async () => {
    assert.equal((await faultOf(pool.getId({ [name]: tokenOf() }))).code, 'NotAuthorizedException')
  })
}

test('Twitter’s and Digits’ logins are refused in a pool that names them', async () => {
  const apps = { 'api.twitter.com': 'x', 'www.digits.com': 'x' }
  const other = await makePool(rolecall, [], { SupportedLoginProviders: apps })
  for (const provider of Object.keys(apps)) {
    const { code } = await faultOf(other.getId({ [provider]: 'token;secret' }))
    assert.equal(code, 'NotAuthorizedException')
  }
})
