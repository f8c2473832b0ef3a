import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TagRoleCommand } from '@aws-sdk/client-iam'
import * as sm from '@aws-sdk/client-secrets-manager'
import { DecodeAuthorizationMessageCommand } from '@aws-sdk/client-sts'
import { allow, faultOf } from '../support/aws-calls.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'
import { ask, secretsOf, sessionWith } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const root = secretsOf(rolecall.secrets())
const get = 'secretsmanager:GetSecretValue'

const when = (Condition: object, action: string | string[] = get) => ({ ...allow(action), Condition })
const getBy = (keys: Keys, id: string, more = {}) => secretsOf(rolecall.secrets(keys)).get(id, more)
const refused = async (call: Promise<unknown>) =>
  assert.equal((await faultOf(call)).code, 'AccessDeniedException')
const withTags = (name: string, tags: Record<string, string>) =>
  root.create(name, {
    SecretString: 'one',
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  })
const session = async (...statements: Parameters<typeof sessionWith>[2][]) =>
  (await sessionWith(rolecall, issuer, ...statements)).keys

for (const key of ['secretsmanager:ResourceTag/Team', 'aws:ResourceTag/team']) {
  test(`${key} is the secret’s tag, in whatever case, as it is now`, async () => {
    const name = key.replaceAll(':', '/')
    const { arn } = await withTags(name, { TEAM: 'blue' })
    const { arn: red } = await withTags(`${name}-red`, { TEAM: 'red' })
    const { arn: bare } = await root.create(`${name}-bare`)
    const keys = await session(when({ StringEquals: { [key]: 'blue' } }))
    await getBy(keys, arn)
    for (const other of [red, bare]) await refused(getBy(keys, other))
    await rolecall.secrets().send(new sm.UntagResourceCommand({ SecretId: arn, TagKeys: ['TEAM'] }))
    await refused(getBy(keys, arn))
    const Tags = [{ Key: 'team', Value: 'blue' }]
    await rolecall.secrets().send(new sm.TagResourceCommand({ SecretId: bare, Tags }))
    await getBy(keys, bare)
  })
}

test('a caller’s tag is matched to the secret’s: each team has its own', async () => {
  const { arn: blue } = await withTags('abac-blue', { team: 'blue' })
  const { arn: red } = await withTags('abac-red', { team: 'red' })
  const { arn: bare } = await root.create('abac-bare')
  const own = when({
    StringEquals: { 'secretsmanager:ResourceTag/team': `\${aws:PrincipalTag/team}` },
  })
  const { keys, role } = await sessionWith(rolecall, issuer, own)
  for (const arn of [blue, red, bare]) await refused(getBy(keys, arn))
  const RoleName = role.split('/').at(-1)
  await rolecall.iam().send(new TagRoleCommand({ RoleName, Tags: [{ Key: 'team', Value: 'blue' }] }))
  await getBy(keys, blue)
  for (const arn of [red, bare]) await refused(getBy(keys, arn))
})

test('who may tag only with their own team’s name can’t give themselves another’s secret', async () => {
  const { arn: red } = await withTags('steal-red', { team: 'red' })
  const mine = { StringEquals: { 'aws:ResourceTag/team': 'blue', 'aws:RequestTag/team': 'blue' } }
  const keys = await session(when(mine, 'secretsmanager:TagResource'))
  const Tags = [{ Key: 'team', Value: 'blue' }]
  await refused(rolecall.secrets(keys).send(new sm.TagResourceCommand({ SecretId: red, Tags })))
})

test('secretsmanager:SecretId is the whole ARN, however the request names the secret', async () => {
  const { arn } = await root.create('named')
  const allowed = await session(when({ ArnEquals: { 'secretsmanager:SecretId': arn } }))
  const deny = { Effect: 'Deny', Action: '*', Resource: '*' }
  const denied = await session(allow('*'), {
    ...deny,
    Condition: { StringEquals: { 'secretsmanager:SecretId': arn } },
  })
  for (const id of [arn, 'named', arn.slice(0, -7)]) {
    await getBy(allowed, id)
    await refused(getBy(denied, id))
  }
})

test('a resource with the end left open means the secret of that name alone, also when that is made anew', async () => {
  const { arn } = await root.create('open')
  const { arn: longer } = await root.create('open-AbCdEf')
  const start = arn.slice(0, -7)
  const open = await session(allow(get, `${start}-??????`))
  const whole = await session(allow(get, arn))
  for (const keys of [open, whole]) {
    await getBy(keys, 'open')
    await refused(getBy(keys, longer))
    await refused(getBy(keys, 'open-AbCdEf'))
  }
  await root.delete('open', { ForceDeleteWithoutRecovery: true })
  await root.create('open')
  await getBy(open, 'open')
  await refused(getBy(whole, 'open'))
  await refused(getBy(whole, start))
})

test('a secret whose name looks like another’s ARN is never taken for that', async () => {
  const { arn } = await root.create('look')
  const end = arn.slice(-7)
  const { arn: alike } = await root.create(`look${end}`, { SecretString: 'alike' })
  assert.equal((await root.get(arn)).SecretString, 'one')
  assert.equal((await root.get(`look${end}`)).SecretString, 'alike')
  assert.equal((await root.get(alike)).SecretString, 'alike')
  await root.delete(arn, { ForceDeleteWithoutRecovery: true })
  assert.equal((await faultOf(root.get(arn))).code, 'ResourceNotFoundException')
})

test('conditions on what is asked: the stage that moves, the days of grace, the forced deletion, the public policy', async () => {
  const { arn, version } = await root.create('asked')
  const ResourcePolicy = '{"Version":"2012-10-17","Statement":[]}'
  for (const [action, key, value, fits, other] of [
    [
      'UpdateSecretVersionStage',
      'VersionStage',
      'MINE',
      { VersionStage: 'MINE', MoveToVersionId: version },
      { VersionStage: 'AWSPENDING', MoveToVersionId: version },
    ],
    [
      'PutSecretValue',
      'VersionStage',
      'NEXT',
      { SecretString: 'x', VersionStages: ['NEXT'] },
      { SecretString: 'x' },
    ],
    [
      'PutResourcePolicy',
      'BlockPublicPolicy',
      'true',
      { ResourcePolicy, BlockPublicPolicy: true },
      { ResourcePolicy },
    ],
    ['UpdateSecret', 'Description', 'fine', { Description: 'fine' }, { Description: 'other' }],
    ['DeleteSecret', 'RecoveryWindowInDays', '30', { RecoveryWindowInDays: 30 }, { RecoveryWindowInDays: 7 }],
    [
      'DeleteSecret',
      'ForceDeleteWithoutRecovery',
      'true',
      { ForceDeleteWithoutRecovery: true },
      { ForceDeleteWithoutRecovery: false },
    ],
  ] as const) {
    const permission = `secretsmanager:${action}`
    const client = rolecall.secrets(
      await session(when({ StringEquals: { [`secretsmanager:${key}`]: value } }, permission)),
    )
    await refused(ask(client, action, { SecretId: arn, ...other }))
    const { $fault, name } = Object(
      await ask(client, action, { SecretId: arn, ...fits }).catch(error => error),
    )
    // An empty policy is refused for what it is: the permission was there.
    assert.ok($fault === undefined || name === 'MalformedPolicyDocumentException', `${action}: ${name}`)
  }
})

test('an explained denial says to who may decode it what stood against it, and proposes a statement', async () => {
  const { arn } = await withTags('explained', { team: 'red' })
  const { keys, arn: caller } = await sessionWith(
    rolecall,
    issuer,
    when({ StringEquals: { 'aws:ResourceTag/team': 'blue' } }),
  )
  const { message } = await faultOf(getBy(keys, 'explained'))
  const EncodedMessage = message.split('Encoded authorization failure message: ')[1] ?? ''
  assert.ok(EncodedMessage.length > 100)
  const { DecodedMessage = '' } = await rolecall
    .sts()
    .send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))
  const { request, context, nearMisses, suggestion } = JSON.parse(DecodedMessage)
  assert.equal(request.principal.arn, caller)
  assert.deepEqual([request.action, request.resource], [get, arn])
  assert.deepEqual(context['aws:resourcetag/team'], ['red'])
  assert.deepEqual(context['secretsmanager:secretid'], [arn])
  assert.match(JSON.stringify(nearMisses), /resourcetag\/team/i)
  assert.match(JSON.stringify(suggestion), /GetSecretValue/)
  const own = rolecall.sts(keys).send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))
  assert.equal((await faultOf(own)).code, 'AccessDenied')
})
