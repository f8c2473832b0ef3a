import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  DescribeIdentityCommand,
  ListIdentitiesCommand,
  UnlinkIdentityCommand,
} from '@aws-sdk/client-cognito-identity'
import { fromCognitoIdentity, fromCognitoIdentityPool } from '@aws-sdk/credential-providers'
import { faultOf } from '../support/aws-calls.ts'
import { keyOf, loginOf, makePool, roleOf } from '../support/identity-pool.ts'
import { startRolecall } from '../support/rolecall.ts'
import { serviceKinds } from '../support/stores.ts'

for (const { kind, skip, settings } of serviceKinds) {
  describe(`somebody on their way through an identity pool, on ${kind}`, { skip }, async () => {
    if (skip === false) await goesThrough(await settings())
  })
}

async function goesThrough(settings: Record<string, string>): Promise<void> {
  const rolecall = await startRolecall(settings)
  const [phone, site] = [await rolecall.registerIssuer(), await rolecall.registerIssuer()]
  const pool = await makePool(rolecall, [phone, site])
  const clientConfig = { endpoint: rolecall.url, region: 'us-east-1' }
  const describeIdentity = (IdentityId: string) =>
    rolecall.cognito().send(new DescribeIdentityCommand({ IdentityId }))

  let ada = ''
  test('a guest is given the guests’ role, by the SDK’s own provider', async () => {
    const provider = fromCognitoIdentityPool({ clientConfig, identityPoolId: pool.id })
    const { identityId, ...keys } = await provider()
    assert.match(identityId, /^us-east-1:[0-9a-f-]{36}$/)
    assert.match(await roleOf(rolecall, keys), /^guest-/)
    assert.ok(Math.abs(Number(keys.expiration) - Date.now() - 3_600_000) < 60_000)
    ada = identityId
    const again = await fromCognitoIdentity({ clientConfig, identityId })()
    assert.match(await roleOf(rolecall, again), /^guest-/)
  })

  test('who signs in keeps the identity that they had as a guest', async () => {
    const logins = loginOf(phone, 'ada')
    const provider = fromCognitoIdentity({ clientConfig, identityId: ada, logins })
    const { identityId, ...keys } = await provider()
    assert.equal(identityId, ada)
    assert.match(await roleOf(rolecall, keys), /^user-/)
    const { Logins, IdentityId } = await describeIdentity(ada)
    assert.deepEqual({ Logins, IdentityId }, { Logins: [keyOf(phone)], IdentityId: ada })
    assert.equal(await pool.getId(loginOf(phone, 'ada')), ada, 'and finds it on another device')
  })

  test('a second way in is linked by showing both', async () => {
    const both = { ...loginOf(phone, 'ada'), ...loginOf(site, 'ada-on-the-site') }
    const { id } = await pool.credentials(ada, both)
    assert.equal(id, ada)
    assert.equal(await pool.getId(loginOf(site, 'ada-on-the-site')), ada)
  })

  test('a guest on another device becomes the same identity, and its id another name of it', async () => {
    const tablet = await pool.getId()
    await pool.credentials(tablet)
    const { id, keys } = await pool.credentials(tablet, loginOf(site, 'ada-on-the-site'))
    assert.equal(id, ada)
    assert.match(await roleOf(rolecall, keys), /^user-/)
    assert.equal((await describeIdentity(tablet)).IdentityId, ada)
    assert.equal((await pool.credentials(tablet, loginOf(phone, 'ada'))).id, ada)
    const { code, message } = await faultOf(pool.credentials(tablet))
    assert.equal(code, 'NotAuthorizedException')
    assert.equal(message, `Access to Identity '${tablet}' is forbidden.`)
    const list = (HideDisabled: boolean) =>
      rolecall
        .cognito()
        .send(new ListIdentitiesCommand({ IdentityPoolId: pool.id, MaxResults: 60, HideDisabled }))
    const ids = async (hide: boolean) => (await list(hide)).Identities?.map(one => one.IdentityId) ?? []
    assert.ok((await ids(false)).includes(tablet))
    assert.ok(!(await ids(true)).includes(tablet))
  })

  test('a login that is unlinked is somebody new’s, and after the last the identity is nobody’s', async () => {
    const unlink = (logins: Record<string, string>, remove: string[]) =>
      rolecall
        .cognito()
        .send(new UnlinkIdentityCommand({ IdentityId: ada, Logins: logins, LoginsToRemove: remove }))
    await unlink(loginOf(phone, 'ada'), [keyOf(site)])
    const other = await pool.getId(loginOf(site, 'ada-on-the-site'))
    assert.notEqual(other, ada)
    assert.equal(
      (await faultOf(unlink(loginOf(site, 'ada-on-the-site'), [keyOf(phone)]))).code,
      'NotAuthorizedException',
    )
    await unlink(loginOf(phone, 'ada'), [keyOf(phone)])
    assert.deepEqual((await describeIdentity(ada)).Logins, [])
    for (const logins of [undefined, loginOf(phone, 'ada'), loginOf(site, 'stranger')]) {
      assert.equal((await faultOf(pool.credentials(ada, logins))).code, 'NotAuthorizedException')
    }
    assert.notEqual(await pool.getId(loginOf(phone, 'ada')), ada)
  })

  test('many GetIds of one login at once make one identity', async () => {
    const logins = loginOf(phone, 'bo')
    const ids = await Promise.all(Array.from({ length: 10 }, () => pool.getId(logins)))
    assert.equal(new Set(ids).size, 1)
  })
}
