import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allow, policyOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { postSecrets, secretsOf, sessionWith } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const root = secretsOf(rolecall.secrets())
const Tags = [{ Key: 'team', Value: 'blue' }]
const version = 'v'.repeat(32)
const plain = await root.create('plain-there', { SecretString: 'one', Tags })
const denied = await root.create('deny-there')
await root.setPolicy(
  denied.arn,
  policyOf({ Effect: 'Deny', NotPrincipal: { AWS: '999999999999' }, Action: '*', Resource: '*' }),
)
const marked = await root.create('mark-there')
await root.delete('mark-there')

const asked = {
  DeleteResourcePolicy: {},
  DeleteSecret: { ForceDeleteWithoutRecovery: true },
  DescribeSecret: {},
  GetResourcePolicy: {},
  GetSecretValue: { VersionId: version },
  ListSecretVersionIds: { IncludeDeprecated: true },
  PutResourcePolicy: { ResourcePolicy: '{}' },
  PutSecretValue: { SecretString: 'x' },
  RestoreSecret: {},
  StopReplicationToReplica: {},
  TagResource: { Tags },
  UntagResource: { TagKeys: ['team'] },
  UpdateSecret: { SecretString: 'x' },
  UpdateSecretVersionStage: { VersionStage: 'AWSCURRENT', MoveToVersionId: version },
  ValidateResourcePolicy: { ResourcePolicy: '{}' },
}

/** What is said of it, of the sealed part the length, which tells too, and without the name that was asked for. */
function saidOf({ text }: { text: string }, id: string): string {
  return text
    .replaceAll(id, 'ID')
    .replace(/failure message: ([\w-]+)/g, (_, sealed) => `failure message: ${sealed.length}`)
}

for (const [story, statements] of [
  ['may do nothing', []],
  ['may do everything with another secret', [allow('*', `${plain.arn.slice(0, -24)}elsewhere/*`)]],
] as const) {
  test(`who ${story} is told the same of a secret that is there and of one that is not`, async () => {
    const { keys } = await sessionWith(rolecall, issuer, ...statements)
    for (const [action, more] of Object.entries(asked)) {
      const answers = ['plain-there', 'deny-there', 'mark-there', 'not-there'].flatMap(name =>
        [name, `${plain.arn.split(':secret:')[0]}:secret:${name}`].map(async SecretId => {
          const answer = await postSecrets(rolecall, action, JSON.stringify({ SecretId, ...more }), keys)
          assert.equal(answer.code, 'AccessDeniedException')
          assert.ok(![plain, denied, marked].some(({ arn }) => answer.text.includes(arn)), answer.text)
          return saidOf(answer, SecretId)
        }),
      )
      assert.equal(new Set(await Promise.all(answers)).size, 1, action)
    }
  })
}

test('who may create secrets learns of a name that is taken by trying it, and of nothing else', async () => {
  const { keys } = await sessionWith(rolecall, issuer, allow('secretsmanager:CreateSecret'))
  const { code, text } = await postSecrets(
    rolecall,
    'CreateSecret',
    JSON.stringify({ Name: 'plain-there', SecretString: 'one', ClientRequestToken: version }),
    keys,
  )
  assert.equal(code, 'ResourceExistsException')
  assert.ok(!text.includes(plain.arn))
})

test('a batch tells of each secret what asking for it alone would', async () => {
  const { keys } = await sessionWith(rolecall, issuer, allow('secretsmanager:BatchGetSecretValue'))
  const ids = ['plain-there', 'deny-there', 'mark-there', 'not-there']
  const batch = await postSecrets(
    rolecall,
    'BatchGetSecretValue',
    JSON.stringify({ SecretIdList: ids }),
    keys,
  )
  const { SecretValues, Errors } = batch.json
  assert.deepEqual(SecretValues, [])
  const said = Errors.map((one: { SecretId: string }) => saidOf({ text: JSON.stringify(one) }, one.SecretId))
  assert.equal(Errors.length, 4)
  assert.equal(new Set(said).size, 1)
})

test('who may not list secrets does not learn their names from a batch by filters', async () => {
  const { keys } = await sessionWith(rolecall, issuer, {
    ...allow('secretsmanager:*'),
    Action: ['secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue'],
  })
  const body = JSON.stringify({ Filters: [{ Key: 'name', Values: ['plain'] }] })
  const { code, text } = await postSecrets(rolecall, 'BatchGetSecretValue', body, keys)
  assert.equal(code, 'AccessDeniedException')
  assert.match(text, /secretsmanager:ListSecrets/)
  assert.ok(!text.includes('plain-there'))
})
