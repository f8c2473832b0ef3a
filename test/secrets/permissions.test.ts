import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createSecretsService } from '../../server/secrets/service.ts'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { ask, secretsOf, sessionWith } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const root = secretsOf(rolecall.secrets())

type Input = { [parameter: string]: unknown }
type Target = { name: string; arn: string; version: string }
type Row = [
  action: string,
  input: (target: Target) => Input,
  /** What the answer is where the permission was all that could stand against it. */
  code?: 'InvalidParameterException',
]

const ResourcePolicy = policyOf({
  Effect: 'Deny',
  Principal: '*',
  Action: 'secretsmanager:RotateSecret',
  Resource: '*',
})
const on = ({ arn }: Target) => ({ SecretId: arn })
const AddReplicaRegions = [{ Region: 'eu-west-1' }]

/** Every action on one secret, and how it is asked. */
const onSecret: Row[] = [
  ['DeleteResourcePolicy', on],
  ['DeleteSecret', on],
  ['DescribeSecret', on],
  ['GetResourcePolicy', on],
  ['GetSecretValue', on],
  ['ListSecretVersionIds', on],
  ['PutResourcePolicy', target => ({ ...on(target), ResourcePolicy })],
  ['PutSecretValue', target => ({ ...on(target), SecretString: 'two' })],
  [
    'RemoveRegionsFromReplication',
    target => ({ ...on(target), RemoveReplicaRegions: ['eu-west-1'] }),
    'InvalidParameterException',
  ],
  ['ReplicateSecretToRegions', target => ({ ...on(target), AddReplicaRegions }), 'InvalidParameterException'],
  ['RestoreSecret', on],
  ['StopReplicationToReplica', on, 'InvalidParameterException'],
  ['TagResource', target => ({ ...on(target), Tags: [{ Key: 'team', Value: 'blue' }] })],
  ['UntagResource', target => ({ ...on(target), TagKeys: ['team'] })],
  ['UpdateSecret', target => ({ ...on(target), Description: 'x' })],
  [
    'UpdateSecretVersionStage',
    target => ({ ...on(target), VersionStage: 'MINE', MoveToVersionId: target.version }),
  ],
  ['ValidateResourcePolicy', target => ({ ...on(target), ResourcePolicy })],
]

const onAll: Row[] = [
  ['BatchGetSecretValue', ({ arn }) => ({ SecretIdList: [arn] })],
  ['GetRandomPassword', () => ({})],
  ['ListSecrets', () => ({ MaxResults: 1 })],
]

/** They have tests of their own: test/secrets/rotation and test/secrets/database-roles-postgresql.test.ts. */
const elsewhere = [
  'CancelRotateSecret',
  'DeleteRotator',
  'ListRotators',
  'ListSecretRotations',
  'PutRotator',
  'RotateSecret',
  'DeleteDatabaseRole',
  'DescribeDatabaseRole',
  'GenerateDatabaseCredentials',
  'ListDatabaseLeases',
  'ListDatabaseRoles',
  'PutDatabaseRole',
  'RenewDatabaseLease',
  'RevokeDatabaseLease',
]

test('every action of the service has its row here', () => {
  const { actions } = createSecretsService({} as Parameters<typeof createSecretsService>[0])
  assert.deepEqual(
    [...onSecret, ...onAll]
      .map(([action]) => action)
      .concat('CreateSecret')
      .sort(),
    [...actions.keys()].filter(action => !elsewhere.includes(action)).sort(),
  )
})

async function makeTarget(): Promise<Target> {
  const name = `team/${randomUUID()}`
  return { name, ...(await root.create(name)) }
}

const by = (keys: Awaited<ReturnType<typeof sessionWith>>['keys'], action: string, input: Input) =>
  ask(rolecall.secrets(keys), action, input)

for (const row of [...onSecret, ...onAll]) {
  const [action, input, code] = row
  const permission = `secretsmanager:${action}`
  const isOnSecret = onSecret.includes(row)
  const resourceOf = ({ arn }: Target) => (isOnSecret ? arn : '*')

  test(`${action}: a session that may do everything else may not`, async () => {
    const target = await makeTarget()
    const { keys, arn } = await sessionWith(rolecall, issuer, {
      Effect: 'Allow',
      NotAction: permission,
      Resource: '*',
    })
    const fault = await faultOf(by(keys, action, input(target)))
    assert.deepEqual([fault.code, fault.status], ['AccessDeniedException', 400])
    const [said] = fault.message.split('. Encoded authorization failure message: ')
    assert.equal(
      said,
      `User: ${arn} is not authorized to perform: ${permission} on resource: ${resourceOf(target)} because no identity-based policy allows the ${permission} action`,
    )
  })

  test(`${action}: a session that may do this alone, on this alone, may`, async () => {
    const target = await makeTarget()
    const { keys } = await sessionWith(rolecall, issuer, allow(permission, resourceOf(target)))
    const asked = by(keys, action, input(target))
    if (code === undefined) await asked
    else assert.equal((await faultOf(asked)).code, code)
  })

  test(`${action}: an explicit deny wins over an allow of everything`, async () => {
    const target = await makeTarget()
    const deny = { Effect: 'Deny', Action: permission, Resource: resourceOf(target) }
    const { keys } = await sessionWith(rolecall, issuer, allow('*'), deny)
    const fault = await faultOf(by(keys, action, input(target)))
    assert.equal(fault.code, 'AccessDeniedException')
    assert.match(fault.message, /with an explicit deny in an identity-based policy/)
  })

  test(`${action}: a request without a signature is refused, whatever else is in it`, async () => {
    const answer = await fetch(`http://127.0.0.1:${rolecall.port}/`, {
      method: 'POST',
      body: JSON.stringify(input(await makeTarget())),
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `secretsmanager.${action}` },
    })
    assert.equal(answer.status, 400)
    assert.equal(Object(await answer.json()).__type, 'MissingAuthenticationTokenException')
  })

  if (!isOnSecret) continue
  test(`${action}: leave for another resource is none for this one`, async () => {
    const [target, another] = [await makeTarget(), await makeTarget()]
    const { keys } = await sessionWith(rolecall, issuer, allow(permission, another.arn))
    for (const SecretId of [target.arn, target.name, target.arn.slice(0, -7)]) {
      const asked = by(keys, action, { ...input(target), SecretId })
      assert.equal((await faultOf(asked)).code, 'AccessDeniedException')
    }
  })
}
