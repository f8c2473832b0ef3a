import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf } from '../support/aws-calls.ts'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { makePool, roleOf } from '../support/identity-pool.ts'
import { password, startAccountsRolecall } from '../support/own-accounts.ts'

const rolecall = await startAccountsRolecall()
const { issuer, register, token } = rolecall
const key = issuer.url.replace(/^https?:\/\//, '')
const pool = await makePool(rolecall, [], {
  OpenIdConnectProviderARNs: [`arn:aws:iam::${rolecall.accountId}:oidc-provider/${key}`],
})
const loginOf = async (username: string) => {
  const { id_token } = await token({ username, password })
  assert.equal(typeof id_token, 'string')
  return { [key]: String(id_token) }
}

test('a guest of a pool registers here, logs in, and keeps the identity', async () => {
  const guest = await pool.getId()
  await pool.credentials(guest)
  await register('ada@example.com')
  const login = await loginOf('ada@example.com')
  const { id, keys } = await pool.credentials(guest, login)
  assert.equal(id, guest)
  assert.match(keys.accessKeyId, /^ASIA/)
  assert.equal(await pool.getId(await loginOf('ada@example.com')), guest, 'on another device, too')
  await assert.rejects(pool.credentials(guest), { name: 'NotAuthorizedException' })
})

test('what ends somebody’s ID tokens ends them in pools as well', async () => {
  await register('ben@example.com')
  const login = await loginOf('ben@example.com')
  const id = await pool.getId(login)
  await pool.credentials(id, login)
  const [name = '', idToken = ''] = Object.entries(login)[0] ?? []
  const { sub } = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString())
  rolecall.advanceMs(2_000)
  await rolecall.rolecall.store.revocations.add({
    kind: 'person',
    subject: JSON.stringify([issuer.url, sub]),
    untilSeconds: Math.floor(Date.now() / 1000) + 1,
    expiresAtMs: Date.now() + 3_600_000,
  })
  await assert.rejects(pool.credentials(id, { [name]: idToken }), { name: 'NotAuthorizedException' })
})

test('a password that is set anew ends what its thief got in pools, and nobody else’s', async () => {
  await register('cleo@example.com')
  await register('dora@example.com')
  const [stolen, others] = [await loginOf('cleo@example.com'), await loginOf('dora@example.com')]
  const id = await pool.getId(stolen)
  const thief = await pool.credentials(id, stolen)
  const other = await pool.credentials(await pool.getId(others), others)
  assert.match(await roleOf(rolecall, thief.keys), /^user-/)
  const browser = createHttpBrowser()
  const asked = await rolecall.post(browser, '/sign-in/accounts/forgotten', { email: 'cleo@example.com' })
  const code = await rolecall.mail.codeTo('cleo@example.com', 2)
  const form = { id: locationOf(asked)?.searchParams.get('id') ?? '', code, password: 'no thief knows this' }
  const done = await rolecall.post(browser, '/sign-in/accounts/new-password', form)
  assert.equal(locationOf(done)?.searchParams.get('notice'), 'password-set')
  assert.equal((await faultOf(roleOf(rolecall, thief.keys))).code, 'InvalidClientTokenId')
  assert.match(await roleOf(rolecall, other.keys), /^user-/)
  const { id_token } = await token({ username: 'cleo@example.com', password: 'no thief knows this' })
  const anew = await pool.credentials(id, { [key]: String(id_token) })
  assert.equal(anew.id, id)
  assert.match(await roleOf(rolecall, anew.keys), /^user-/)
})
