import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { startRolecall } from '../support/rolecall.ts'
import { postSecrets, secretsOf } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const { create } = secretsOf(rolecall.secrets())
await create('there')

const SecretId = 'there'
const x = (length: number) => 'x'.repeat(length)
const some = <T>(length: number, of: (n: number) => T) => Array.from({ length }, (_, n) => of(n))
const tags = (length: number, Value = '') => some(length, n => ({ Key: `k${n}`, Value }))
const fresh = () => ({ Name: randomUUID(), SecretString: 'x', ClientRequestToken: randomUUID() })
const put = () => ({ SecretId, SecretString: 'x', ClientRequestToken: randomUUID() })

/** What is just taken, and what is just not, with the code of its refusal. */
const bounds: [action: string, taken: () => object, refused: () => object, code: string][] = [
  [
    'CreateSecret',
    () => ({ ...fresh(), Name: `${x(476)}${randomUUID()}` }),
    () => ({ ...fresh(), Name: x(513) }),
    'ValidationException',
  ],
  ['CreateSecret', fresh, () => ({ ...fresh(), Name: null }), 'ValidationException'],
  [
    'CreateSecret',
    () => ({ ...fresh(), ClientRequestToken: x(32) }),
    () => ({ ...fresh(), ClientRequestToken: x(31) }),
    'ValidationException',
  ],
  [
    'CreateSecret',
    () => ({ ...fresh(), ClientRequestToken: x(64) }),
    () => ({ ...fresh(), ClientRequestToken: x(65) }),
    'ValidationException',
  ],
  [
    'CreateSecret',
    () => ({ Name: randomUUID() }),
    () => ({ Name: randomUUID(), SecretString: 'x' }),
    'InvalidRequestException',
  ],
  [
    'CreateSecret',
    () => ({ ...fresh(), Description: x(2048) }),
    () => ({ ...fresh(), Description: x(2049) }),
    'ValidationException',
  ],
  [
    'CreateSecret',
    () => ({ ...fresh(), KmsKeyId: x(2048) }),
    () => ({ ...fresh(), KmsKeyId: x(2049) }),
    'ValidationException',
  ],
  [
    'CreateSecret',
    () => ({ ...fresh(), Tags: tags(50) }),
    () => ({ ...fresh(), Tags: tags(51) }),
    'ValidationException',
  ],
  [
    'CreateSecret',
    () => ({ ...fresh(), Tags: [{ Key: x(128), Value: x(256) }] }),
    () => ({ ...fresh(), Tags: [{ Key: x(129), Value: '' }] }),
    'ValidationException',
  ],
  ['CreateSecret', fresh, () => ({ ...fresh(), Tags: [{ Key: 'k', Value: x(257) }] }), 'ValidationException'],
  [
    'CreateSecret',
    fresh,
    () => ({ ...fresh(), Tags: [...tags(1), ...tags(1, 'other')] }),
    'InvalidParameterException',
  ],
  [
    'CreateSecret',
    fresh,
    () => ({
      ...fresh(),
      Tags: [
        { Key: 'Team', Value: '' },
        { Key: 'team', Value: '' },
      ],
    }),
    'InvalidParameterException',
  ],
  [
    'CreateSecret',
    fresh,
    () => ({ ...fresh(), Tags: [{ Key: 'aws:x', Value: '' }] }),
    'InvalidParameterException',
  ],
  [
    'CreateSecret',
    () => ({ ...fresh(), AddReplicaRegions: [] }),
    () => ({ ...fresh(), AddReplicaRegions: [{ Region: 'eu-west-1' }] }),
    'InvalidParameterException',
  ],
  [
    'TagResource',
    () => ({ SecretId, Tags: tags(50) }),
    () => ({ SecretId, Tags: [{ Key: 'one-more', Value: '' }] }),
    'InvalidParameterException',
  ],
  [
    'TagResource',
    () => ({ SecretId, Tags: tags(50, 'anew') }),
    () => ({ SecretId, Tags: [{ Key: 'K1', Value: '' }] }),
    'InvalidParameterException',
  ],
  ['UntagResource', () => ({ SecretId, TagKeys: ['none'] }), () => ({ SecretId }), 'ValidationException'],
  [
    'CreateSecret',
    fresh,
    () => ({ ...fresh(), Type: 'SomeCompanyUserPassword' }),
    'InvalidParameterException',
  ],
  ['UpdateSecret', put, () => ({ ...put(), Type: 'SomeCompanyUserPassword' }), 'InvalidParameterException'],
  ['PutSecretValue', put, () => ({ ...put(), SecretString: null }), 'InvalidParameterException'],
  ['PutSecretValue', put, () => ({ ...put(), ClientRequestToken: null }), 'InvalidRequestException'],
  ['UpdateSecret', put, () => ({ ...put(), ClientRequestToken: null }), 'InvalidRequestException'],
  ['UpdateSecret', () => ({ SecretId }), () => ({ SecretId: x(2049) }), 'ValidationException'],
  [
    'PutSecretValue',
    () => ({ ...put(), VersionStages: [x(256)] }),
    () => ({ ...put(), VersionStages: [x(257)] }),
    'ValidationException',
  ],
  ['GetSecretValue', () => ({ SecretId }), () => ({ SecretId, VersionId: x(31) }), 'ValidationException'],
  ['ListSecrets', () => ({ MaxResults: 100 }), () => ({ MaxResults: 101 }), 'ValidationException'],
  ['ListSecrets', () => ({ MaxResults: 1 }), () => ({ MaxResults: 0 }), 'ValidationException'],
  ['ListSecrets', () => ({ SortBy: 'name' }), () => ({ SortBy: 'constructor' }), 'ValidationException'],
  ['ListSecrets', () => ({ SortOrder: 'asc' }), () => ({ SortOrder: 'up' }), 'ValidationException'],
  [
    'ListSecrets',
    () => ({ Filters: some(10, () => ({ Key: 'all', Values: some(10, () => 'a') })) }),
    () => ({ Filters: some(11, () => ({ Key: 'all', Values: ['a'] })) }),
    'ValidationException',
  ],
  [
    'ListSecrets',
    () => ({ Filters: [{ Key: 'all', Values: [x(512)] }] }),
    () => ({ Filters: [{ Key: 'all', Values: [x(513)] }] }),
    'ValidationException',
  ],
  [
    'ListSecrets',
    () => ({ Filters: [] }),
    () => ({ Filters: [{ Key: '__proto__', Values: ['a'] }] }),
    'ValidationException',
  ],
  [
    'ListSecretVersionIds',
    () => ({ SecretId, MaxResults: 100 }),
    () => ({ SecretId, MaxResults: 101 }),
    'ValidationException',
  ],
  [
    'BatchGetSecretValue',
    () => ({ SecretIdList: some(20, () => SecretId) }),
    () => ({ SecretIdList: some(21, () => SecretId) }),
    'ValidationException',
  ],
  [
    'BatchGetSecretValue',
    () => ({ Filters: [{ Key: 'name', Values: ['t'] }], MaxResults: 20 }),
    () => ({ Filters: [{ Key: 'name', Values: ['t'] }], MaxResults: 21 }),
    'ValidationException',
  ],
  ['BatchGetSecretValue', () => ({ SecretIdList: ['none'] }), () => ({}), 'InvalidParameterException'],
  [
    'BatchGetSecretValue',
    () => ({ SecretIdList: ['none'] }),
    () => ({ SecretIdList: ['none'], Filters: [] }),
    'InvalidParameterException',
  ],
  [
    'BatchGetSecretValue',
    () => ({ SecretIdList: ['none'] }),
    () => ({ SecretIdList: ['none'], MaxResults: 1 }),
    'InvalidParameterException',
  ],
]

for (const [n, [action, taken, refused, code]] of bounds.entries()) {
  test(`${action} takes what is just within its bounds, and refuses what is not with ${code} (${n})`, async () => {
    const good = await postSecrets(rolecall, action, JSON.stringify(taken()))
    assert.equal(good.status, 200, good.text)
    const bad = await postSecrets(rolecall, action, JSON.stringify(refused()))
    assert.deepEqual([bad.status, bad.code], [400, code], bad.text)
    if (code !== 'ValidationException') assert.equal(bad.json.Message, bad.json.message)
  })
}

test('a token may be anything of its length, and is the version’s id', async () => {
  for (const ClientRequestToken of ['ä'.repeat(32), ' '.repeat(40), `__proto__${x(23)}`]) {
    const made = await postSecrets(
      rolecall,
      'CreateSecret',
      JSON.stringify({ ...fresh(), ClientRequestToken }),
    )
    assert.equal(made.json.VersionId, ClientRequestToken)
    const asked = { SecretId: made.json.ARN, VersionId: ClientRequestToken }
    const got = await postSecrets(rolecall, 'GetSecretValue', JSON.stringify(asked))
    assert.equal(got.json.SecretString, 'x')
    const { json } = await postSecrets(
      rolecall,
      'DescribeSecret',
      JSON.stringify({ SecretId: made.json.ARN }),
    )
    assert.deepEqual(json.VersionIdsToStages, { [ClientRequestToken]: ['AWSCURRENT'] })
  }
})

test('an ARN of another region, account, partition or service is nobody’s', async () => {
  const { arn } = await create('spelt')
  for (const other of [
    arn.replace('us-east-1', 'eu-west-1'),
    arn.replace(/\d{12}/, '999999999999'),
    arn.replace('arn:aws:', 'arn:aws-cn:'),
    arn.replace('secretsmanager', 'ssm'),
    arn.replace(':secret:', ':SECRET:'),
    `${arn}:x`,
    arn.slice(0, arn.indexOf('spelt')),
    `${arn.slice(0, -7)}-`,
    arn.slice(0, -1),
  ]) {
    const { code } = await postSecrets(rolecall, 'GetSecretValue', JSON.stringify({ SecretId: other }))
    assert.equal(code, 'ResourceNotFoundException', other)
  }
})
