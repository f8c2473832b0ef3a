import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { faultOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { secretsOf } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const client = rolecall.secrets()
const { create, get, put, describe, setPolicy, delete: remove } = secretsOf(client)
const dayMs = 24 * 3_600_000

test('a secret that is marked for deletion is described and its versions listed, and nothing else', async () => {
  const name = randomUUID()
  const { arn } = await create(name)
  const { DeletionDate } = await remove(name)
  assert.ok(Math.abs(Number(DeletionDate) - Date.now() - 30 * dayMs) < 60_000)
  assert.ok((await describe(arn)).DeletedDate)
  await client.send(new sm.ListSecretVersionIdsCommand({ SecretId: arn }))
  const refused = [
    () => get(name),
    () => put(name, 'x'),
    () => remove(name),
    () => client.send(new sm.UpdateSecretCommand({ SecretId: name, Description: 'x' })),
    () => client.send(new sm.TagResourceCommand({ SecretId: name, Tags: [{ Key: 'a', Value: 'b' }] })),
    () => client.send(new sm.UntagResourceCommand({ SecretId: name, TagKeys: ['a'] })),
    () => client.send(new sm.GetResourcePolicyCommand({ SecretId: name })),
    () => client.send(new sm.DeleteResourcePolicyCommand({ SecretId: name })),
    () =>
      setPolicy(
        name,
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}',
      ),
  ]
  for (const call of refused) {
    const { code, message } = await faultOf(call())
    assert.equal(code, 'InvalidRequestException')
    assert.match(message, /because it was marked for deletion\.$/)
  }
  await client.send(new sm.RestoreSecretCommand({ SecretId: name }))
  await client.send(new sm.RestoreSecretCommand({ SecretId: name }))
  assert.equal((await describe(name)).DeletedDate, undefined)
  await remove(name)
  await remove(name, { ForceDeleteWithoutRecovery: true })
  await remove(name, { ForceDeleteWithoutRecovery: true })
  assert.equal((await faultOf(describe(name))).code, 'ResourceNotFoundException')
})

for (const [story, more, code] of [
  ['six days', { RecoveryWindowInDays: 6 }, 'InvalidParameterException'],
  ['31 days', { RecoveryWindowInDays: 31 }, 'InvalidParameterException'],
  ['no days', { RecoveryWindowInDays: 0 }, 'InvalidParameterException'],
  ['fewer than none', { RecoveryWindowInDays: -7 }, 'InvalidParameterException'],
  [
    'days, and at once',
    { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
    'InvalidParameterException',
  ],
] as const) {
  test(`a deletion with ${story} of grace is refused with ${code}, and the secret stays`, async () => {
    const name = randomUUID()
    await create(name)
    assert.equal((await faultOf(remove(name, more))).code, code)
    assert.equal((await get(name)).SecretString, 'one')
  })
}

test('of a secret that is not there, only a forced deletion succeeds', async () => {
  const name = randomUUID()
  for (const call of [
    () => remove(name),
    () => get(name),
    () => client.send(new sm.RestoreSecretCommand({ SecretId: name })),
  ]) {
    const { code, message } = await faultOf(call())
    assert.deepEqual(
      [code, message],
      ['ResourceNotFoundException', "Secrets Manager can't find the specified secret."],
    )
  }
  const { Name, DeletionDate } = await remove(name, { ForceDeleteWithoutRecovery: true })
  assert.equal(Name, name)
  assert.ok(DeletionDate instanceof Date)
})

test('nothing of a deleted secret is in the one that gets its name', async () => {
  const name = randomUUID()
  const { arn, version } = await create(name, {
    SecretString: 'old',
    Description: 'old',
    Tags: [{ Key: 'old', Value: 'old' }],
  })
  await remove(name, { ForceDeleteWithoutRecovery: true })
  const { arn: anew } = await create(name, { SecretString: 'new' })
  assert.notEqual(anew, arn)
  const described = await describe(name)
  assert.deepEqual([described.Description, described.Tags], [undefined, undefined])
  assert.equal((await faultOf(get(name, { VersionId: version }))).code, 'ResourceNotFoundException')
  assert.equal((await faultOf(get(arn))).code, 'ResourceNotFoundException')
})
