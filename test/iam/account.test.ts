import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { allow, faultOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
const entities = entitiesOf(rolecall)

test('a report is not there before it is made', async () => {
  const { code, status } = await faultOf(iam.send(new sdk.GetCredentialReportCommand({})))
  assert.deepEqual([code, status], ['ReportNotPresent', 410])
})

test('an account has one alias at most', async () => {
  const aliases = async () => (await iam.send(new sdk.ListAccountAliasesCommand({}))).AccountAliases
  assert.deepEqual(await aliases(), [])
  for (const AccountAlias of ['first-name', 'second-name']) {
    await iam.send(new sdk.CreateAccountAliasCommand({ AccountAlias }))
    assert.deepEqual(await aliases(), [AccountAlias])
  }
  const remove = (AccountAlias: string) => iam.send(new sdk.DeleteAccountAliasCommand({ AccountAlias }))
  assert.equal((await faultOf(remove('first-name'))).code, 'NoSuchEntity')
  await remove('second-name')
  assert.deepEqual(await aliases(), [])
  for (const AccountAlias of ['Upper', '-x-', 'a--b', 'ab', 'x'.repeat(64)]) {
    const made = iam.send(new sdk.CreateAccountAliasCommand({ AccountAlias }))
    assert.equal((await faultOf(made)).code, 'ValidationError', AccountAlias)
  }
})

test('the summary counts what there is', async () => {
  const count = async () => (await iam.send(new sdk.GetAccountSummaryCommand({}))).SummaryMap ?? {}
  const before = await count()
  await entities.user('counted')
  await entities.group('counted', allow('s3:*'))
  await entities.policy('counted', allow('s3:*'))
  const after = await count()
  for (const key of ['Users', 'Groups', 'Policies'] as const)
    assert.equal(after[key], (before[key] ?? 0) + 1, key)
  assert.deepEqual([after.Roles, after.AccessKeysPerUserQuota], [before.Roles, 2])
})

test('the details of the account are all there, in pages over every kind', async () => {
  const boundary = await entities.policy('d-boundary', allow('*'))
  await entities.user('d-user', [allow('s3:*')], boundary)
  await entities.group('d-group', allow('sqs:*'))
  await entities.join('d-user', 'd-group')
  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  await iam.send(new sdk.AttachGroupPolicyCommand({ GroupName: 'd-group', PolicyArn }))
  const trust = { Effect: 'Allow', Principal: { AWS: accountId }, Action: 'sts:AssumeRole' }
  await rolecall.createRole('d-role', { Version: '2012-10-17', Statement: trust })

  const read = async (MaxItems: number, Filter?: sdk.EntityType[]) => {
    const all = {
      users: [] as sdk.UserDetail[],
      groups: [] as sdk.GroupDetail[],
      roles: [] as sdk.RoleDetail[],
      policies: [] as sdk.ManagedPolicyDetail[],
    }
    const asked = { MaxItems, ...(Filter === undefined ? {} : { Filter }) }
    for await (const page of sdk.paginateGetAccountAuthorizationDetails({ client: iam }, asked)) {
      all.users.push(...(page.UserDetailList ?? []))
      all.groups.push(...(page.GroupDetailList ?? []))
      all.roles.push(...(page.RoleDetailList ?? []))
      all.policies.push(...(page.Policies ?? []))
    }
    return all
  }
  const whole = await read(1000)
  assert.deepEqual(await read(2), whole)
  const user = whole.users.find(({ UserName }) => UserName === 'd-user')
  assert.deepEqual(user?.GroupList, ['d-group'])
  assert.equal(user?.PermissionsBoundary?.PermissionsBoundaryArn, boundary)
  const [inline] = user?.UserPolicyList ?? []
  assert.deepEqual(JSON.parse(decodeURIComponent(inline?.PolicyDocument ?? '')).Statement, [allow('s3:*')])
  const group = whole.groups.find(({ GroupName }) => GroupName === 'd-group')
  assert.deepEqual(group?.AttachedManagedPolicies, [{ PolicyName: 'ReadOnlyAccess', PolicyArn }])
  assert.ok(whole.roles.some(({ RoleName }) => RoleName === 'd-role'))
  const shipped = whole.policies.filter(({ Arn }) => Arn?.startsWith('arn:aws:iam::aws:'))
  assert.deepEqual(
    shipped.map(({ PolicyName, AttachmentCount }) => [PolicyName, AttachmentCount]),
    [['ReadOnlyAccess', 1]],
  )
  assert.equal(shipped[0]?.PolicyVersionList?.[0]?.IsDefaultVersion, true)
  const filtered = await read(1000, ['Group', 'LocalManagedPolicy'])
  assert.deepEqual([filtered.users, filtered.roles], [[], []])
  assert.deepEqual(filtered.groups, whole.groups)
  assert.deepEqual(
    filtered.policies,
    whole.policies.filter(one => !shipped.includes(one)),
  )
})

test('the credential report has a row for everybody, and nobody’s name becomes a formula', async () => {
  const keys = await entities.user('reported')
  await rolecall.sts(keys).send(new GetCallerIdentityCommand({}))
  for (const UserName of ['=1+1', 'a,b']) await iam.send(new sdk.CreateUserCommand({ UserName }))
  assert.equal((await iam.send(new sdk.GenerateCredentialReportCommand({}))).State, 'COMPLETE')
  const report = await iam.send(new sdk.GetCredentialReportCommand({}))
  assert.equal(report.ReportFormat, 'text/csv')
  assert.ok(report.GeneratedTime instanceof Date)
  const lines = Buffer.from(report.Content ?? [])
    .toString('utf8')
    .split('\n')
  const [header = '', root = ''] = lines
  assert.match(header, /^user,arn,user_creation_time,password_enabled,/)
  assert.match(root, /^<root_account>,arn:aws:iam::\d{12}:root,/)
  const columns = header.split(',')
  const cells = lines.find(line => line.startsWith('reported,'))?.split(',') ?? []
  const of = (name: string) => cells[columns.indexOf(name)]
  assert.equal(cells.length, columns.length)
  assert.deepEqual(
    ['access_key_1_active', 'access_key_1_last_used_service', 'access_key_2_active', 'mfa_active'].map(of),
    ['true', 'sts', 'false', 'false'],
  )
  assert.ok(lines.some(line => line.startsWith("'=1+1,")))
  assert.ok(lines.some(line => line.startsWith('"a,b",')))
})
