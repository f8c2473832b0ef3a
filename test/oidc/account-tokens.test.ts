import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { createLocalJWKSet, generateKeyPair, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { claimsOf, password, startAccountsRolecall } from '../support/own-accounts.ts'
import { trusting } from '../support/rolecall.ts'

describe('POST /token with an own account’s password', async () => {
  const rolecall = await startAccountsRolecall()
  const { url, issuer, token, register, mail, logIn } = rolecall
  await register('ada@example.com')
  const ada = { username: 'ada@example.com', password }
  const key = issuer.url.replace(/^https?:\/\//, '')
  const role = await rolecall.createRole(
    'member',
    trusting(rolecall.accountId, issuer, {
      StringEquals: {
        [`${key}:aud`]: 'rolecall',
        [`${key}:email`]: 'ada@example.com',
        [`${key}:email_verified`]: 'true',
      },
      'ForAnyValue:StringEquals': { [`${key}:amr`]: ['pwd'] },
    }),
  )
  const strict = await rolecall.createRole(
    'strict',
    trusting(rolecall.accountId, issuer, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
  )
  const assume = (WebIdentityToken: string, RoleArn = role) =>
    rolecall
      .sts()
      .send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'ada', WebIdentityToken }))

  test('answers an ID token that verifies by discovery and JWKS, as OpenID Connect has it', async () => {
    const { status, id_token, access_token, token_type, issued_token_type, expires_in } = await token(ada)
    assert.deepEqual([status, token_type, expires_in], [200, 'N_A', 3600])
    assert.equal(issued_token_type, 'urn:ietf:params:oauth:token-type:id_token')
    assert.equal(access_token, id_token)
    const found = await fetch(`${issuer.url}/.well-known/openid-configuration`)
    const metadata: Record<string, string> = Object(await found.json())
    assert.equal(metadata.issuer, issuer.url)
    const keys: JSONWebKeySet = Object(await (await fetch(metadata.jwks_uri ?? '')).json())
    const { payload } = await jwtVerify(String(id_token), createLocalJWKSet(keys), {
      issuer: issuer.url,
      audience: 'rolecall',
      algorithms: ['RS256'],
    })
    assert.deepEqual(payload.amr, ['pwd'])
    assert.deepEqual([payload.email, payload.email_verified, payload.name], ['ada@example.com', true, 'Ada'])
    assert.match(String(payload.sub), /^[0-9a-f-]{36}$/)
  })

  test('answers credentials for the role that is asked for, beside it', async () => {
    const { status, credentials, id_token } = await token({ ...ada, resource: role })
    assert.equal(status, 200)
    assert.match(Object(credentials).AccessKeyId, /^ASIA/)
    assert.equal(claimsOf(id_token).iss, issuer.url)
  })

  test('the ID token is taken by AssumeRoleWithWebIdentity, without a call to ourselves', async () => {
    const { id_token } = await token(ada)
    const { Credentials: given, Provider } = await assume(String(id_token))
    assert.equal(Provider, issuer.url)
    const keys = {
      accessKeyId: given?.AccessKeyId ?? '',
      secretAccessKey: given?.SecretAccessKey ?? '',
      sessionToken: given?.SessionToken ?? '',
    }
    const { Arn } = await rolecall.sts(keys).send(new GetCallerIdentityCommand({}))
    assert.match(Arn ?? '', /assumed-role\/member\/ada$/)
  })

  test('whoever registers our issuer anew vouches for nobody by it', async () => {
    const provider = { Url: issuer.url, ClientIDList: ['rolecall', 'another'] }
    await rolecall.iam().send(new CreateOpenIDConnectProviderCommand(provider))
    await assume(String((await token(ada)).id_token))
    const { privateKey } = await generateKeyPair('RS256')
    const claims = { ...claimsOf((await token(ada)).id_token), aud: 'another' }
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
    await assert.rejects(assume(forged), { name: 'InvalidIdentityTokenException' })
  })

  test('a password alone is no second factor to a role that wants one', async () => {
    const { error } = await token({ ...ada, resource: strict })
    assert.equal(error, 'invalid_target')
  })

  test('a token of our issuer by another’s key is nobody’s', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    const { id_token } = await token(ada)
    const kid = JSON.parse(Buffer.from(String(id_token).split('.')[0] ?? '', 'base64url').toString()).kid
    for (const header of [{ alg: 'RS256', kid }, { alg: 'RS256', kid: 'unknown' }, { alg: 'RS256' }]) {
      const forged = await new SignJWT(claimsOf(id_token)).setProtectedHeader(header).sign(privateKey)
      await assert.rejects(assume(forged), { name: 'InvalidIdentityTokenException' })
    }
  })

  test('a token of ours whose issuer or subject is changed is nobody’s', async () => {
    const { id_token } = await token(ada)
    for (const change of [{ iss: url }, { sub: 'somebody else' }, { amr: ['pwd', 'mfa'] }]) {
      const claims = { ...claimsOf(id_token), ...change }
      const [head, , signature] = String(id_token).split('.')
      const swapped = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
      await assert.rejects(assume(swapped), { name: 'InvalidIdentityTokenException' })
    }
  })

  test('says the same whoever is refused, and of a code beside a wrong password', async () => {
    const answers = await Promise.all([
      token({ ...ada, password: 'wrong' }),
      token({ ...ada, password: 'wrong', otp: '123456' }),
      token({ username: 'nobody@example.com', password: 'wrong' }),
      token({ username: 'nobody', password: 'wrong' }),
    ])
    for (const answer of answers) assert.deepEqual(answer, answers[0])
    assert.deepEqual([answers[0]?.status, answers[0]?.error], [400, 'invalid_grant'])
  })

  for (const [story, form, error] of [
    ['another provider', { provider_id: 'directory' }, 'invalid_request'],
    ['a scope', { scope: 'openid' }, 'invalid_scope'],
    ['no password', { password: '' }, 'invalid_request'],
    ['a token beside the password', { subject_token: 'x' }, 'invalid_request'],
  ] as const) {
    test(`refuses ${story} with ${error}`, async () => {
      assert.equal((await token({ ...ada, ...form })).error, error)
    })
  }

  test('does without a provider_id where accounts are all there is', async () => {
    assert.equal((await token({ ...ada, provider_id: '' })).status, 200)
  })

  test('wrong passwords are bounded, with Retry-After, and whoever is known keeps their way in', async () => {
    await register('bounded@example.com')
    const wrong = {
      grant_type: 'password',
      provider_id: 'accounts',
      username: 'nobody2@example.com',
      password: 'wrong',
    }
    for (let n = 0; n < 5; n++) await token({ ...wrong })
    const answer = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(wrong) })
    assert.deepEqual([answer.status, Object(await answer.json()).error], [429, 'slow_down'])
    assert.ok(Number(answer.headers.get('retry-after')) > 1)
    assert.equal((await token(ada)).status, 200)
  })

  test('after a new password, ID tokens and credentials from before are worth nothing', async () => {
    await register('reset@example.com')
    const reset = { username: 'reset@example.com', password }
    const everybody = await rolecall.createRole('everybody', trusting(rolecall.accountId, issuer))
    const { id_token, credentials } = await token({ ...reset, resource: everybody })
    await assume(String(id_token), everybody)
    const browser = createHttpBrowser()
    const asked = await rolecall.post(browser, '/sign-in/accounts/forgotten', { email: 'reset@example.com' })
    const id = locationOf(asked)?.searchParams.get('id') ?? ''
    const code = await mail.codeTo('reset@example.com', 2)
    const form = { id, code, password: 'another walrus entirely' }
    const answer = await rolecall.post(browser, '/sign-in/accounts/new-password', form)
    assert.equal(locationOf(answer)?.search, '?notice=password-set')
    await assert.rejects(assume(String(id_token), everybody), { name: 'IDPRejectedClaimException' })
    const { AccessKeyId, SecretAccessKey, SessionToken } = Object(credentials)
    const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
    await assert.rejects(rolecall.sts(keys).send(new GetCallerIdentityCommand({})))
    assert.equal((await token(reset)).error, 'invalid_grant')
    const anew = await token({ ...reset, password: 'another walrus entirely', resource: everybody })
    assert.equal(anew.status, 200)
    await assume(String(anew.id_token), everybody)
    assert.equal(locationOf(await logIn('reset@example.com'))?.searchParams.get('notice'), 'refused')
  })
})
