import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { allow, assumeRole, faultOf, keysOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
const documents = ['iam:GetRole', 'iam:ListRoles', 'iam:GetPolicy'].map(action => policyOf(allow(action)))
const [first = '', second = '', third = ''] = documents

let count = 0
async function createPolicy(): Promise<string> {
  const made = await iam.send(
    new sdk.CreatePolicyCommand({ PolicyName: `policy-${count++}`, PolicyDocument: first }),
  )
  return made.Policy?.Arn ?? ''
}

const add = (PolicyArn: string, PolicyDocument: string, SetAsDefault?: boolean) =>
  iam.send(
    new sdk.CreatePolicyVersionCommand({
      PolicyArn,
      PolicyDocument,
      ...(SetAsDefault === undefined ? {} : { SetAsDefault }),
    }),
  )
const read = async (PolicyArn: string, VersionId: string) => {
  const { PolicyVersion } = await iam.send(new sdk.GetPolicyVersionCommand({ PolicyArn, VersionId }))
  return { ...PolicyVersion, Document: decodeURIComponent(PolicyVersion?.Document ?? '') }
}
const list = async (PolicyArn: string) => {
  const { Versions = [] } = await iam.send(new sdk.ListPolicyVersionsCommand({ PolicyArn }))
  return Versions.map(
    ({ VersionId, IsDefaultVersion }) => `${VersionId}${IsDefaultVersion ? ' in force' : ''}`,
  )
}
const makeDefault = (PolicyArn: string, VersionId: string) =>
  iam.send(new sdk.SetDefaultPolicyVersionCommand({ PolicyArn, VersionId }))
const remove = (PolicyArn: string, VersionId: string) =>
  iam.send(new sdk.DeletePolicyVersionCommand({ PolicyArn, VersionId }))

test('a version is added beside the one in force, and read back as it was written', async () => {
  const arn = await createPolicy()
  const { PolicyVersion } = await add(arn, second)
  assert.deepEqual([PolicyVersion?.VersionId, PolicyVersion?.IsDefaultVersion], ['v2', false])
  assert.equal(PolicyVersion?.Document, undefined)
  assert.deepEqual(await list(arn), ['v2', 'v1 in force'])
  const { CreateDate, ...rest } = await read(arn, 'v2')
  assert.deepEqual(rest, { VersionId: 'v2', IsDefaultVersion: false, Document: second })
  assert.ok(CreateDate instanceof Date)
  assert.equal((await read(arn, 'v1')).Document, first)
})

test('a version may be put in force as it is added, or later, or be taken back', async () => {
  const arn = await createPolicy()
  await add(arn, second, true)
  assert.deepEqual(await list(arn), ['v2 in force', 'v1'])
  await makeDefault(arn, 'v1')
  assert.deepEqual(await list(arn), ['v2', 'v1 in force'])
  const { Policy } = await iam.send(new sdk.GetPolicyCommand({ PolicyArn: arn }))
  assert.equal(Policy?.DefaultVersionId, 'v1')
})

test('what a role may do is what the version in force says, from the moment that it is', async () => {
  const issuer = await rolecall.registerIssuer()
  const roleArn = await rolecall.createRole('reader', trusting(accountId, issuer))
  const arn = await createPolicy()
  await iam.send(new sdk.AttachRolePolicyCommand({ RoleName: 'reader', PolicyArn: arn }))
  const mine = rolecall.iam(keysOf(await assumeRole(rolecall, roleArn, issuer.sign())))
  const listRoles = () => mine.send(new sdk.ListRolesCommand({}))

  assert.equal((await faultOf(listRoles())).code, 'AccessDenied')
  await add(arn, second)
  assert.equal((await faultOf(listRoles())).code, 'AccessDenied')
  await makeDefault(arn, 'v2')
  await listRoles()
  await add(arn, third, true)
  assert.equal((await faultOf(listRoles())).code, 'AccessDenied')
})

test('a policy has five versions at most, and their numbers are never given twice', async () => {
  const arn = await createPolicy()
  for (let n = 0; n < 4; n++) await add(arn, second)
  const { code, status, message } = await faultOf(add(arn, second))
  assert.deepEqual([code, status], ['LimitExceeded', 409])
  assert.match(message, /up to 5 versions/)
  await remove(arn, 'v5')
  assert.equal((await add(arn, third)).PolicyVersion?.VersionId, 'v6')
  assert.deepEqual(await list(arn), ['v6', 'v4', 'v3', 'v2', 'v1 in force'])
})

test('of five that are added at once to a policy with one, four are', async () => {
  const arn = await createPolicy()
  const added = await Promise.allSettled(Array.from({ length: 5 }, () => add(arn, second)))
  assert.equal(added.filter(({ status }) => status === 'fulfilled').length, 4)
  assert.equal((await list(arn)).length, 5)
})

test('the version in force is not deleted, and a policy not before its other versions', async () => {
  const arn = await createPolicy()
  await add(arn, second)
  const conflict = await faultOf(remove(arn, 'v1'))
  assert.deepEqual([conflict.code, conflict.status], ['DeleteConflict', 409])
  const deletePolicy = () => iam.send(new sdk.DeletePolicyCommand({ PolicyArn: arn }))
  assert.match((await faultOf(deletePolicy())).message, /more than one version/)
  await remove(arn, 'v2')
  await deletePolicy()
})

test('a version or a policy that there is not is told as such', async () => {
  const arn = await createPolicy()
  for (const call of [read, makeDefault, remove]) {
    const { code, status } = await faultOf(call(arn, 'v2'))
    assert.deepEqual([code, status], ['NoSuchEntity', 404])
  }
  const missing = `arn:aws:iam::${accountId}:policy/missing`
  for (const call of [read, makeDefault, remove]) {
    assert.equal((await faultOf(call(missing, 'v1'))).code, 'NoSuchEntity')
  }
  assert.equal((await faultOf(add(missing, second))).code, 'NoSuchEntity')
  assert.equal((await faultOf(list(missing))).code, 'NoSuchEntity')
  for (const wrong of ['1', 'v0', 'v', 'latest']) {
    assert.equal((await faultOf(read(arn, wrong))).code, 'ValidationError')
  }
})

test('a document that is not sound becomes no version', async () => {
  const arn = await createPolicy()
  assert.equal((await faultOf(add(arn, '{'))).code, 'MalformedPolicyDocument')
  assert.deepEqual(await list(arn), ['v1 in force'])
})

test('versions come in pages, the newest first', async () => {
  const arn = await createPolicy()
  for (let n = 0; n < 4; n++) await add(arn, second)
  const seen: (string | undefined)[] = []
  for await (const page of sdk.paginateListPolicyVersions({ client: iam, pageSize: 2 }, { PolicyArn: arn })) {
    assert.ok((page.Versions ?? []).length <= 2)
    seen.push(...(page.Versions ?? []).map(({ VersionId }) => VersionId))
  }
  assert.deepEqual(seen, ['v5', 'v4', 'v3', 'v2', 'v1'])
})

test('policies are listed by name, by path, and those alone that are attached', async () => {
  const names = ['List-b', 'list-a', 'List-c']
  for (const PolicyName of names) {
    await iam.send(
      new sdk.CreatePolicyCommand({
        PolicyName,
        Path: '/listed/',
        PolicyDocument: first,
        Description: 'x',
        Tags: [{ Key: 'a', Value: 'b' }],
      }),
    )
  }
  await rolecall.createRole('holder', trusting(accountId, { url: 'https://issuer.example' }))
  const PolicyArn = `arn:aws:iam::${accountId}:policy/listed/List-c`
  await iam.send(new sdk.AttachRolePolicyCommand({ RoleName: 'holder', PolicyArn }))
  const listed = async (more: sdk.ListPoliciesCommandInput) => {
    const { Policies = [] } = await iam.send(new sdk.ListPoliciesCommand({ PathPrefix: '/listed/', ...more }))
    return Policies
  }
  assert.deepEqual(
    (await listed({})).map(({ PolicyName }) => PolicyName),
    ['list-a', 'List-b', 'List-c'],
  )
  const [only, ...others] = await listed({ OnlyAttached: true, Scope: 'Local' })
  assert.deepEqual([only?.PolicyName, only?.AttachmentCount, others.length], ['List-c', 1, 0])
  assert.deepEqual([only?.Description, only?.Tags], [undefined, undefined])
  assert.deepEqual(await listed({ Scope: 'AWS' }), [])
  assert.deepEqual(await listed({ PathPrefix: '/other/' }), [])
})

test('who has a policy attached is listed, by kind and by path', async () => {
  const arn = await createPolicy()
  const trust = trusting(accountId, { url: 'https://issuer.example' })
  for (const name of ['has-b', 'has-a']) {
    await rolecall.createRole(name, trust)
    await iam.send(new sdk.AttachRolePolicyCommand({ RoleName: name, PolicyArn: arn }))
  }
  const entities = (more: Partial<sdk.ListEntitiesForPolicyCommandInput> = {}) =>
    iam.send(new sdk.ListEntitiesForPolicyCommand({ PolicyArn: arn, ...more }))
  const { PolicyRoles = [], PolicyUsers, PolicyGroups } = await entities()
  assert.deepEqual(
    PolicyRoles.map(({ RoleName }) => RoleName),
    ['has-a', 'has-b'],
  )
  assert.match(PolicyRoles[0]?.RoleId ?? '', /^AROA/)
  assert.deepEqual([PolicyUsers, PolicyGroups], [[], []])
  assert.deepEqual((await entities({ EntityFilter: 'User' })).PolicyRoles, [])
  assert.deepEqual((await entities({ PathPrefix: '/team/' })).PolicyRoles, [])
  assert.deepEqual((await entities({ PolicyUsageFilter: 'PermissionsBoundary' })).PolicyRoles, [])
})
