import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { faultOf } from '../support/aws-calls.ts'
import { startKms } from '../support/kms.ts'
import { startRolecall, type TestRolecall } from '../support/rolecall.ts'
import { type RolecallProcess, rootKeysIn, startRolecallProcess } from '../support/rolecall-process.ts'
import { runProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const kms = await startKms()
after(() => kms.close())
const keyId = kms.createKey()
const nowhere = join(temporaryFolder(), 'nowhere')
const awsEnv = { ...kms.credentials, AWS_CONFIG_FILE: nowhere, AWS_SHARED_CREDENTIALS_FILE: nowhere }
Object.assign(process.env, awsEnv)
const settings = {
  ROLECALL_SECRETS_KMS_KEY_ID: keyId,
  ROLECALL_SECRETS_KMS_ENDPOINT: kms.url,
  ROLECALL_SECRETS_KMS_CACHE_SECONDS: '100',
}
beforeEach(() => {
  kms.mood = 'well'
})

const create = (client: SecretsManagerClient, Name: string, SecretString = `value of ${Name}`) =>
  client.send(new CreateSecretCommand({ Name, SecretString }))
const get = async (client: SecretsManagerClient, SecretId: string) =>
  (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString

describe('with a key service', async () => {
  const rolecall: TestRolecall = await startRolecall(settings)
  const client = new SecretsManagerClient({
    endpoint: `http://127.0.0.1:${rolecall.port}`,
    region: 'us-east-1',
    credentials: rolecall.rootKeys,
    maxAttempts: 1,
  })
  const asked = () => kms.calls.filter(({ action }) => action === 'Decrypt').length

  test('each version’s key is wrapped there, bound to the secret’s ARN and the version', async () => {
    const { ARN, VersionId } = await create(client, 'bound')
    const { context } =
      kms.calls.findLast(({ action }) => action === 'Encrypt') ?? assert.fail('none was wrapped')
    assert.deepEqual(context, { SecretARN: ARN, SecretVersionId: VersionId })
    const under = await rolecall.rolecall.store.secrets.wrappings()
    assert.deepEqual(under, [{ under: `kms:${keyId}`, count: 1 }])
  })

  test('a value that is read again within the time that is set asks nobody, and after it asks anew', async () => {
    await create(client, 'again')
    const before = asked()
    for (let n = 0; n < 3; n++) assert.equal(await get(client, 'again'), 'value of again')
    assert.equal(asked(), before + 1)
    rolecall.advanceMs(50_000)
    await get(client, 'again')
    assert.equal(asked(), before + 1)
    rolecall.advanceMs(100_000)
    await get(client, 'again')
    assert.equal(asked(), before + 2)
  })

  for (const [mood, reads, writes] of [
    ['failing', 'InternalServiceError', 'InternalServiceError'],
    ['denying', 'DecryptionFailure', 'EncryptionFailure'],
    ['otherKey', 'DecryptionFailure', 'EncryptionFailure'],
  ] as const) {
    test(`while it is ${mood}, what was read lately goes on, the rest is refused in clear words, and comes back`, async () => {
      const [warm, cold] = [`warm-${mood}`, `cold-${mood}`]
      await create(client, warm)
      await create(client, cold)
      await get(client, warm)
      kms.mood = mood
      assert.equal(await get(client, warm), `value of ${warm}`)
      const read = await faultOf(get(client, cold))
      const write = await faultOf(create(client, `new-${mood}`))
      assert.deepEqual([read.code, write.code], [reads, writes])
      // What may work in a moment has a status that SDKs try again after.
      const status = mood === 'failing' ? 500 : 400
      assert.deepEqual([read.status, write.status], [status, status])
      kms.mood = 'well'
      assert.equal(await get(client, cold), `value of ${cold}`)
      await create(client, `new-${mood}`)
    })
  }

  test('a wrong data key opens nothing, and is not remembered', async () => {
    await create(client, 'wrong')
    kms.mood = 'wrongPlaintext'
    assert.equal((await faultOf(get(client, 'wrong'))).code, 'DecryptionFailure')
    kms.mood = 'well'
    assert.equal(await get(client, 'wrong'), 'value of wrong')
  })

  test('the log says how it failed and that it is back, and never a value', () => {
    const logged = rolecall.logged()
    assert.match(
      logged,
      /"failure":"(?:De|En)crypt: AccessDeniedException","kind":"refused","msg":"the key service does not/,
    )
    assert.match(logged, /"msg":"the key service answers again"/)
    assert.match(logged, /"detail":"the key service, Decrypt: KMSInternalException"/)
    assert.doesNotMatch(logged, /value of/)
  })
})

describe('from the master key to a key service and back', () => {
  const folder = temporaryFolder()
  const dataDir = join(folder, 'data')
  const names = Array.from({ length: 20 }, (_, n) => `secret-${n}`)
  const isMoved = /all data keys of secrets are wrapped under the present key/
  const clientOf = ({ url }: RolecallProcess) =>
    new SecretsManagerClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: rootKeysIn(dataDir),
      maxAttempts: 1,
    })
  const keys = async (env: Record<string, string>) => {
    const run = { args: ['keys'], env: { ROLECALL_DATA_DIR: dataDir, ...awsEnv, ...env }, until: /^never$/ }
    return runProcess('server/rolecall.ts', run)
  }
  /** Starts it, reads everything until all is moved, and stops it. */
  async function move(env: Record<string, string>): Promise<void> {
    const service = await startRolecallProcess(dataDir, { ...awsEnv, ...env })
    const client = clientOf(service)
    do for (const name of names) assert.equal(await get(client, name), `value of ${name}`)
    while (!isMoved.test(service.output()))
    await service.stop()
  }

  test('every value is read all the time, and the SDK is in memory only where it is needed', async () => {
    const loads = join(folder, 'loads')
    const recording = { LOADS_FILE: loads, NODE_OPTIONS: '--import=./test/support/record-loads.ts' }
    const first = await startRolecallProcess(dataDir, recording)
    for (const name of names) await create(clientOf(first), name)
    await first.stop()
    await move(recording)
    assert.doesNotMatch(readFileSync(loads, 'utf8'), /@aws-sdk|@smithy/)

    await move({ ...settings, ...recording })
    assert.match(readFileSync(loads, 'utf8'), /@aws-sdk\/client-kms/)
    const there = await keys(settings)
    assert.equal(there.code, 0, there.output)
    assert.match(there.output, new RegExp(`^✓ Secrets .* 20 versions under kms:${keyId}`, 'm'))

    const back = { ...settings, ROLECALL_SECRETS_WRAPPED_BY: 'master-key' }
    assert.equal((await keys(back)).code, 1)
    await move(back)
    assert.equal((await keys(back)).code, 0)
    kms.disabled.add(keyId)
    await move({})
    kms.disabled.clear()
  })

  test('a service that is down keeps nobody from starting, nor from what the master key opens', async () => {
    kms.mood = 'failing'
    const service = await startRolecallProcess(dataDir, { ...awsEnv, ...settings })
    assert.equal(await get(clientOf(service), 'secret-0'), 'value of secret-0')
    assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
    await until(() =>
      /data keys of secrets could not be wrapped anew; this is tried again/.test(service.output()),
    )
    await service.stop()
  })

  let present = keyId
  for (const [by, nameOf] of [
    ['its ARN', (arn: string) => arn],
    ['its id alone', (arn: string) => arn.slice(arn.lastIndexOf('/') + 1)],
  ] as const) {
    test(`another key there, set by ${by}, is changed to as the master key is`, async () => {
      await move({ ...settings, ROLECALL_SECRETS_KMS_KEY_ID: present })
      const next = kms.createKey()
      const env = {
        ...settings,
        ROLECALL_SECRETS_KMS_KEY_ID: nameOf(next),
        ROLECALL_SECRETS_KMS_KEY_ID_PREVIOUS: nameOf(present),
        // An ARN says it, an id does not.
        ROLECALL_SECRETS_KMS_REGION: 'eu-central-1',
      }
      const asked = await keys(env)
      assert.match(asked.output, new RegExp(`^! Secrets .* 20 versions under kms:${present}`, 'm'))
      assert.equal(asked.code, 1)
      await move(env)
      assert.equal((await keys(env)).code, 0)
      present = next
    })
  }
})
