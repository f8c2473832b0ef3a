import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
await rolecall.createRole('worker', trusting(accountId, { url: 'https://issuer.example' }))

const RoleName = 'worker'
const document = policyOf(allow('iam:GetRole'))
const another = policyOf(allow('iam:ListRoles'))

const put = (PolicyName: string, PolicyDocument = document) =>
  iam.send(new sdk.PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
const get = (PolicyName: string) => iam.send(new sdk.GetRolePolicyCommand({ RoleName, PolicyName }))
const remove = (PolicyName: string) => iam.send(new sdk.DeleteRolePolicyCommand({ RoleName, PolicyName }))
const attach = (PolicyArn: string) => iam.send(new sdk.AttachRolePolicyCommand({ RoleName, PolicyArn }))
const detach = (PolicyArn: string) => iam.send(new sdk.DetachRolePolicyCommand({ RoleName, PolicyArn }))

async function attached(PathPrefix?: string) {
  const asked = { RoleName, ...(PathPrefix === undefined ? {} : { PathPrefix }) }
  const { AttachedPolicies } = await iam.send(new sdk.ListAttachedRolePoliciesCommand(asked))
  return AttachedPolicies
}

async function managed(PolicyName: string, Path = '/'): Promise<string> {
  const command = new sdk.CreatePolicyCommand({ PolicyName, Path, PolicyDocument: document })
  return (await iam.send(command)).Policy?.Arn ?? ''
}

test('an inline policy is written, read back encoded, replaced, listed by name, and deleted', async () => {
  await put('work')
  const { $metadata: _, ...read } = await get('work')
  assert.deepEqual(read, { RoleName, PolicyName: 'work', PolicyDocument: encodeURIComponent(document) })
  await put('work', another)
  assert.equal((await get('work')).PolicyDocument, encodeURIComponent(another))
  await put('a-second')
  const list = new sdk.ListRolePoliciesCommand({ RoleName })
  const { $metadata, ...listed } = await iam.send(list)
  assert.deepEqual(listed, { PolicyNames: ['a-second', 'work'], IsTruncated: false })
  await remove('work')
  await remove('a-second')
  assert.deepEqual((await iam.send(list)).PolicyNames, [])
})

test('an inline policy that is not there is neither read nor deleted: NoSuchEntity', async () => {
  for (const call of [get, remove]) {
    assert.deepEqual(await faultOf(call('nothing')), {
      code: 'NoSuchEntity',
      status: 404,
      message: 'The role policy with name nothing cannot be found.',
      type: 'Sender',
    })
  }
})

test('a managed policy is attached once, however often, listed by name and path, and detached', async () => {
  const work = await managed('work')
  const team = await managed('Another', '/team/')
  for (const arn of [work, team, work]) await attach(arn)
  const both = [
    { PolicyName: 'Another', PolicyArn: team },
    { PolicyName: 'work', PolicyArn: work },
  ]
  assert.deepEqual(await attached(), both)
  assert.deepEqual(await attached('/team/'), both.slice(0, 1))
  await detach(team)
  await detach(work)
  assert.deepEqual(await attached(), [])
})

const missing = `arn:aws:iam::${accountId}:policy/not-there`
const elsewhere = 'arn:aws:iam::999999999999:policy/work'

for (const arn of [missing, elsewhere, `arn:aws:iam::${accountId}:role/worker`]) {
  test(`${arn} is no policy to attach or detach: NoSuchEntity`, async () => {
    const missing = { code: 'NoSuchEntity', status: 404, type: 'Sender' }
    const unknown = `Policy ${arn} does not exist or is not attachable.`
    assert.deepEqual(await faultOf(attach(arn)), { ...missing, message: unknown })
    assert.deepEqual(await faultOf(detach(arn)), { ...missing, message: `Policy ${arn} was not found.` })
  })
}

test('a policy that is there, but not attached, can’t be detached', async () => {
  const arn = await managed('loose')
  const { code, message } = await faultOf(detach(arn))
  assert.deepEqual([code, message], ['NoSuchEntity', `Policy ${arn} was not found.`])
})

test('what is no ARN at all is told so: ValidationError', async () => {
  for (const call of [attach, detach]) {
    assert.deepEqual(await faultOf(call('certainly-not-an-arn')), {
      code: 'ValidationError',
      status: 400,
      message: 'Invalid ARN:  Could not be parsed!',
      type: 'Sender',
    })
  }
})

const nobody = { RoleName: 'nobody', PolicyName: 'work', PolicyDocument: document, PolicyArn: missing }

for (const [action, call] of [
  ['PutRolePolicy', () => iam.send(new sdk.PutRolePolicyCommand(nobody))],
  ['GetRolePolicy', () => iam.send(new sdk.GetRolePolicyCommand(nobody))],
  ['DeleteRolePolicy', () => iam.send(new sdk.DeleteRolePolicyCommand(nobody))],
  ['ListRolePolicies', () => iam.send(new sdk.ListRolePoliciesCommand(nobody))],
  ['AttachRolePolicy', () => iam.send(new sdk.AttachRolePolicyCommand(nobody))],
  ['DetachRolePolicy', () => iam.send(new sdk.DetachRolePolicyCommand(nobody))],
  ['ListAttachedRolePolicies', () => iam.send(new sdk.ListAttachedRolePoliciesCommand(nobody))],
] as const) {
  test(`${action} on a role that is not there: NoSuchEntity`, async () => {
    assert.deepEqual(await faultOf(call()), {
      code: 'NoSuchEntity',
      status: 404,
      message: 'The role with name nobody cannot be found.',
      type: 'Sender',
    })
  })
}

for (const [story, name, part] of [
  ['of 129 characters', 'p'.repeat(129), /at 'policyName'.*128$/],
  ['with a blank', 'two words', /at 'policyName'.*pattern/],
  ['of nothing', '', /at 'policyName'.*equal to 1$/],
] as const) {
  test(`a policy name ${story}: ValidationError`, async () => {
    const { code, status, message } = await faultOf(put(name))
    assert.deepEqual([code, status], ['ValidationError', 400])
    assert.match(message, part)
  })
}

test('a prefix that does not end in a slash is none of a managed policy’s path: ValidationError', async () => {
  const { code, message } = await faultOf(attached('/team'))
  assert.equal(code, 'ValidationError')
  assert.match(message, /at 'pathPrefix'/)
})
