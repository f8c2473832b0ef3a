import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { CreateRoleCommand, DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam'
import * as sm from '@aws-sdk/client-secrets-manager'
import * as sts from '@aws-sdk/client-sts'
import { allow, assumeRole, faultOf, keysOf, policyOf, setPolicy } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'
import { secretsOf, sessionWith } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const root = secretsOf(rolecall.secrets())
const { user, userArn, policy } = entitiesOf(rolecall)
const get = 'secretsmanager:GetSecretValue'

const granting = (AWS: string | string[], more: object = {}) =>
  policyOf({ Effect: 'Allow', Principal: { AWS }, Action: get, Resource: '*', ...more })
const denying = (more: object) => policyOf({ Effect: 'Deny', Action: '*', Resource: '*', ...more })
const getBy = (keys: Keys, id: string, more = {}) => secretsOf(rolecall.secrets(keys)).get(id, more)
const refused = async (call: Promise<unknown>) =>
  assert.equal((await faultOf(call)).code, 'AccessDeniedException')

let count = 0
async function secretWith(ResourcePolicy: string): Promise<string> {
  const { arn } = await root.create(`kept-${count++}`)
  await root.setPolicy(arn, ResourcePolicy)
  return arn
}

test('a secret’s policy alone lets a role, a user and a session in, and nobody else', async () => {
  const { keys, role, arn: session } = await sessionWith(rolecall, issuer)
  const ada = await user('ada')
  const { keys: others } = await sessionWith(rolecall, issuer)
  for (const [named, one] of [
    [role, keys],
    [session, keys],
    [userArn('ada'), ada],
  ] as const) {
    const arn = await secretWith(granting(named))
    assert.equal((await getBy(one, arn)).SecretString, 'one')
    assert.equal((await getBy(one, arn.replace(/^.*:secret:|-\w{6}$/g, ''))).SecretString, 'one')
    await refused(getBy(others, arn))
    await refused(secretsOf(rolecall.secrets(one)).describe(arn))
  }
})

test('a policy that names the account leaves it to the account’s own policies', async () => {
  const arn = await secretWith(granting(`arn:aws:iam::${accountId}:root`))
  await refused(getBy((await sessionWith(rolecall, issuer)).keys, arn))
  await getBy((await sessionWith(rolecall, issuer, allow(get, arn))).keys, arn)
})

test('a deny wins over every allow, the owner’s too, who can still take the policy away', async () => {
  const arn = await secretWith(denying({ Principal: '*' }))
  await refused(getBy((await sessionWith(rolecall, issuer, allow('*'))).keys, arn))
  await refused(root.get(arn))
  const { keys } = await sessionWith(rolecall, issuer, allow('*'))
  const takeAway = new sm.DeleteResourcePolicyCommand({ SecretId: arn })
  await refused(rolecall.secrets(keys).send(takeAway))
  await rolecall.secrets().send(takeAway)
  assert.equal((await root.get(arn)).SecretString, 'one')
})

test('a deny of all but one principal leaves that one', async () => {
  const { keys, role, arn: session } = await sessionWith(rolecall, issuer, allow('*'))
  const { keys: others } = await sessionWith(rolecall, issuer, allow('*'))
  const NotPrincipal = { AWS: [role, session] }
  const arn = await secretWith(denying({ NotPrincipal }))
  assert.equal((await getBy(keys, arn)).SecretString, 'one')
  await refused(getBy(others, arn))
})

async function recreateRole(name: string): Promise<Keys> {
  const client = rolecall.iam()
  await client
    .send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName: 'work' }))
    .catch(() => undefined)
  await client.send(new DeleteRoleCommand({ RoleName: name }))
  const AssumeRolePolicyDocument = JSON.stringify(trusting(accountId, issuer))
  await client.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument }))
  return keysOf(await assumeRole(rolecall, rolecall.roleArn(name), issuer.sign()))
}

test('a role that is deleted and made anew by the same name is not the one that was meant', async () => {
  const { keys, role, arn: session } = await sessionWith(rolecall, issuer)
  const name = role.split('/').at(-1) ?? ''
  const [byRole, bySession] = [await secretWith(granting(role)), await secretWith(granting(session))]
  const except = await secretWith(denying({ NotPrincipal: { AWS: [role, session] } }))
  await getBy(keys, byRole)
  await getBy(keys, bySession)
  const anew = await recreateRole(name)
  await setPolicy(rolecall, name, allow('sts:GetCallerIdentity'))
  const me = await rolecall.sts(anew).send(new sts.GetCallerIdentityCommand())
  assert.equal(me.Arn, session)
  await refused(getBy(anew, byRole))
  await refused(getBy(anew, bySession))
  await setPolicy(rolecall, name, allow('*'))
  await refused(getBy(anew, except))
  // Written anew, it means the one that is there.
  await rolecall.iam().send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName: 'work' }))
  await root.setPolicy(byRole, granting(role))
  assert.equal((await getBy(anew, byRole)).SecretString, 'one')
})

test('a user that is made anew by the same name is not the one that was meant, nor are its sessions', async () => {
  const bo = await user('bo')
  const arn = await secretWith(granting(userArn('bo')))
  await getBy(bo, arn)
  const client = rolecall.iam()
  await client.send(new iam.DeleteAccessKeyCommand({ UserName: 'bo', AccessKeyId: bo.accessKeyId }))
  await client.send(new iam.DeleteUserCommand({ UserName: 'bo' }))
  const anew = await user('bo', [allow('sts:GetFederationToken')])
  await refused(getBy(anew, arn))
  const { Credentials } = await rolecall
    .sts(anew)
    .send(new sts.GetFederationTokenCommand({ Name: 'bo', Policy: policyOf(allow('*')) }))
  await refused(getBy(keysOf({ Credentials }), arn))
})

test('principals of another account are taken, and are nobody here', async () => {
  const { keys, role } = await sessionWith(rolecall, issuer)
  const { keys: allowed } = await sessionWith(rolecall, issuer, allow(get))
  const foreign = role.replace(accountId, '999999999999')
  const arn = await secretWith(granting([foreign, 'arn:aws:iam::999999999999:root', '888888888888']))
  await refused(getBy(keys, arn))
  assert.equal((await getBy(allowed, arn)).SecretString, 'one')
})

test('a role or user of this account that is not there is no principal', async () => {
  const { arn } = await root.create('strange')
  for (const named of [rolecall.roleArn('nobody'), userArn('nobody')]) {
    const fault = await faultOf(root.setPolicy(arn, granting(named)))
    assert.equal(fault.code, 'MalformedPolicyDocumentException')
  }
})

test('a policy that names the role is narrowed by its boundary and its session policies', async () => {
  const { keys, role } = await sessionWith(rolecall, issuer)
  const arn = await secretWith(granting(role))
  await getBy(keys, arn)
  const Policy = policyOf(allow('sts:GetCallerIdentity'))
  await refused(getBy(keysOf(await assumeRole(rolecall, role, issuer.sign(), { Policy })), arn))
  const wide = policyOf(allow('secretsmanager:*'))
  await getBy(keysOf(await assumeRole(rolecall, role, issuer.sign(), { Policy: wide })), arn)
  const PermissionsBoundary = await policy('no-secrets', allow('sts:*'))
  const RoleName = role.split('/').at(-1)
  await rolecall.iam().send(new iam.PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }))
  await refused(getBy(keys, arn))
})

test('a session policy and a boundary take away what identity policies allow', async () => {
  const { arn } = await root.create('narrowed')
  const { arn: other } = await root.create('narrowed-away')
  const { role } = await sessionWith(rolecall, issuer, allow('secretsmanager:*'))
  const Policy = policyOf(allow(get, arn))
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign(), { Policy }))
  await getBy(keys, arn)
  await refused(getBy(keys, other))
  const bounded = await user('cy', [allow('*')], await policy('one-secret', allow(get, arn)))
  await getBy(bounded, arn)
  await refused(getBy(bounded, other))
})

test('a policy may ask for a version’s stage or id', async () => {
  const { keys, role } = await sessionWith(rolecall, issuer)
  const Condition = { StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } }
  const arn = await secretWith(granting(role, { Condition }))
  await root.put(arn, 'two')
  assert.equal((await getBy(keys, arn)).SecretString, 'two')
  const { VersionId = '' } = await root.get(arn)
  await refused(getBy(keys, arn, { VersionStage: 'AWSPREVIOUS' }))
  await refused(getBy(keys, arn, { VersionId }))
  const byId = { StringEquals: { 'secretsmanager:VersionId': VersionId } }
  await root.setPolicy(arn, granting(role, { Condition: byId }))
  await getBy(keys, arn, { VersionId })
  await refused(getBy(keys, arn))
})
