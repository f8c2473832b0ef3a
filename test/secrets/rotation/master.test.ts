import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import * as sm from '@aws-sdk/client-secrets-manager'
import type { RotationDesk, Rotator } from '../../../server/secrets/rotation/rotator.ts'
import { createAlternatingDatabase, createAlternatingRotator } from '../../support/alternating-database.ts'
import { faultOf, policyOf } from '../../support/aws-calls.ts'
import { startRolecall } from '../../support/rolecall.ts'
import { callSecrets } from '../../support/secrets-call.ts'
import { until } from '../../support/until.ts'

/** The secret whose rights are lent; who reads it through another secret has stolen it. */
const masterValue = JSON.stringify({ username: 'admin', password: 'of-the-master' })

const database = createAlternatingDatabase()
const plain = createAlternatingRotator(database)
let seen: string[] = []
let askFor: (desk: RotationDesk) => Promise<string> = async desk =>
  JSON.parse((await desk.read('AWSCURRENT')) ?? '').masterarn
const withMaster: Rotator = {
  ...plain,
  async createSecret(desk, signal) {
    seen.push(await desk.readMaster(await askFor(desk)))
    await plain.createSecret(desk, signal)
  },
}
const rolecall = await startRolecall({}, undefined, { rotators: new Map([['rolecall-test', withMaster]]) })
const client = rolecall.secrets()
const lambda = `arn:aws:lambda:us-east-1:${rolecall.accountId}:function:rolecall-test`

async function create(Name: string, value: string | object) {
  const SecretString = typeof value === 'string' ? value : JSON.stringify(value)
  const { ARN } = await client.send(new sm.CreateSecretCommand({ Name, SecretString }))
  return String(ARN)
}
async function stateOf(SecretId: string) {
  const { body } = await callSecrets(rolecall, 'ListSecretRotations', { SecretId })
  const [{ State, Reason } = {}] = body.Rotations as Record<string, unknown>[]
  return { State, Reason }
}
async function rotated(SecretId: string) {
  seen = []
  await client.send(new sm.RotateSecretCommand({ SecretId, RotationLambdaARN: lambda }))
  await until(async () => ['succeeded', 'failing'].includes(String((await stateOf(SecretId)).State)))
  return stateOf(SecretId)
}

const master = await create('master', masterValue)

/** May do everything with secrets whose names begin so, and nothing with the master. */
async function attacker() {
  const iam = rolecall.iam()
  const UserName = `u-${randomUUID()}`
  await iam.send(new CreateUserCommand({ UserName }))
  const PolicyDocument = policyOf(
    { Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' },
    { Effect: 'Deny', Action: 'secretsmanager:GetSecretValue', Resource: master },
    { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '*' },
  )
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  return rolecall.secrets({
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  })
}

test('whoever may read the master may name it, and the rotator is given it, on record', async () => {
  const value = { ...JSON.parse(database.add('good')), masterarn: master }
  const arn = await create('good', value)
  assert.equal((await rotated('good')).State, 'succeeded')
  assert.deepEqual(seen, [masterValue])
  const { Events = [] } = await rolecall.cloudTrail().send(
    new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: master }],
    }),
  )
  const read = Events.find(({ EventName }) => EventName === 'GetSecretValue')
  assert.ok(read?.CloudTrailEvent?.includes(arn), 'it says for which secret')
})

const naming = (Name: string) =>
  JSON.stringify({ ...JSON.parse(database.add(Name)), host: 'evil.example', masterarn: master })

test('nobody else gets a value in that names it, by whichever action and spelling', async () => {
  const evil = await attacker()
  await create('theirs', database.add('theirs'))
  const SecretString = naming('theirs')
  for (const [story, call] of [
    ['created', () => evil.send(new sm.CreateSecretCommand({ Name: 'another', SecretString }))],
    ['put', () => evil.send(new sm.PutSecretValueCommand({ SecretId: 'theirs', SecretString }))],
    [
      'put at a stage of its own, to be moved later',
      () =>
        evil.send(
          new sm.PutSecretValueCommand({ SecretId: 'theirs', SecretString, VersionStages: ['later'] }),
        ),
    ],
    ['updated', () => evil.send(new sm.UpdateSecretCommand({ SecretId: 'theirs', SecretString }))],
    [
      'behind another name in the same value',
      () =>
        evil.send(
          new sm.PutSecretValueCommand({
            SecretId: 'theirs',
            SecretString: `{"masterarn":"x","masterarn":${JSON.stringify(master)}}`,
          }),
        ),
    ],
    [
      'in letters that JSON spells otherwise',
      () =>
        evil.send(
          new sm.PutSecretValueCommand({
            SecretId: 'theirs',
            SecretString: `{"\\u006dasterarn":${JSON.stringify(master).replace('arn', '\\u0061rn')}}`,
          }),
        ),
    ],
  ] as const) {
    const fault = await faultOf(call())
    assert.equal(fault.code, 'AccessDeniedException', story)
    assert.match(fault.message, /secretsmanager:GetSecretValue/, story)
  }
  // A value that names none is as free as ever, and so is one that names a secret of elsewhere.
  await evil.send(new sm.PutSecretValueCommand({ SecretId: 'theirs', SecretString: '{"a":1}' }))
  const elsewhere = JSON.stringify({ masterarn: master.replace(/:\d{12}:/, ':999999999999:') })
  await evil.send(new sm.PutSecretValueCommand({ SecretId: 'theirs', SecretString: elsewhere }))
})

test('bytes that would read as such a value are no text to a rotator', async () => {
  const evil = await attacker()
  await create('bytes', 'x')
  const SecretBinary = Buffer.from(naming('bytes'))
  await evil.send(new sm.PutSecretValueCommand({ SecretId: 'bytes', SecretBinary }))
  assert.deepEqual(await rotated('bytes'), { State: 'failing', Reason: 'the value is bytes and no text' })
  assert.deepEqual(seen, [])
})

test('a rotator is given no other secret than the one that the value names', async () => {
  const before = askFor
  askFor = async () => master
  await create('tricked', { ...JSON.parse(database.add('tricked')) })
  assert.match(String((await rotated('tricked')).Reason), /names another secret/)
  askFor = before
  assert.deepEqual(seen, [])
})

for (const [story, masterarn] of [
  ['by its name', 'master'],
  ['by its ARN without the end', master.slice(0, -7)],
  ['of another account', master.replace(/:\d{12}:/, ':999999999999:')],
] as const) {
  test(`a master that is named ${story} is not read: it might be another by now`, async () => {
    const name = `named-${randomUUID()}`
    await create(name, { ...JSON.parse(database.add(name)), masterarn })
    assert.match(String((await rotated(name)).Reason), /masterarn is not the whole ARN/)
    assert.deepEqual(seen, [])
  })
}

test('a master that is marked for deletion is not read', async () => {
  const gone = await create('gone', masterValue)
  await create('of-gone', { ...JSON.parse(database.add('of-gone')), masterarn: gone })
  await client.send(new sm.DeleteSecretCommand({ SecretId: gone }))
  assert.match(String((await rotated('of-gone')).Reason), /marked for deletion/)
})
