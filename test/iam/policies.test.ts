import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
const document = policyOf(allow('iam:GetRole'))

const create = (PolicyName: string, more: Partial<sdk.CreatePolicyCommandInput> = {}) =>
  iam.send(new sdk.CreatePolicyCommand({ PolicyName, PolicyDocument: document, ...more }))
const get = (PolicyArn: string) => iam.send(new sdk.GetPolicyCommand({ PolicyArn }))
const remove = (PolicyArn: string) => iam.send(new sdk.DeletePolicyCommand({ PolicyArn }))
const arnOf = (name: string) => `arn:aws:iam::${accountId}:policy/${name}`

const tags = [{ Key: 'team', Value: 'blue' }]

test('a managed policy is made and read back', async () => {
  const before = Math.floor(Date.now() / 1000) * 1000
  const more = { Path: '/team/night/', Description: 'Für <alle> & "jeden"', Tags: tags }
  const made = (await create('reader', more)).Policy ?? assert.fail('no policy')
  const { PolicyId, CreateDate, UpdateDate, ...rest } = made
  assert.match(PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/)
  assert.ok(CreateDate && CreateDate.getTime() >= before && CreateDate.getTime() <= Date.now())
  assert.deepEqual(UpdateDate, CreateDate)
  assert.deepEqual(rest, {
    PolicyName: 'reader',
    Arn: arnOf('team/night/reader'),
    DefaultVersionId: 'v1',
    AttachmentCount: 0,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    ...more,
  })
  assert.deepEqual((await get(arnOf('team/night/reader'))).Policy, made)
})

test('a policy counts the roles that it is attached to, and is not deleted while there are any', async () => {
  const arn = (await create('attached')).Policy?.Arn ?? ''
  const trust = trusting(accountId, { url: 'https://issuer.example' })
  for (const RoleName of ['one', 'two']) {
    await rolecall.createRole(RoleName, trust)
    await iam.send(new sdk.AttachRolePolicyCommand({ RoleName, PolicyArn: arn }))
  }
  assert.equal((await get(arn)).Policy?.AttachmentCount, 2)
  for (const RoleName of ['one', 'two']) {
    assert.deepEqual(await faultOf(remove(arn)), {
      code: 'DeleteConflict',
      status: 409,
      message: 'Cannot delete a policy attached to entities.',
      type: 'Sender',
    })
    await iam.send(new sdk.DetachRolePolicyCommand({ RoleName, PolicyArn: arn }))
  }
  assert.equal((await get(arn)).Policy?.AttachmentCount, 0)
  await remove(arn)
  assert.equal((await faultOf(get(arn))).code, 'NoSuchEntity')
})

test('a name is taken in any case of its letters, and on any path', async () => {
  await create('Taken')
  for (const name of ['Taken', 'taken', 'TAKEN']) {
    assert.deepEqual(await faultOf(create(name, { Path: '/elsewhere/' })), {
      code: 'EntityAlreadyExists',
      status: 409,
      message: `A policy called ${name} already exists. Duplicate names are not allowed.`,
      type: 'Sender',
    })
  }
})

for (const arn of [
  arnOf('not-there'),
  arnOf('elsewhere/Taken'),
  arnOf('taken'),
  'arn:aws:iam::999999999999:policy/Taken',
  'arn:aws:iam::aws:policy/NeverShipped',
]) {
  test(`${arn} is neither read nor deleted: NoSuchEntity`, async () => {
    for (const call of [get, remove]) {
      assert.deepEqual(await faultOf(call(arn)), {
        code: 'NoSuchEntity',
        status: 404,
        message: `Policy ${arn} was not found.`,
        type: 'Sender',
      })
    }
  })
}

test('what is no ARN at all is told so: ValidationError', async () => {
  for (const call of [get, remove]) {
    const { code, status, message } = await faultOf(call('certainly-not-an-arn'))
    assert.deepEqual([code, status, message], ['ValidationError', 400, 'Invalid ARN:  Could not be parsed!'])
  }
})

for (const [story, name, more, code, message] of [
  ['a name of 129 characters', 'n'.repeat(129), {}, 'ValidationError', /at 'policyName'.*128$/],
  ['a name with a slash', 'a/b', {}, 'ValidationError', /at 'policyName'.*pattern/],
  ['a path without a slash at its end', 'x', { Path: '/team' }, 'ValidationError', /at 'path'/],
  ['a path with an empty step', 'x', { Path: '/team//' }, 'ValidationError', /at 'path'/],
  ['a path that is a pattern', 'x', { Path: '/te*m/' }, 'ValidationError', /at 'path'/],
  ['a path that is a variable', 'x', { Path: '/${aws:userid}/' }, 'ValidationError', /at 'path'/],
  ['a description of 1001 characters', 'x', { Description: 'd'.repeat(1001) }, 'ValidationError', /1000$/],
  ['a tag of AWS’s own', 'x', { Tags: [{ Key: 'aws:x', Value: 'v' }] }, 'InvalidInput', /^aws: prefixed/],
] as const) {
  test(`a policy with ${story} is not made: ${code}`, async () => {
    const asked = structuredClone(more) as Partial<sdk.CreatePolicyCommandInput>
    const fault = await faultOf(create(name, asked))
    assert.deepEqual([fault.code, fault.status], [code, 400])
    assert.match(fault.message, message)
  })
}
