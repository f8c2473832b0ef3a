import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DescribeIdentityCommand } from '@aws-sdk/client-cognito-identity'
import { faultOf } from '../support/aws-calls.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { makePool, roleOf } from '../support/identity-pool.ts'

const rolecall = await startDemoRolecall()
const facebook = rolecall.providers.facebook
const tokenOf = async (person: string) =>
  (await fetch(`${facebook?.graphUrl}/sample-access-token/${person}`)).text()
const name = 'graph.facebook.com'
const pool = await makePool(rolecall, [], { SupportedLoginProviders: { [name]: facebook?.appId ?? '' } })

test('Facebook’s people come by the app that is set up here', async () => {
  const login = { [name]: await tokenOf('ada') }
  const id = await pool.getId(login)
  const { keys } = await pool.credentials(id, login)
  assert.match(await roleOf(rolecall, keys), /^user-/)
  const { Logins } = await rolecall.cognito().send(new DescribeIdentityCommand({ IdentityId: id }))
  assert.deepEqual(Logins, [name])
})

test('a pool of another app takes none of its tokens', async () => {
  const other = await makePool(rolecall, [], { SupportedLoginProviders: { [name]: '123' } })
  const { code, message } = await faultOf(other.getId({ [name]: await tokenOf('ada') }))
  assert.equal(code, 'NotAuthorizedException')
  assert.equal(message, 'Token is not from a supported provider of this identity pool.')
})

test('what Facebook does not know is refused', async () => {
  const { code } = await faultOf(pool.getId({ [name]: 'made-up' }))
  assert.equal(code, 'NotAuthorizedException')
})
