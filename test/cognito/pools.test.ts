import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as cognito from '@aws-sdk/client-cognito-identity'
import { allow, assumeRole, faultOf, keysOf, setPolicy } from '../support/aws-calls.ts'
import { makePool } from '../support/identity-pool.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const client = rolecall.cognito()
const oidcArn = `arn:aws:iam::${accountId}:oidc-provider/idp.example`
const samlArn = `arn:aws:iam::${accountId}:saml-provider/corp`
const missing = 'us-east-1:00000000-0000-4000-8000-000000000000'

const whole = {
  IdentityPoolName: 'my app, all of it',
  AllowUnauthenticatedIdentities: true,
  AllowClassicFlow: true,
  SupportedLoginProviders: { 'graph.facebook.com': '123', 'accounts.google.com': 'a.apps.example' },
  DeveloperProviderName: 'login.my.app',
  OpenIdConnectProviderARNs: [oidcArn],
  CognitoIdentityProviders: [
    {
      ProviderName: 'cognito-idp.us-east-1.amazonaws.com/us-east-1_abc',
      ClientId: 'client1',
      ServerSideTokenCheck: true,
    },
  ],
  SamlProviderARNs: [samlArn],
  IdentityPoolTags: { team: 'blue' },
}
const small = { IdentityPoolName: 'small', AllowUnauthenticatedIdentities: false }

async function create(input: cognito.CreateIdentityPoolCommandInput): Promise<string> {
  const { IdentityPoolId } = await client.send(new cognito.CreateIdentityPoolCommand(input))
  return IdentityPoolId ?? ''
}

async function describe(IdentityPoolId: string) {
  const { $metadata: _, ...pool } = await client.send(
    new cognito.DescribeIdentityPoolCommand({ IdentityPoolId }),
  )
  return pool
}

test('a pool is shown as it was made', async () => {
  const { $metadata: _, ...made } = await client.send(new cognito.CreateIdentityPoolCommand(whole))
  assert.match(made.IdentityPoolId ?? '', /^us-east-1:[0-9a-f-]{36}$/)
  assert.deepEqual(made, { ...whole, IdentityPoolId: made.IdentityPoolId })
  assert.deepEqual(await describe(made.IdentityPoolId ?? ''), made)
})

test('an update takes away what it leaves out, but roles, tags and the developer provider', async () => {
  const id = await create(whole)
  const update = (more: object) =>
    client.send(new cognito.UpdateIdentityPoolCommand({ IdentityPoolId: id, ...small, ...more }))
  const fault = await faultOf(update({}))
  assert.equal(fault.code, 'InvalidParameterException')
  await update({ DeveloperProviderName: 'login.my.app' })
  assert.deepEqual(await describe(id), {
    ...small,
    IdentityPoolId: id,
    DeveloperProviderName: 'login.my.app',
    IdentityPoolTags: { team: 'blue' },
  })
})

test('a pool that is deleted is gone, and with it its identities', async () => {
  const pool = await makePool(rolecall)
  const guest = await pool.getId()
  await client.send(new cognito.DeleteIdentityPoolCommand({ IdentityPoolId: pool.id }))
  const message = `IdentityPool '${pool.id}' not found.`
  const again = new cognito.DeleteIdentityPoolCommand({ IdentityPoolId: pool.id })
  for (const call of [
    () => client.send(again),
    () => describe(pool.id),
    () => pool.getId(),
    () => pool.setRoles({}),
  ]) {
    const fault = await faultOf(call())
    assert.deepEqual(
      { ...fault, type: '' },
      { code: 'ResourceNotFoundException', status: 400, message, type: '' },
    )
  }
  assert.equal((await faultOf(pool.credentials(guest))).code, 'ResourceNotFoundException')
})

test('pools are listed page by page', async () => {
  for (let n = 0; n < 3; n++) await create(small)
  const seen: (string | undefined)[] = []
  for await (const page of cognito.paginateListIdentityPools({ client, pageSize: 2 }, { MaxResults: 2 })) {
    assert.ok((page.IdentityPools ?? []).length <= 2)
    seen.push(...(page.IdentityPools ?? []).map(pool => pool.IdentityPoolId))
  }
  assert.equal(new Set(seen).size, seen.length)
  assert.ok(seen.length >= 4)
  for (const MaxResults of [0, 61]) {
    const call = client.send(new cognito.ListIdentityPoolsCommand({ MaxResults }))
    assert.equal((await faultOf(call)).code, 'ValidationException')
  }
  const call = client.send(new cognito.ListIdentityPoolsCommand({ MaxResults: 1, NextToken: 'a b' }))
  assert.equal((await faultOf(call)).code, 'ValidationException')
  const wild = client.send(new cognito.ListIdentityPoolsCommand({ MaxResults: 1, NextToken: '!' }))
  assert.equal((await faultOf(wild)).code, 'InvalidParameterException')
})

for (const [story, more, code] of [
  ['a name that is none', { IdentityPoolName: 'a/b' }, 'ValidationException'],
  [
    'a provider that there is none of',
    { SupportedLoginProviders: { 'x.example': '1' } },
    'InvalidParameterException',
  ],
  [
    'an issuer of another account',
    { OpenIdConnectProviderARNs: ['arn:aws:iam::000000000000:oidc-provider/x'] },
    'InvalidParameterException',
  ],
  [
    'a SAML provider that is no ARN',
    { SamlProviderARNs: ['arn:aws:iam::1:saml-provider/x'] },
    'InvalidParameterException',
  ],
  [
    'a developer provider called as an issuer is',
    { DeveloperProviderName: 'idp.example', OpenIdConnectProviderARNs: [oidcArn] },
    'InvalidParameterException',
  ],
  [
    'a developer provider called as Google is',
    { DeveloperProviderName: 'accounts.google.com' },
    'InvalidParameterException',
  ],
  [
    'a developer provider called as pools are',
    { DeveloperProviderName: 'cognito-identity.amazonaws.com' },
    'InvalidParameterException',
  ],
  ['a tag of AWS’s own', { IdentityPoolTags: { 'aws:x': 'y' } }, 'InvalidParameterException'],
] as const) {
  test(`${story} is refused with ${code}`, async () => {
    assert.equal((await faultOf(create({ ...small, ...more } as typeof small))).code, code)
  })
}

test('tags are added, replaced, listed and taken away', async () => {
  const pool = await makePool(rolecall, [], { IdentityPoolTags: { team: 'blue', kept: '1' } })
  const ResourceArn = pool.arn
  await client.send(new cognito.TagResourceCommand({ ResourceArn, Tags: { team: 'red', more: '' } }))
  await client.send(new cognito.UntagResourceCommand({ ResourceArn, TagKeys: ['kept', 'never'] }))
  const { Tags } = await client.send(new cognito.ListTagsForResourceCommand({ ResourceArn }))
  assert.deepEqual(Tags, { team: 'red', more: '' })
  const many = Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`k${n}`, 'v']))
  const over = await faultOf(client.send(new cognito.TagResourceCommand({ ResourceArn, Tags: many })))
  assert.equal(over.code, 'InvalidParameterException')
  for (const arn of [
    `${ResourceArn}x`,
    pool.arn.replace(accountId, '000000000000'),
    pool.arn.replace('us-east-1', 'eu-1'),
  ]) {
    const call = client.send(new cognito.ListTagsForResourceCommand({ ResourceArn: arn }))
    assert.ok(
      ['InvalidParameterException', 'ResourceNotFoundException'].includes((await faultOf(call)).code),
      arn,
    )
  }
})

test('roles and mappings are shown as they were set', async () => {
  const pool = await makePool(rolecall)
  const RoleMappings: Record<string, cognito.RoleMapping> = {
    'graph.facebook.com': { Type: 'Token', AmbiguousRoleResolution: 'Deny' },
    'idp.example': {
      Type: 'Rules',
      AmbiguousRoleResolution: 'AuthenticatedRole',
      RulesConfiguration: {
        Rules: [{ Claim: 'plan', MatchType: 'Equals', Value: 'paid', RoleARN: pool.userRole }],
      },
    },
  }
  await pool.setRoles({ RoleMappings })
  const read = async () => {
    const asked = new cognito.GetIdentityPoolRolesCommand({ IdentityPoolId: pool.id })
    const { $metadata: _, ...answer } = await client.send(asked)
    return answer
  }
  const Roles = { authenticated: pool.userRole, unauthenticated: pool.guestRole }
  assert.deepEqual(await read(), { IdentityPoolId: pool.id, Roles, RoleMappings })
  await pool.setRoles({ Roles: { authenticated: pool.userRole } })
  assert.deepEqual(await read(), { IdentityPoolId: pool.id, Roles: { authenticated: pool.userRole } })
})

test('a mapping that means nothing is refused', async () => {
  const pool = await makePool(rolecall)
  const rule = { Claim: 'plan', MatchType: 'Equals', Value: 'paid', RoleARN: pool.userRole }
  const rules = (n: number, more: object = {}) => ({
    Type: 'Rules',
    AmbiguousRoleResolution: 'Deny',
    RulesConfiguration: { Rules: Array.from({ length: n }, () => ({ ...rule, ...more })) },
  })
  for (const [mapping, code] of [
    [{ Type: 'Token' }, 'InvalidParameterException'],
    [{ Type: 'Rules', AmbiguousRoleResolution: 'Deny' }, 'InvalidParameterException'],
    [{ ...rules(1), Type: 'Token' }, 'InvalidParameterException'],
    [rules(26), 'InvalidParameterException'],
    [rules(1, { RoleARN: 'arn:aws:iam::000000000000:role/other' }), 'InvalidParameterException'],
    [rules(1, { RoleARN: pool.userRole.replace(':role/', ':user/') }), 'InvalidParameterException'],
    [rules(1, { MatchType: 'Like' }), 'ValidationException'],
    [rules(0), 'ValidationException'],
  ] as const) {
    const call = pool.setRoles({ RoleMappings: { 'idp.example': mapping as unknown as cognito.RoleMapping } })
    assert.equal((await faultOf(call)).code, code, JSON.stringify(mapping).slice(0, 200))
  }
  const both = { ...rules(25) } as unknown as cognito.RoleMapping
  const ten = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`idp${n}.example`, both]))
  await pool.setRoles({ RoleMappings: ten })
})

test('who may set roles but not pass one can’t have a pool give it', async () => {
  const pool = await makePool(rolecall)
  const issuer = await rolecall.registerIssuer()
  const role = await rolecall.createRole('pool-keeper', trusting(accountId, issuer))
  await setPolicy(rolecall, 'pool-keeper', allow('cognito-identity:*'), allow('iam:PassRole', pool.guestRole))
  const keeper = rolecall.cognito(keysOf(await assumeRole(rolecall, role, issuer.sign())))
  const set = (Roles: Record<string, string>) =>
    keeper.send(new cognito.SetIdentityPoolRolesCommand({ IdentityPoolId: pool.id, Roles }))
  await set({ unauthenticated: pool.guestRole })
  const { code, message } = await faultOf(set({ unauthenticated: pool.userRole }))
  assert.equal(code, 'AccessDeniedException')
  assert.match(message, /is not authorized to perform: iam:PassRole on resource: .*:role\/user-/)
})

test('maps of principal tags are kept for each provider', async () => {
  const pool = await makePool(rolecall)
  const at = { IdentityPoolId: pool.id, IdentityProviderName: 'idp.example' }
  const read = async () => {
    const { $metadata: _, ...answer } = await client.send(new cognito.GetPrincipalTagAttributeMapCommand(at))
    return answer
  }
  assert.deepEqual(await read(), { ...at, UseDefaults: false, PrincipalTags: {} })
  const PrincipalTags = { department: 'custom:dept' }
  await client.send(new cognito.SetPrincipalTagAttributeMapCommand({ ...at, PrincipalTags }))
  assert.deepEqual(await read(), { ...at, UseDefaults: false, PrincipalTags })
  await client.send(new cognito.SetPrincipalTagAttributeMapCommand({ ...at, UseDefaults: true }))
  assert.deepEqual(await read(), {
    ...at,
    UseDefaults: true,
    PrincipalTags: { client: 'aud', username: 'sub' },
  })
  const bad = new cognito.SetPrincipalTagAttributeMapCommand({ ...at, PrincipalTags: { 'aws:x': 'sub' } })
  assert.equal((await faultOf(client.send(bad))).code, 'InvalidParameterException')
})

test('a permission may go by a pool’s tags', async () => {
  const issuer = await rolecall.registerIssuer()
  const role = await rolecall.createRole('blue-team', trusting(accountId, issuer))
  await setPolicy(rolecall, 'blue-team', {
    ...allow('cognito-identity:*'),
    Condition: { StringEquals: { 'aws:ResourceTag/team': 'blue' } },
  })
  const blue = rolecall.cognito(keysOf(await assumeRole(rolecall, role, issuer.sign())))
  const [theirs, others] = [await create(whole), await create(small)]
  await blue.send(new cognito.DescribeIdentityPoolCommand({ IdentityPoolId: theirs }))
  for (const IdentityPoolId of [others, missing]) {
    const call = blue.send(new cognito.DescribeIdentityPoolCommand({ IdentityPoolId }))
    assert.equal((await faultOf(call)).code, 'AccessDeniedException')
  }
})
