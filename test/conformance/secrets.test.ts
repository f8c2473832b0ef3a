import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { isolatedAwsCli, whyNoAwsCli } from '../support/aws-cli.ts'
import { startRolecall } from '../support/rolecall.ts'
import { secretsOf } from '../support/secret-calls.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const skip = await whyNoAwsCli()
const rolecall = await startRolecall()
const client = rolecall.secrets()
const { create, put } = secretsOf(client)
const name = (n: number) => `many/${String(n).padStart(2, '0')}`
for (let n = 0; n < 45; n++) await create(name(n), { SecretString: `value ${n}` })

test('the SDK’s paginator walks the list, page by page', async () => {
  const pages: number[] = []
  const names: (string | undefined)[] = []
  const Filters = [{ Key: 'name' as const, Values: ['many/'] }]
  for await (const { SecretList = [] } of sm.paginateListSecrets({ client, pageSize: 20 }, { Filters })) {
    pages.push(SecretList.length)
    names.push(...SecretList.map(one => one.Name))
  }
  assert.deepEqual(pages, [20, 20, 5])
  assert.deepEqual(
    names.sort(),
    Array.from({ length: 45 }, (_, n) => name(n)),
  )
})

test('the SDK’s paginator walks values by filters, each once', async () => {
  const values: (string | undefined)[] = []
  const asked = { Filters: [{ Key: 'name' as const, Values: ['many/'] }], MaxResults: 20 }
  for await (const page of sm.paginateBatchGetSecretValue({ client }, asked)) {
    assert.deepEqual(page.Errors, [])
    values.push(...(page.SecretValues ?? []).map(one => one.SecretString))
  }
  assert.equal(new Set(values).size, 45)
})

test('the SDK’s paginator walks the versions', async () => {
  const { arn } = await create('versions')
  for (let n = 0; n < 9; n++) await put(arn, `${n}`)
  const ids: (string | undefined)[] = []
  const asked = { SecretId: arn, IncludeDeprecated: true, MaxResults: 4 }
  for await (const { Versions = [] } of sm.paginateListSecretVersionIds({ client }, asked))
    ids.push(...Versions.map(one => one.VersionId))
  assert.equal(new Set(ids).size, 10)
})

/**
 * As AWS's caching libraries are documented to work: the description says which version is at a stage and is kept for a
 * while; a version's value never changes and is kept for as long as there is room.
 */
function cachingClient(refreshMs: number, clock: () => number) {
  const described = new Map<string, { stages: Record<string, string[]>; untilMs: number }>()
  const values = new Map<string, string | undefined>()
  const asked = { describe: 0, get: 0 }
  async function stagesOf(SecretId: string): Promise<Record<string, string[]>> {
    const known = described.get(SecretId)
    if (known !== undefined && clock() < known.untilMs) return known.stages
    asked.describe++
    const { VersionIdsToStages = {} } = await client.send(new sm.DescribeSecretCommand({ SecretId }))
    described.set(SecretId, { stages: VersionIdsToStages, untilMs: clock() + refreshMs })
    return VersionIdsToStages
  }
  return {
    asked,
    async getSecretString(SecretId: string, stage = 'AWSCURRENT'): Promise<string | undefined> {
      const stages = await stagesOf(SecretId)
      const VersionId = Object.keys(stages).find(id => stages[id]?.includes(stage))
      if (VersionId === undefined) return undefined
      const key = `${SecretId} ${VersionId}`
      if (!values.has(key)) {
        asked.get++
        const value = await client.send(new sm.GetSecretValueCommand({ SecretId, VersionId }))
        assert.equal(value.VersionId, VersionId)
        values.set(key, value.SecretString)
      }
      return values.get(key)
    },
  }
}

test('a caching client asks once, sees a new version when it refreshes, and keeps the one before', async () => {
  await create('cached', { SecretString: 'one' })
  let nowMs = 0
  const cache = cachingClient(3_600_000, () => nowMs)
  for (let n = 0; n < 5; n++) assert.equal(await cache.getSecretString('cached'), 'one')
  assert.deepEqual(cache.asked, { describe: 1, get: 1 })
  await put('cached', 'two')
  assert.equal(await cache.getSecretString('cached'), 'one')
  nowMs = 3_600_000
  for (let n = 0; n < 5; n++) assert.equal(await cache.getSecretString('cached'), 'two')
  assert.equal(await cache.getSecretString('cached', 'AWSPREVIOUS'), 'one')
  assert.equal(await cache.getSecretString('cached', 'AWSPENDING'), undefined)
  assert.deepEqual(cache.asked, { describe: 2, get: 2 })
  // Nothing has changed: the description is asked for again, and no value.
  nowMs = 7_200_000
  assert.equal(await cache.getSecretString('cached'), 'two')
  assert.deepEqual(cache.asked, { describe: 3, get: 2 })
})

test('the SDK makes up a token, so that a repeated call makes no second version', async () => {
  const Name = randomUUID()
  const command = new sm.CreateSecretCommand({ Name, SecretString: 'x' })
  const { VersionId = '' } = await client.send(command)
  assert.match(VersionId, /^[0-9a-f-]{36}$/)
})

test('the SDK’s own errors are thrown, each by its class', async () => {
  const missing = client.send(new sm.GetSecretValueCommand({ SecretId: 'none' }))
  await assert.rejects(missing, sm.ResourceNotFoundException)
  await assert.rejects(create('cached'), sm.ResourceExistsException)
  const strange = new sm.ListSecretsCommand({ NextToken: 'x' })
  await assert.rejects(client.send(strange), sm.InvalidNextTokenException)
  const days = new sm.DeleteSecretCommand({ SecretId: 'cached', RecoveryWindowInDays: 1 })
  await assert.rejects(client.send(days), sm.InvalidParameterException)
})

test('the CLI creates, reads, changes, lists, deletes and restores', { skip }, async () => {
  const aws = isolatedAwsCli(`http://127.0.0.1:${rolecall.port}`)
  const { accessKeyId, secretAccessKey } = rolecall.rootKeys
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  const run = async (...args: string[]) => Object(await aws(['secretsmanager', ...args], keys))
  const id = ['--secret-id', 'cli/db']
  // The two versions of the CLI read bytes from the command line differently, and from a file alike.
  const file = join(temporaryFolder(), 'bytes')
  writeFileSync(file, Buffer.from([0, 1, 2, 255]))
  const tags = ['--tags', 'Key=team,Value=blue']
  const made = await run('create-secret', '--name', 'cli/db', '--secret-string', '{"a":1}', ...tags)
  assert.match(made.ARN, /:secret:cli\/db-\w{6}$/)
  assert.equal((await run('get-secret-value', ...id)).SecretString, '{"a":1}')
  const put = await run('put-secret-value', ...id, '--secret-binary', `fileb://${file}`)
  assert.deepEqual(put.VersionStages, ['AWSCURRENT'])
  assert.equal((await run('get-secret-value', ...id)).SecretBinary, 'AAEC/w==')
  const described = await run('describe-secret', ...id)
  assert.equal(described.VersionIdsToStages[made.VersionId][0], 'AWSPREVIOUS')
  assert.deepEqual(described.Tags, [{ Key: 'team', Value: 'blue' }])
  const { SecretList } = await run('list-secrets', '--filters', 'Key=tag-value,Values=blue')
  assert.deepEqual(
    SecretList.map((one: { Name: string }) => one.Name),
    ['cli/db'],
  )
  assert.equal((await run('list-secrets', '--page-size', '20')).SecretList.length > 45, true)
  const password = await run('get-random-password', '--password-length', '20', '--exclude-punctuation')
  assert.match(password.RandomPassword, /^[A-Za-z0-9]{20}$/)
  await run('delete-secret', ...id, '--recovery-window-in-days', '7')
  await run('restore-secret', ...id)
  const gone = await run('delete-secret', ...id, '--force-delete-without-recovery')
  assert.equal(gone.ARN, made.ARN)
})
