import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { faultOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const client = rolecall.secrets()
const arnOf = (name: string) =>
  new RegExp(`^arn:aws:secretsmanager:us-east-1:${accountId}:secret:${name}-[A-Za-z0-9]{6}$`)

async function create(Name: string, more: Partial<sm.CreateSecretCommandInput> = { SecretString: 'one' }) {
  const made = await client.send(new sm.CreateSecretCommand({ Name, ...more }))
  return { arn: String(made.ARN), version: String(made.VersionId) }
}
const get = (SecretId: string, more: object = {}) =>
  client.send(new sm.GetSecretValueCommand({ SecretId, ...more }))
const put = (SecretId: string, more: Partial<sm.PutSecretValueCommandInput>) =>
  client.send(new sm.PutSecretValueCommand({ SecretId, ...more }))
const describe = (SecretId: string) => client.send(new sm.DescribeSecretCommand({ SecretId }))

test('a secret is made, and its value given out by name, by ARN and by the ARN without its end', async () => {
  const { arn, version } = await create('team/db')
  assert.match(arn, arnOf('team/db'))
  for (const id of ['team/db', arn, arn.slice(0, -7)]) {
    const value = await get(id)
    assert.equal(value.SecretString, 'one')
    assert.equal(value.ARN, arn)
    assert.equal(value.Name, 'team/db')
    assert.equal(value.VersionId, version)
    assert.deepEqual(value.VersionStages, ['AWSCURRENT'])
    assert.ok(Math.abs(Number(value.CreatedDate) - Date.now()) < 60_000)
  }
})

test('bytes come back as they went in, and the largest value there may be', async () => {
  const bytes = Buffer.from(Array.from({ length: 65_536 }, (_, n) => n % 256))
  await create('bytes', { SecretBinary: bytes })
  const { SecretBinary, SecretString } = await get('bytes')
  assert.ok(Buffer.from(SecretBinary ?? []).equals(bytes))
  assert.equal(SecretString, undefined)
  const large = await faultOf(create('larger', { SecretBinary: Buffer.alloc(65_537, 1) }))
  assert.equal(large.code, 'ValidationException')
  const text = '𝄞'.repeat(16_384)
  await create('text', { SecretString: text })
  assert.equal((await get('text')).SecretString, text)
  assert.equal((await faultOf(create('texts', { SecretString: `${text}x` }))).code, 'ValidationException')
})

test('AWSCURRENT moves to a new value, and AWSPREVIOUS follows', async () => {
  const { version: first } = await create('moves')
  const second = String((await put('moves', { SecretString: 'two' })).VersionId)
  const third = String((await put('moves', { SecretString: 'three' })).VersionId)
  assert.equal((await get('moves')).SecretString, 'three')
  assert.equal((await get('moves', { VersionStage: 'AWSPREVIOUS' })).SecretString, 'two')
  assert.equal((await get('moves', { VersionId: first })).SecretString, 'one')
  const { VersionIdsToStages } = await describe('moves')
  assert.deepEqual(VersionIdsToStages, { [third]: ['AWSCURRENT'], [second]: ['AWSPREVIOUS'] })
})

test('the audit log says which value was given out, where it was not the current one', async () => {
  const { arn, version } = await create('told')
  await put('told', { SecretString: 'two' })
  await get('told')
  await get('told', { VersionStage: 'AWSPREVIOUS' })
  await get('told', { VersionId: version })
  const rows = auditRowsIn(rolecall.dataDir).filter(
    ({ event, resource }) => event === 'GetSecretValue' && resource === arn,
  )
  assert.deepEqual(
    rows.map(({ detail }) => detail && JSON.parse(String(detail))),
    [null, { versionStage: 'AWSPREVIOUS' }, { versionId: version }],
  )
})

test('the same token with the same value changes nothing, with another it is refused', async () => {
  const ClientRequestToken = randomUUID()
  const { arn } = await create('once', { SecretString: 'one', ClientRequestToken })
  assert.equal((await create('once', { SecretString: 'one', ClientRequestToken })).arn, arn)
  await put('once', { SecretString: 'one', ClientRequestToken })
  for (const call of [
    () => create('once', { SecretString: 'two', ClientRequestToken }),
    () => create('once', { SecretString: 'one' }),
    () => put('once', { SecretString: 'two', ClientRequestToken }),
    () => put('once', { SecretBinary: Buffer.from('one'), ClientRequestToken }),
  ])
    assert.equal((await faultOf(call())).code, 'ResourceExistsException')
  const { Versions = [] } = await client.send(
    new sm.ListSecretVersionIdsCommand({ SecretId: 'once', IncludeDeprecated: true }),
  )
  assert.equal(Versions.length, 1)
})

for (const [story, more, message] of [
  ['a stage that is not there', { VersionStage: 'AWSPENDING' }, /staging label: AWSPENDING/],
  ['a stage by a name of objects', { VersionStage: 'constructor' }, /staging label: constructor/],
  ['a version that is not there', { VersionId: 'x'.repeat(32) }, /for VersionId: x{32}/],
] as const) {
  test(`${story} is not found`, async () => {
    await create(story.replaceAll(' ', '-'))
    const fault = await faultOf(get(story.replaceAll(' ', '-'), more))
    assert.equal(fault.code, 'ResourceNotFoundException')
    assert.match(fault.message, message)
  })
}

test('a secret that is marked for deletion gives nothing out, comes back, and is gone when its time is over', async () => {
  await create('leaves')
  const { DeletionDate } = await client.send(
    new sm.DeleteSecretCommand({ SecretId: 'leaves', RecoveryWindowInDays: 7 }),
  )
  assert.ok(Math.abs(Number(DeletionDate) - Date.now() - 7 * 86_400_000) < 60_000)
  for (const call of [
    () => get('leaves'),
    () => put('leaves', { SecretString: 'x' }),
    () => create('leaves'),
  ])
    assert.equal((await faultOf(call())).code, 'InvalidRequestException')
  assert.ok((await describe('leaves')).DeletedDate)
  await client.send(new sm.RestoreSecretCommand({ SecretId: 'leaves' }))
  assert.equal((await get('leaves')).SecretString, 'one')
  await client.send(new sm.DeleteSecretCommand({ SecretId: 'leaves', RecoveryWindowInDays: 7 }))
  await rolecall.rolecall.store.prune(Date.now() + 7 * 86_400_000 + 1)
  assert.equal((await faultOf(get('leaves'))).code, 'ResourceNotFoundException')
  await create('leaves')
})

const dayOf = (ms: number) => Math.floor(ms / 86_400_000) * 86_400_000

test('the day of the last use is told once it is written, in its own time', async () => {
  await create('used')
  assert.equal((await describe('used')).LastAccessedDate, undefined)
  const before = dayOf(Date.now())
  await get('used')
  await rolecall.rolecall.store.secrets.accesses.flush()
  const today = Number((await describe('used')).LastAccessedDate)
  // At midnight it is either.
  assert.ok([before, dayOf(Date.now())].includes(today))
  const { Versions = [] } = await client.send(new sm.ListSecretVersionIdsCommand({ SecretId: 'used' }))
  assert.equal(Number(Versions[0]?.LastAccessedDate), today)
})
