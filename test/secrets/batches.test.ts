import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { allow, faultOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'
import { secretsOf, sessionWith } from '../support/secret-calls.ts'
import { until } from '../support/until.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const { create, get, delete: remove } = secretsOf(rolecall.secrets())
const mine = await create('team/mine', { SecretString: 'mine' })
const alsoMine = await create('team/bytes', { SecretBinary: Buffer.from([0, 255]) })
const theirs = await create('other/theirs', { SecretString: 'theirs' })
await create('team/empty', {})
await create('team/marked')
await remove('team/marked')

const prefix = mine.arn.slice(0, mine.arn.indexOf('team/'))
const { keys, arn: caller } = await sessionWith(
  rolecall,
  issuer,
  allow(['secretsmanager:BatchGetSecretValue', 'secretsmanager:ListSecrets']),
  allow('secretsmanager:GetSecretValue', `${prefix}team/*`),
)
const client = rolecall.secrets(keys)
const batch = (input: sm.BatchGetSecretValueCommandInput) =>
  client.send(new sm.BatchGetSecretValueCommand(input))
const rowsOf = () =>
  auditRowsIn(rolecall.dataDir).filter(row => row.caller_arn === caller && row.event === 'GetSecretValue')

test('of a batch each is given out or refused as if it were asked for alone', async () => {
  const ids = ['team/mine', theirs.arn, alsoMine.arn, 'team/empty', 'team/marked', 'team/none']
  const { SecretValues = [], Errors = [] } = await batch({ SecretIdList: ids })
  assert.deepEqual(
    SecretValues.map(({ ARN, SecretString, SecretBinary }) => [
      ARN,
      SecretString ?? [...(SecretBinary ?? [])],
    ]),
    [
      [mine.arn, 'mine'],
      [alsoMine.arn, [0, 255]],
    ],
  )
  assert.deepEqual(
    Errors.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode]),
    [
      [theirs.arn, 'AccessDeniedException'],
      ['team/empty', 'ResourceNotFoundException'],
      ['team/marked', 'InvalidRequestException'],
      ['team/none', 'AccessDeniedException'],
    ],
  )
  for (const { SecretId = '', ErrorCode, Message } of Errors) {
    const alone = await faultOf(secretsOf(client).get(SecretId))
    const plain = (text = '') => text.replace(/failure message: .*/, '')
    assert.deepEqual([alone.code, plain(alone.message)], [ErrorCode, plain(Message)])
  }
})

test('each value that is given out has its row, and each refusal', async () => {
  const before = rowsOf().length
  await batch({ SecretIdList: ['team/mine', 'team/bytes', theirs.arn] })
  const allowed = rowsOf()
    .slice(before)
    .filter(row => row.decision === 'allowed')
  assert.deepEqual(allowed.map(row => row.resource).sort(), [mine.arn, alsoMine.arn].sort())
  await until(
    async () =>
      rowsOf()
        .slice(before)
        .some(row => row.reason === 'access.denied'),
    5_000,
  )
})

test('a batch by filters has what fits, and says which of it is not for the caller', async () => {
  const { SecretValues = [], Errors = [] } = await batch({
    Filters: [{ Key: 'name', Values: ['team/', 'other/'] }],
  })
  assert.deepEqual(SecretValues.map(({ Name }) => Name).sort(), ['team/bytes', 'team/mine'])
  assert.deepEqual(Errors.map(({ SecretId }) => SecretId).sort(), ['other/theirs', 'team/empty'])
})

test('an explicit deny of the batch or of one secret holds', async () => {
  const { keys: denied } = await sessionWith(rolecall, issuer, allow('*'), {
    Effect: 'Deny',
    Action: 'secretsmanager:GetSecretValue',
    Resource: mine.arn,
  })
  const { SecretValues = [], Errors = [] } = await rolecall
    .secrets(denied)
    .send(new sm.BatchGetSecretValueCommand({ SecretIdList: ['team/mine', 'team/bytes'] }))
  assert.deepEqual(
    SecretValues.map(({ Name }) => Name),
    ['team/bytes'],
  )
  assert.equal(Errors[0]?.ErrorCode, 'AccessDeniedException')
  assert.equal((await get('team/mine')).SecretString, 'mine')
})
