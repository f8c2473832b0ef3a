import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import {
  type MappingRule,
  type RoleMapping,
  SetIdentityPoolRolesCommand,
  SetPrincipalTagAttributeMapCommand,
} from '@aws-sdk/client-cognito-identity'
import { ListRolesCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { allow, faultOf, setPolicy } from '../support/aws-calls.ts'
import { keyOf, loginOf, makePool, roleOf } from '../support/identity-pool.ts'
import { startRolecall } from '../support/rolecall.ts'
import { postSigned } from '../support/signed-form.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const pool = await makePool(rolecall, [issuer])
const key = keyOf(issuer)
const admin = await rolecall.createRole('admin', pool.trust('authenticated', ['sts:TagSession']))
const staff = await rolecall.createRole('staff', pool.trust('authenticated', ['sts:TagSession']))
const closed = await rolecall.createRole('closed', pool.trust('somebody else'))

let count = 0
/** The role that somebody with these claims is given, by its name. */
async function roleFor(claims: Record<string, unknown>, customRoleArn?: string): Promise<string> {
  const login = loginOf(issuer, `person-${count++}`, claims)
  const { keys } = await pool.credentials(await pool.getId(login), login, customRoleArn)
  return roleOf(rolecall, keys)
}
const rule = (Claim: string, MatchType: MappingRule['MatchType'], Value: string, RoleARN: string) => ({
  Claim,
  MatchType,
  Value,
  RoleARN,
})
const map = (name: string, mapping: Partial<RoleMapping>) =>
  pool.setRoles({ RoleMappings: { [name]: { AmbiguousRoleResolution: 'Deny', ...mapping } as RoleMapping } })
const userRole = pool.userRole.split('/')[1]

for (const name of [key, `arn:aws:iam::${rolecall.accountId}:oidc-provider/${key}`]) {
  test(`rules for ${name === key ? 'an issuer by its host' : 'an issuer by its ARN'} give the first role that fits`, async () => {
    const Rules = [
      rule('isAdmin', 'Equals', 'true', admin),
      rule('groups', 'Contains', 'staff', staff),
      rule('groups', 'StartsWith', 'sta', admin),
    ]
    await map(name, { Type: 'Rules', RulesConfiguration: { Rules } })
    assert.equal(await roleFor({ isAdmin: true, groups: ['staff'] }), 'admin')
    assert.equal(await roleFor({ groups: ['all-staff'] }), 'staff')
    const fault = await faultOf(roleFor({ groups: ['guests'] }))
    assert.equal(fault.code, 'NotAuthorizedException')
    assert.equal(fault.message, `The ambiguous role mapping rules for: ${key} denied this request.`)
    await map(name, {
      Type: 'Rules',
      AmbiguousRoleResolution: 'AuthenticatedRole',
      RulesConfiguration: { Rules },
    })
    assert.equal(await roleFor({ groups: ['guests'] }), userRole)
  })
}

test('a rule that fits may be asked for by its role, and no other', async () => {
  const Rules = [rule('plan', 'Equals', 'paid', staff), rule('isAdmin', 'Equals', 'true', admin)]
  await map(key, { Type: 'Rules', RulesConfiguration: { Rules } })
  assert.equal(await roleFor({ plan: 'paid', isAdmin: true }, admin), 'admin')
  for (const role of [admin, pool.userRole, closed]) {
    assert.equal((await faultOf(roleFor({ plan: 'paid' }, role))).code, 'NotAuthorizedException')
  }
})

test('the token may bring its roles', async () => {
  await map(key, { Type: 'Token' })
  const roles = { 'cognito:roles': [admin, staff] }
  assert.equal(await roleFor({ ...roles, 'cognito:preferred_role': staff }), 'staff')
  assert.equal(await roleFor(roles, admin), 'admin')
  assert.equal((await faultOf(roleFor(roles))).code, 'NotAuthorizedException')
  assert.equal((await faultOf(roleFor(roles, closed))).code, 'NotAuthorizedException')
})

test('the role’s trust policy has the last word', async () => {
  await map(key, { Type: 'Token' })
  const fault = await faultOf(roleFor({ 'cognito:roles': [closed] }))
  assert.equal(fault.code, 'InvalidIdentityPoolConfigurationException')
  assert.equal(fault.message, 'Invalid identity pool configuration. Check assigned IAM roles for this pool.')
})

test('without a mapping nobody chooses, and without a role nobody has one', async () => {
  await pool.setRoles({})
  assert.equal(await roleFor({ 'cognito:roles': [admin] }), userRole)
  assert.equal((await faultOf(roleFor({ 'cognito:roles': [admin] }, admin))).code, 'NotAuthorizedException')
  const bare = await makePool(rolecall, [issuer])
  await rolecall.cognito().send(new SetIdentityPoolRolesCommand({ IdentityPoolId: bare.id, Roles: {} }))
  const code = 'InvalidIdentityPoolConfigurationException'
  assert.equal((await faultOf(bare.credentials(await bare.getId()))).code, code)
  const other = await makePool(rolecall)
  await other.setRoles({ Roles: { unauthenticated: pool.guestRole } })
  assert.equal((await faultOf(other.credentials(await other.getId()))).code, code, 'a role of another pool')
})

test('claims become tags of the session, and policies go by them', async () => {
  await pool.setRoles({})
  const tagMap = (more: object) =>
    rolecall.cognito().send(
      new SetPrincipalTagAttributeMapCommand({
        IdentityPoolId: pool.id,
        IdentityProviderName: key,
        ...more,
      }),
    )
  const mayList = async (claims: Record<string, unknown>, condition: Record<string, string>) => {
    await setPolicy(rolecall, userRole ?? '', {
      ...allow('iam:ListRoles'),
      Condition: { StringEquals: condition },
    })
    const login = loginOf(issuer, 'tagged', claims)
    const { keys } = await pool.credentials(await pool.getId(login), login)
    return rolecall
      .iam(keys)
      .send(new ListRolesCommand({}))
      .then(
        () => true,
        () => false,
      )
  }
  await tagMap({ PrincipalTags: { department: 'custom:dept', missing: 'nothing' } })
  const byDepartment = { 'aws:PrincipalTag/department': 'research' }
  assert.equal(await mayList({ 'custom:dept': 'research' }, byDepartment), true)
  assert.equal(await mayList({ 'custom:dept': 'sales' }, byDepartment), false)
  assert.equal(await mayList({ 'custom:dept': ['research', 'sales'] }, byDepartment), false)
  await tagMap({ UseDefaults: true })
  const byDefault = { 'aws:PrincipalTag/username': 'tagged', 'aws:PrincipalTag/client': 'rolecall' }
  assert.equal(await mayList({ sub: 'tagged', username: 'other' }, byDefault), true)
})

test('somebody’s policies may go by who they are in the pool', async () => {
  const login = loginOf(issuer, 'mia')
  const id = await pool.getId(login)
  for (const [sub, allowed] of [
    [id, true],
    ['us-east-1:other', false],
  ] as const) {
    await setPolicy(rolecall, userRole ?? '', {
      ...allow('iam:ListUsers'),
      Condition: { StringEquals: { 'cognito-identity.amazonaws.com:sub': sub } },
    })
    const { keys } = await pool.credentials(id, login)
    const listed = rolecall
      .iam(keys)
      .send(new ListUsersCommand({}))
      .then(
        () => true,
        () => false,
      )
    assert.equal(await listed, allowed)
  }
})

test('no guest governs the account, whatever their role allows', async () => {
  await setPolicy(rolecall, pool.guestRole.split('/')[1] ?? '', allow('*'))
  const { keys } = await pool.credentials(await pool.getId())
  const iam = await faultOf(rolecall.iam(keys).send(new ListRolesCommand({})))
  assert.equal(iam.code, 'AccessDenied')
  assert.match(iam.message, /no session policy allows/)
  const assume = new AssumeRoleCommand({ RoleArn: admin, RoleSessionName: 'guest' })
  assert.equal((await faultOf(rolecall.sts(keys).send(assume))).code, 'AccessDenied')
  const set = new SetIdentityPoolRolesCommand({ IdentityPoolId: pool.id, Roles: {} })
  assert.equal((await faultOf(rolecall.cognito(keys).send(set))).code, 'AccessDeniedException')
})

test('credentials are in the audit log with whose they are; finding an identity is not', async () => {
  const events = async (AttributeKey: 'EventName' | 'AccessKeyId', AttributeValue: string) => {
    const asked = new LookupEventsCommand({ LookupAttributes: [{ AttributeKey, AttributeValue }] })
    return (await rolecall.cloudTrail().send(asked)).Events ?? []
  }
  const id = await pool.getId()
  const { keys } = await pool.credentials(id)
  const [event] = await events('AccessKeyId', keys.accessKeyId)
  assert.equal(event?.EventName, 'AssumeRoleWithWebIdentity')
  const record = JSON.parse(event?.CloudTrailEvent ?? '{}')
  assert.equal(record.userIdentity.userName, id)
  assert.equal(record.userIdentity.identityProvider, `${rolecall.url}/identity-pools`)
  assert.deepEqual(await events('EventName', 'GetId'), [])
  const [made] = await events('EventName', 'CreateIdentityPool')
  assert.equal(made?.EventSource, 'cognito-identity.amazonaws.com')
  assert.equal(made?.ReadOnly, 'false')
})

test('the sessions of one identity can be ended, and nobody else’s with them', async () => {
  const [one, other] = [await pool.getId(), await pool.getId()]
  const [ended, kept] = [await pool.credentials(one), await pool.credentials(other)]
  const answer = await postSigned(rolecall, 'iam', {
    Action: 'RevokeSessions',
    Version: '2010-05-08',
    Issuer: `${rolecall.url}/identity-pools`,
    Subject: one,
  })
  assert.equal(answer.status, 200, answer.xml)
  assert.equal((await faultOf(roleOf(rolecall, ended.keys))).code, 'InvalidClientTokenId')
  assert.match(await roleOf(rolecall, kept.keys), /^guest-/)
})

test('whose sessions are ended by their provider’s name for them, loses what pools gave for that login', async () => {
  const others = await makePool(rolecall, [issuer])
  const credentialsOf = async (of: typeof pool, sub: string) => {
    const login = loginOf(issuer, sub)
    return (await of.credentials(await of.getId(login), login)).keys
  }
  const lost = [await credentialsOf(pool, 'thief'), await credentialsOf(others, 'thief')]
  const kept = await credentialsOf(pool, 'somebody else')
  const asked = { Action: 'RevokeSessions', Version: '2010-05-08', Issuer: issuer.url, Subject: 'thief' }
  assert.equal((await postSigned(rolecall, 'iam', asked)).status, 200)
  for (const keys of lost) assert.equal((await faultOf(roleOf(rolecall, keys))).code, 'InvalidClientTokenId')
  assert.equal(await roleOf(rolecall, kept), userRole)
})
