import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePool } from '../support/identity-pool.ts'
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
