import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { rotationSteps } from '../../server/secrets/rotation/rotator.ts'
import { createAlternatingDatabase } from '../support/alternating-database.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'
import { startRolecall } from '../support/rolecall.ts'
import {
  auditRowsIn,
  type RolecallProcess,
  rootKeysIn,
  startRolecallProcess,
} from '../support/rolecall-process.ts'
import { startRotationWebhook } from '../support/rotation-webhook.ts'
import { callSecrets } from '../support/secrets-call.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

type Node = Pick<RolecallProcess, 'url' | 'port' | 'accountId'>

/** Calls as the account's owner. One try: one that is made again would hide that the first was broken off. */
function clientOf({ url }: Pick<Node, 'url'>, dataDir: string): sm.SecretsManagerClient {
  const credentials = rootKeysIn(dataDir)
  return new sm.SecretsManagerClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
}

async function register(node: Node, dataDir: string, url: string): Promise<string> {
  const as = { port: node.port, rootKeys: rootKeysIn(dataDir), nowMs: Date.now }
  const { body } = await callSecrets(as, 'PutRotator', { Name: 'elsewhere', Url: url, RenewSecret: true })
  return String(body.Secret)
}

const database = createAlternatingDatabase()
const webhook = await startRotationWebhook(database)
const lambdaOf = ({ accountId }: Node) => `arn:aws:lambda:us-east-1:${accountId}:function:elsewhere`

/** AWSCURRENT as it is now. Whenever it is asked for, it opens and is a password that works. */
async function workingValue(client: sm.SecretsManagerClient, SecretId: string) {
  const value = await client.send(new sm.GetSecretValueCommand({ SecretId }))
  assert.ok(database.accepts(value.SecretString), 'the password under AWSCURRENT works')
  return value
}

const moments = rotationSteps.flatMap(step => [
  { step, when: 'before' },
  { step, when: 'after' },
])

for (const step of ['answered', ...rotationSteps]) {
  test(`a node that is killed in a rotation (${step}) heals it when it starts again, to one new version that works`, async () => {
    const dataDir = join(temporaryFolder(), 'data')
    let node = await startRolecallProcess(dataDir, { ROLECALL_DEMO: 'off' })
    webhook.signedWith = await register(node, dataDir, webhook.url)
    const kills = step === 'answered' ? [undefined] : moments.filter(moment => moment.step === step)
    for (const [n, killAt] of kills.entries()) {
      const SecretId = `db-${n}`
      const VersionId = await rotateUntilKilled(node, dataDir, SecretId, killAt)
      node = await startRolecallProcess(dataDir, { ROLECALL_DEMO: 'off' })
      webhook.client = clientOf(node, dataDir)
      await assertHealed(webhook.client, SecretId, VersionId, `${step} ${killAt?.when}`)
    }
    const rows = auditRowsIn(dataDir)
    for (const event of ['RotationStarted', 'RotationSucceeded']) {
      const secrets = new Set(rows.filter(row => row.event === event).map(row => row.resource))
      assert.equal(secrets.size, kills.length, event)
    }
  })
}

/** Kills the node when its rotator is in that moment; when it has answered, where none is given. */
async function rotateUntilKilled(
  node: RolecallProcess,
  dataDir: string,
  SecretId: string,
  killAt: (typeof moments)[number] | undefined,
): Promise<string | undefined> {
  const client = clientOf(node, dataDir)
  webhook.client = client
  await client.send(new sm.CreateSecretCommand({ Name: SecretId, SecretString: database.add(SecretId) }))
  let kills = 0
  webhook.hook = async ({ Step }, when) => {
    if (kills > 0 || Step !== killAt?.step || when !== killAt.when) return
    kills++
    assert.equal(await node.stop('SIGKILL'), null)
  }
  const asked = { SecretId, RotationLambdaARN: lambdaOf(node), RotationRules: { AutomaticallyAfterDays: 9 } }
  const { VersionId } = await client.send(new sm.RotateSecretCommand(asked))
  if (killAt === undefined) await node.stop('SIGKILL')
  else await until(() => kills === 1 && node.child.signalCode !== null)
  return VersionId
}

async function assertHealed(
  client: sm.SecretsManagerClient,
  SecretId: string,
  VersionId: string | undefined,
  killed: string,
) {
  const describeSecret = () => client.send(new sm.DescribeSecretCommand({ SecretId }))
  await until(async () => {
    await workingValue(client, SecretId)
    return (await describeSecret()).LastRotatedDate !== undefined
  })
  assert.equal((await workingValue(client, SecretId)).VersionId, VersionId, killed)
  const listed = new sm.ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true })
  const { Versions = [] } = await client.send(listed)
  const stages = Versions.map(({ VersionStages = [] }) => VersionStages).sort()
  assert.deepEqual(stages, [['AWSCURRENT'], ['AWSPREVIOUS']], killed)
  const { NextRotationDate } = await describeSecret()
  assert.ok(Number(NextRotationDate) > Date.now() + 8 * 86_400_000, killed)
}

describe('a node that is killed beside another one', { skip: skipWithoutPostgres }, async () => {
  if (skipWithoutPostgres !== false) return
  const env = {
    DATABASE_URL: await createDatabase(),
    ROLECALL_MASTER_KEY: randomBytes(32).toString('base64'),
    ROLECALL_DEMO: 'off',
  }

  test('leaves its rotation to that one when its lease has run out, and not before', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const first = await startRolecallProcess(dataDir, env)
    webhook.signedWith = await register(first, dataDir, webhook.url)
    const client = clientOf(first, dataDir)
    webhook.client = client
    await client.send(new sm.CreateSecretCommand({ Name: 'shared', SecretString: database.add('shared') }))
    let kills = 0
    webhook.hook = async ({ Step }, when) => {
      if (kills > 0 || Step !== 'setSecret' || when !== 'after') return
      kills++
      await first.stop('SIGKILL')
    }
    const asked = { SecretId: 'shared', RotationLambdaARN: lambdaOf(first) }
    const { VersionId } = await client.send(new sm.RotateSecretCommand(asked))
    await until(() => kills === 1 && first.child.signalCode !== null)
    const told = webhook.events.length

    const second = await startRolecall(env)
    webhook.client = second.secrets()
    await workingValue(second.secrets(), 'shared')
    assert.deepEqual(await second.rolecall.store.secrets.dueForRotation(second.nowMs(), 10), [])
    assert.equal(webhook.events.length, told)
    // Its signatures stay good: the lease lasts less long than those.
    second.advanceMs(60_000)
    await until(async () => (await workingValue(second.secrets(), 'shared')).VersionId === VersionId)
    assert.ok(webhook.events.length > told)
  })
})
