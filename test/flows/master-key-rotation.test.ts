import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { CreateAccessKeyCommand, CreateUserCommand } from '@aws-sdk/client-iam'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { faultOf } from '../support/aws-calls.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'
import { startRolecall } from '../support/rolecall.ts'
import { type RolecallProcess, rootKeysIn, startRolecallProcess } from '../support/rolecall-process.ts'
import { runProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const newKey = () => randomBytes(32).toString('base64')
const names = Array.from({ length: 120 }, (_, n) => `secret-${n}`)
const isMoved = /all data keys of secrets are wrapped under the present key/

function clientOf({ url }: Pick<RolecallProcess, 'url'>, dataDir: string): SecretsManagerClient {
  const credentials = rootKeysIn(dataDir)
  return new SecretsManagerClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
}

async function requireAll(client: SecretsManagerClient): Promise<void> {
  for (const name of names) {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }))
    assert.equal(SecretString, `value of ${name}`)
  }
}

describe('the master key is changed while the service goes on', () => {
  const dataDir = join(temporaryFolder(), 'data')
  const [before, after] = [newKey(), newKey()]
  const keys = (env: Record<string, string>) =>
    runProcess('server/rolecall.ts', {
      args: ['keys'],
      env: { ROLECALL_DATA_DIR: dataDir, ...env },
      until: /^never$/,
    })
  const both = { ROLECALL_MASTER_KEY: after, ROLECALL_MASTER_KEY_PREVIOUS: before }

  test('every value is read all the time, and then without the key before', async () => {
    const first = await startRolecallProcess(dataDir, { ROLECALL_MASTER_KEY: before })
    for (const Name of names) {
      const made = new CreateSecretCommand({ Name, SecretString: `value of ${Name}` })
      await clientOf(first, dataDir).send(made)
    }
    await first.iam().send(new CreateUserCommand({ UserName: 'ada' }))
    await first.iam().send(new CreateAccessKeyCommand({ UserName: 'ada' }))
    assert.equal((await keys({ ROLECALL_MASTER_KEY: before })).code, 0)
    const early = await keys(both)
    assert.equal(early.code, 1, early.output)
    assert.match(
      early.output,
      /^! Secrets .* 120 versions under keyring:[0-9a-f]{8}\.\n {2}→ Leave what is set/m,
    )
    assert.match(early.output, /^! Other records .* 1 are under an earlier master key/m)
    await first.stop()

    // Killed at once, wherever it is: what it did is whole, and the next one does the rest.
    await (await startRolecallProcess(dataDir, both)).stop('SIGKILL')
    const second = await startRolecallProcess(dataDir, both)
    const client = clientOf(second, dataDir)
    do await requireAll(client)
    while (!isMoved.test(second.output()))
    const { code, output } = await keys(both)
    assert.equal(code, 0, output)
    assert.match(output, /^✓ Secrets .* 120 versions under keyring:[0-9a-f]{8}\.$/m)
    assert.match(output, /^✓ Other records .* All/m)
    assert.match(output, /^- Sessions .* 36 hours\.$/m)
    await second.stop()
    assert.doesNotMatch(second.output(), /value of/)

    const third = await startRolecallProcess(dataDir, { ROLECALL_MASTER_KEY: after })
    await requireAll(clientOf(third, dataDir))
    await third.stop()
  })

  test('a version that was tampered with is named, stays, and stops none of the others', async () => {
    const later = newKey()
    const table = new DatabaseSync(join(dataDir, 'rolecall.db'))
    const swap = `update secret_versions set wrapped_key = zeroblob(81) where secret_id like 'secret-7-%'`
    assert.equal(table.prepare(swap).run().changes, 1)
    table.close()
    const env = { ROLECALL_MASTER_KEY: later, ROLECALL_MASTER_KEY_PREVIOUS: after }
    const service = await startRolecallProcess(dataDir, env)
    await until(() => /these versions of secrets can’t be wrapped anew/.test(service.output()))
    assert.match(
      service.output(),
      /"done":119,"of":120,"left":1,"examples":\["secret-7-\w{6}, version [\w-]+, under /,
    )
    const { code, output } = await keys(env)
    assert.equal(code, 1)
    assert.match(output, /^✗ Secrets that don’t open .* 1: secret-7-\w{6}, version /m)
    const client = clientOf(service, dataDir)
    const fault = await faultOf(client.send(new GetSecretValueCommand({ SecretId: 'secret-7' })))
    assert.equal(fault.code, 'DecryptionFailure')
    await client.send(new GetSecretValueCommand({ SecretId: 'secret-8' }))
    await service.stop()
  })
})

describe('several nodes are restarted one by one', { skip: skipWithoutPostgres }, () => {
  test('and none meets a value that it can’t open, since each knows the key to come before any writes under it', async () => {
    const DATABASE_URL = await createDatabase()
    const [before, after] = [newKey(), newKey()]
    const node = (ROLECALL_MASTER_KEY: string, ROLECALL_MASTER_KEY_PREVIOUS = '') =>
      startRolecall({ DATABASE_URL, ROLECALL_MASTER_KEY, ROLECALL_MASTER_KEY_PREVIOUS })
    const get = async ({ secrets }: Awaited<ReturnType<typeof node>>) =>
      (await secrets().send(new GetSecretValueCommand({ SecretId: 'a' }))).SecretString
    const first = await node(before)
    await first.secrets().send(new CreateSecretCommand({ Name: 'a', SecretString: 'value' }))
    const prepared = await node(before, after)
    const changed = await node(after, before)
    await until(() => isMoved.test(changed.logged()))
    assert.equal(await get(prepared), 'value')
    assert.equal(await get(changed), 'value')
    assert.equal(await get(await node(after)), 'value')
  })
})
