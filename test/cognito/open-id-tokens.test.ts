import assert from 'node:assert/strict'
import { createPublicKey, randomInt, verify } from 'node:crypto'
import { test } from 'node:test'
import * as cognito from '@aws-sdk/client-cognito-identity'
import { CreateRoleCommand } from '@aws-sdk/client-iam'
import { assumeRole, faultOf, keysOf } from '../support/aws-calls.ts'
import { loginOf, makePool, roleOf } from '../support/identity-pool.ts'
import { startRolecall } from '../support/rolecall.ts'
import { postSigned } from '../support/signed-form.ts'
import { serviceKinds } from '../support/stores.ts'

const rolecall = await startRolecall()
const client = rolecall.cognito()
const issuer = await rolecall.registerIssuer()
const developer = 'login.my.app'
const options = { DeveloperProviderName: developer }
const pool = await makePool(rolecall, [issuer], { ...options, AllowClassicFlow: true })
const enhanced = await makePool(rolecall, [issuer], options)

async function tokenOf(IdentityId: string, Logins?: Record<string, string>): Promise<string> {
  const { Token = '' } = await client.send(new cognito.GetOpenIdTokenCommand({ IdentityId, Logins }))
  return Token
}
type Asked = Partial<cognito.GetOpenIdTokenForDeveloperIdentityCommandInput>
async function developerToken(user: string, more: Asked = {}) {
  const asked = { IdentityPoolId: pool.id, Logins: { [developer]: user }, ...more }
  const answer = await client.send(new cognito.GetOpenIdTokenForDeveloperIdentityCommand(asked))
  return { id: answer.IdentityId ?? '', token: answer.Token ?? '' }
}
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
const own = (token: string) => ({ 'cognito-identity.amazonaws.com': token })
const dontMatch = /^Logins don't match/

test('a guest’s token is the identity’s, for ten minutes, and verifies by our discovery and key set', async () => {
  const id = await pool.getId()
  const token = await tokenOf(id)
  const { iat, exp, jti, ...claims } = claimsOf(token)
  const iss = `${rolecall.url}/identity-pools`
  assert.deepEqual(claims, { iss, sub: id, aud: pool.id, amr: ['unauthenticated'] })
  assert.equal(exp - iat, 600)
  assert.ok(jti)
  const metadata = Object(await (await fetch(`${iss}/.well-known/openid-configuration`)).json())
  assert.equal(metadata.issuer, iss)
  const { keys } = Object(await (await fetch(metadata.jwks_uri)).json())
  const [head = '', payload = '', signature = ''] = token.split('.')
  const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString())
  const key = createPublicKey({ key: keys.find((one: { kid: string }) => one.kid === kid), format: 'jwk' })
  assert.ok(verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url')))
})

test('it gets the roles that trust the pool for such people, and no others', async () => {
  const id = await pool.getId()
  const guest = await tokenOf(id)
  assert.match(await roleOf(rolecall, keysOf(await assumeRole(rolecall, pool.guestRole, guest))), /^guest-/)
  assert.equal((await faultOf(assumeRole(rolecall, pool.userRole, guest))).code, 'AccessDenied')
  const user = await tokenOf(id, loginOf(issuer, 'ada'))
  const answer = await assumeRole(rolecall, pool.userRole, user)
  assert.equal(answer.SubjectFromWebIdentityToken, id)
  assert.equal(answer.Audience, pool.id)
  assert.equal((await faultOf(assumeRole(rolecall, pool.guestRole, user))).code, 'AccessDenied')
  assert.equal((await faultOf(assumeRole(rolecall, enhanced.userRole, user))).code, 'AccessDenied')
})

test('a trust policy may ask for a provider, and for one person of it', async () => {
  const login = loginOf(issuer, 'bea')
  const token = await tokenOf(await pool.getId(login), login)
  const [key = ''] = Object.keys(login)
  const { amr } = claimsOf(token)
  assert.deepEqual(amr, ['authenticated', key, `${key}:rolecall:bea`])
  for (const [wanted, admitted] of [
    [key, true],
    [`${key}:*:bea`, true],
    [`${key}:*:ada`, false],
    ['graph.facebook.com', false],
  ] as const) {
    const RoleName = `asks-${wanted.replace(/[^\w]/g, '')}`
    const AssumeRolePolicyDocument = JSON.stringify(pool.trust(wanted))
    const { Role } = await rolecall.iam().send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
    const call = assumeRole(rolecall, Role?.Arn ?? '', token)
    if (admitted) await call
    else assert.equal((await faultOf(call)).code, 'AccessDenied')
  }
})

test('a token is over after its time', async () => {
  const late = await startRolecall()
  const theirs = await makePool(late, [], { AllowClassicFlow: true })
  const IdentityId = await theirs.getId()
  const { Token = '' } = await late.cognito().send(new cognito.GetOpenIdTokenCommand({ IdentityId }))
  late.advanceMs(600_000 + 301_000)
  assert.equal((await faultOf(assumeRole(late, theirs.guestRole, Token))).code, 'ExpiredTokenException')
})

test('without the classic flow there is no token for everybody, and a backend’s gets no role by itself', async () => {
  const fault = await faultOf(tokenOf(await enhanced.getId()))
  assert.equal(fault.code, 'InvalidParameterException')
  assert.equal(fault.message, 'Basic (classic) flow is not enabled, please use enhanced flow.')
  const { id, token } = await developerToken('ada', { IdentityPoolId: enhanced.id })
  assert.equal((await faultOf(assumeRole(rolecall, enhanced.userRole, token))).code, 'InvalidIdentityToken')
  const { keys } = await enhanced.credentials(id, own(token))
  assert.match(await roleOf(rolecall, keys), /^user-/)
})

test('a token of a pool that is gone is nothing', async () => {
  const gone = await makePool(rolecall, [], { AllowClassicFlow: true })
  const token = await tokenOf(await gone.getId())
  await client.send(new cognito.DeleteIdentityPoolCommand({ IdentityPoolId: gone.id }))
  assert.equal((await faultOf(assumeRole(rolecall, gone.guestRole, token))).code, 'InvalidIdentityToken')
})

test('a backend’s user has one identity, however often it asks', async () => {
  const { id, token } = await developerToken('carla')
  const { iat, exp, amr } = claimsOf(token)
  assert.equal(exp - iat, 900)
  assert.deepEqual(amr, ['authenticated', developer, `${developer}:${pool.id}:carla`])
  assert.equal((await developerToken('carla', { TokenDuration: 86_400 })).id, id)
  assert.notEqual((await developerToken('dan')).id, id)
  for (const TokenDuration of [0, 86_401]) {
    assert.equal((await faultOf(developerToken('carla', { TokenDuration }))).code, 'ValidationException')
  }
})

for (const { kind, skip, settings } of serviceKinds) {
  test(
    `a user has a name of at most as many bytes as anybody can be known by, on ${kind}`,
    { skip },
    async () => {
      const own = await startRolecall(await settings())
      const { id: IdentityPoolId } = await makePool(own, [await own.registerIssuer()], options)
      const ask = (user: string) => {
        const asked = { IdentityPoolId, Logins: { [developer]: user } }
        return own.cognito().send(new cognito.GetOpenIdTokenForDeveloperIdentityCommand(asked))
      }
      // Of letters that no database packs: three bytes each.
      const letters = String.fromCodePoint(...Array.from({ length: 1024 }, () => randomInt(0x4e00, 0x9f00)))
      assert.equal((await faultOf(ask(letters))).code, 'InvalidParameterException')
      assert.ok((await ask(`${letters.slice(0, 341)}x`)).Token)
    },
  )
}

test('its token counts for its own identity alone', async () => {
  const [erin, fay] = [await developerToken('erin'), await developerToken('fay')]
  assert.equal((await pool.credentials(erin.id, own(erin.token))).id, erin.id)
  const guest = await pool.getId()
  const elsewhere = await developerToken('erin', { IdentityPoolId: enhanced.id })
  for (const [id, token] of [
    [fay.id, erin.token],
    [guest, erin.token],
    [erin.id, elsewhere.token],
    [guest, await tokenOf(guest)],
  ] as const) {
    assert.match((await faultOf(pool.credentials(id, own(token)))).message, dontMatch)
  }
  const both = { ...own(erin.token), ...loginOf(issuer, 'x') }
  assert.equal((await faultOf(pool.credentials(erin.id, both))).code, 'InvalidParameterException')
  assert.equal((await faultOf(pool.getId(own(erin.token)))).code, 'NotAuthorizedException')
  const signedByOther = own(issuer.sign({ aud: pool.id, sub: erin.id, amr: ['authenticated'] }))
  assert.equal((await faultOf(pool.credentials(erin.id, signedByOther))).code, 'NotAuthorizedException')
})

test('a backend links its user and public logins to an identity, and takes none from another', async () => {
  const guest = await pool.getId()
  const { id } = await developerToken('gil', { IdentityId: guest })
  assert.equal(id, guest)
  const Logins = { [developer]: 'gil', ...loginOf(issuer, 'gil') }
  assert.equal((await developerToken('gil', { IdentityId: guest, Logins })).id, guest)
  assert.equal(await pool.getId(loginOf(issuer, 'gil')), guest)
  const other = await developerToken('hal')
  const taken = await faultOf(developerToken('gil', { IdentityId: other.id }))
  assert.equal(taken.code, 'DeveloperUserAlreadyRegisteredException')
  const conflict = developerToken('hal', {
    IdentityId: other.id,
    Logins: { [developer]: 'hal', ...loginOf(issuer, 'gil') },
  })
  assert.equal((await faultOf(conflict)).code, 'ResourceConflictException')
  const none = developerToken('x', { Logins: loginOf(issuer, 'gil') })
  assert.equal((await faultOf(none)).code, 'InvalidParameterException')
})

test('users are looked up, merged and unlinked', async () => {
  const [a, b] = [await developerToken('ida'), await developerToken('jo')]
  await developerToken('ida-2', { IdentityId: a.id })
  const at = { IdentityPoolId: pool.id }
  const lookUp = async (more: object) => {
    const { $metadata: _, ...answer } = await client.send(
      new cognito.LookupDeveloperIdentityCommand({ ...at, ...more }),
    )
    return answer
  }
  assert.deepEqual(await lookUp({ DeveloperUserIdentifier: 'ida' }), {
    IdentityId: a.id,
    DeveloperUserIdentifierList: ['ida', 'ida-2'],
  })
  const first = await lookUp({ IdentityId: a.id, MaxResults: 1 })
  assert.deepEqual(first.DeveloperUserIdentifierList, ['ida'])
  const rest = await lookUp({ IdentityId: a.id, MaxResults: 1, NextToken: first.NextToken })
  assert.deepEqual(rest.DeveloperUserIdentifierList, ['ida-2'])
  for (const [more, code] of [
    [{ IdentityId: a.id, DeveloperUserIdentifier: 'jo' }, 'ResourceConflictException'],
    [{ DeveloperUserIdentifier: 'nobody' }, 'ResourceNotFoundException'],
    [{ IdentityId: await enhanced.getId() }, 'ResourceNotFoundException'],
    [{}, 'InvalidParameterException'],
  ] as const) {
    assert.equal((await faultOf(lookUp(more))).code, code)
  }

  const merging = {
    ...at,
    DeveloperProviderName: developer,
    SourceUserIdentifier: 'jo',
    DestinationUserIdentifier: 'ida',
  }
  const merged = await client.send(new cognito.MergeDeveloperIdentitiesCommand(merging))
  assert.equal(merged.IdentityId, a.id)
  assert.deepEqual((await lookUp({ IdentityId: b.id })).DeveloperUserIdentifierList, ['ida', 'ida-2', 'jo'])
  assert.equal((await developerToken('jo')).id, a.id)
  assert.equal((await pool.credentials(b.id, own(b.token))).id, a.id, 'a token under the old id goes on')
  const wrong = new cognito.MergeDeveloperIdentitiesCommand({ ...merging, DeveloperProviderName: 'other' })
  assert.equal((await faultOf(client.send(wrong))).code, 'InvalidParameterException')

  const unlink = (more: object = {}) =>
    client.send(
      new cognito.UnlinkDeveloperIdentityCommand({
        ...at,
        IdentityId: a.id,
        DeveloperProviderName: developer,
        DeveloperUserIdentifier: 'jo',
        ...more,
      }),
    )
  await unlink()
  assert.equal((await faultOf(unlink())).code, 'ResourceNotFoundException')
  assert.notEqual((await developerToken('jo')).id, a.id)
  assert.equal((await faultOf(unlink())).code, 'ResourceConflictException')
})

test('an identity that is deleted is gone, with what it was called before', async () => {
  const { id, token } = await developerToken('kim')
  const IdentityIdsToDelete = [id, 'us-east-1:00000000-0000-4000-8000-000000000000']
  const answer = await client.send(new cognito.DeleteIdentitiesCommand({ IdentityIdsToDelete }))
  assert.deepEqual(answer.UnprocessedIdentityIds, [])
  assert.equal((await faultOf(pool.credentials(id, own(token)))).code, 'ResourceNotFoundException')
  assert.notEqual((await developerToken('kim')).id, id)
})

test('a token ends with its identity: whoever holds it gets no role any more', async () => {
  const { id, token } = await developerToken('max', { TokenDuration: 86_400 })
  await assumeRole(rolecall, pool.userRole, token)
  await client.send(new cognito.DeleteIdentitiesCommand({ IdentityIdsToDelete: [id] }))
  assert.equal((await faultOf(assumeRole(rolecall, pool.userRole, token))).code, 'IDPRejectedClaim')
})

test('what ends an identity’s sessions ends its tokens too, at both doors, and under the name it had before', async () => {
  const end = async (Subject: string) => {
    const form = { Action: 'RevokeSessions', Version: '2010-05-08', Issuer: `${rolecall.url}/identity-pools` }
    assert.equal((await postSigned(rolecall, 'iam', { ...form, Subject })).status, 200)
  }
  const [mia, nat, other] = [
    await developerToken('mia', { TokenDuration: 86_400 }),
    await developerToken('nat', { TokenDuration: 86_400 }),
    await developerToken('ole'),
  ]
  const { keys: beforeMerging } = await pool.credentials(nat.id, own(nat.token))
  const merging = { IdentityPoolId: pool.id, DeveloperProviderName: developer }
  const users = { SourceUserIdentifier: 'nat', DestinationUserIdentifier: 'mia' }
  await client.send(new cognito.MergeDeveloperIdentitiesCommand({ ...merging, ...users }))
  await pool.credentials(nat.id, own(nat.token))
  await end(mia.id)
  assert.equal((await faultOf(roleOf(rolecall, beforeMerging))).code, 'InvalidClientTokenId')
  for (const { id, token } of [mia, nat]) {
    assert.equal((await faultOf(assumeRole(rolecall, pool.userRole, token))).code, 'IDPRejectedClaim')
    assert.equal((await faultOf(pool.credentials(id, own(token)))).code, 'NotAuthorizedException')
  }
  await assumeRole(rolecall, pool.userRole, other.token)
  rolecall.advanceMs(1_000)
  const anew = await developerToken('mia')
  await assumeRole(rolecall, pool.userRole, anew.token)
})

test('tags that a backend gives go with the token, into the session', async () => {
  const { id, token } = await developerToken('lou', { PrincipalTags: { team: 'blue' } })
  assert.deepEqual(claimsOf(token)['https://aws.amazon.com/tags'], { principal_tags: { team: ['blue'] } })
  await pool.credentials(id, own(token))
  await assumeRole(rolecall, pool.userRole, token)
  const bare = await rolecall.createRole('no-tags', pool.trust('authenticated'))
  assert.equal((await faultOf(assumeRole(rolecall, bare, token))).code, 'AccessDenied')
})
