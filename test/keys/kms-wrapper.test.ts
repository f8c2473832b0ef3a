import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { after, beforeEach, describe, test } from 'node:test'
import { KeyServiceError } from '../../server/keys/key-service-error.ts'
import { createKmsWrapper, type KmsOptions } from '../../server/keys/kms-wrapper.ts'
import { startKms } from '../support/kms.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const kms = await startKms()
after(() => kms.close())
// Nothing of whoever runs the tests: the SDK would read their profile.
const nowhere = `${temporaryFolder()}/nowhere`
Object.assign(process.env, kms.credentials, {
  AWS_CONFIG_FILE: nowhere,
  AWS_SHARED_CREDENTIALS_FILE: nowhere,
})
beforeEach(() => {
  kms.mood = 'well'
  kms.disabled.clear()
})

const bound = {
  arn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:a-abcdef',
  versionId: 'v'.repeat(32),
}
const [keyId, otherKeyId] = [kms.createKey(), kms.createKey()]
const dataKey = createSecretKey(randomBytes(32))
const health: (string | undefined)[] = []
const wrapperOf = (more: Partial<KmsOptions> = {}) =>
  createKmsWrapper({
    keyId,
    endpoint: kms.url,
    region: 'eu-central-1',
    // Long enough for a machine that is busy; what must be late says so itself.
    timeoutMs: 60_000,
    probe: { arn: `${bound.arn}-probe`, versionId: 'probe' },
    onHealth: failure => void health.push(failure?.code),
    ...more,
  })
const wrapper = wrapperOf()
const wrapped = await wrapper.wrap(dataKey, bound)
const failureOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => assert.fail('it was answered'),
    thrown => thrown,
  )
  assert.ok(error instanceof KeyServiceError, String(error))
  return error
}

test('a data key comes back, bound to its secret and version as AWS Secrets Manager binds its own', async () => {
  assert.ok((await wrapper.unwrap(wrapped, bound))?.equals(dataKey))
  assert.equal(wrapped.wrappedUnder, `kms:${keyId}`)
  assert.ok(!wrapped.wrappedKey.includes(dataKey.export()))
  const context = { SecretARN: bound.arn, SecretVersionId: bound.versionId }
  assert.deepEqual(kms.calls.slice(-1), [{ action: 'Decrypt', keyId, context }])
})

describe('what was not wrapped so does not unwrap', () => {
  for (const [story, changed] of [
    ['in another secret’s place', { ...bound, arn: `${bound.arn}x` }],
    ['in another version’s place', { ...bound, versionId: 'w'.repeat(32) }],
  ] as const) {
    test(story, async () => assert.equal(await wrapper.unwrap(wrapped, changed), undefined))
  }

  test('rubbish', async () => {
    assert.equal(await wrapper.unwrap({ ...wrapped, wrappedKey: randomBytes(99) }, bound), undefined)
  })

  test('what is under a key that the service may use, but the operator did not name', async () => {
    const planted = await wrapperOf({ keyId: otherKeyId }).wrap(dataKey, bound)
    assert.equal(await wrapper.unwrap(planted, bound), undefined)
    assert.ok((await wrapperOf({ previousKeyId: otherKeyId }).unwrap(planted, bound))?.equals(dataKey))
  })

  test('what the service says is of another key', async () => {
    kms.mood = 'otherKey'
    assert.equal(await wrapper.unwrap(wrapped, bound), undefined)
    const failure = await failureOf(wrapper.wrap(dataKey, bound))
    assert.deepEqual(
      [failure.kind, failure.code],
      ['refused', 'an answer for another key than was asked for'],
    )
  })
})

test('an alias that leads elsewhere by now is told from before, and what is from before still unwraps', async () => {
  kms.aliases.set('alias/rolecall', keyId)
  const byAlias = wrapperOf({ keyId: 'alias/rolecall', previousKeyId: keyId })
  assert.equal(await byAlias.under(), `kms:${keyId}`)
  const before = await byAlias.wrap(dataKey, bound)
  kms.aliases.set('alias/rolecall', otherKeyId)
  assert.equal(await byAlias.under(), `kms:${otherKeyId}`)
  assert.ok((await byAlias.unwrap(before, bound))?.equals(dataKey))
})

describe('a service that fails', () => {
  for (const [mood, kind, code] of [
    ['failing', 'down', 'KMSInternalException'],
    ['throttling', 'down', 'ThrottlingException'],
    ['denying', 'refused', 'AccessDeniedException'],
  ] as const) {
    test(`${mood}: it is told whether trying again may help`, async () => {
      kms.mood = mood
      for (const call of [() => wrapper.wrap(dataKey, bound), () => wrapper.unwrap(wrapped, bound)]) {
        const failure = await failureOf(call())
        assert.deepEqual([failure.kind, failure.code], [kind, code])
      }
    })
  }

  test('with a key that was disabled refuses', async () => {
    kms.disabled.add(keyId)
    assert.equal((await failureOf(wrapper.unwrap(wrapped, bound))).code, 'DisabledException')
  })

  test('that does not answer is waited for no longer than it may take, and its connection given up', async () => {
    const hasty = wrapperOf({ timeoutMs: 2_000 })
    await hasty.unwrap(wrapped, bound)
    kms.mood = 'hung'
    const failure = await failureOf(hasty.unwrap(wrapped, bound))
    assert.equal(failure.kind, 'down')
    while (!kms.calls.at(-1)?.aborted) await new Promise(setImmediate)
  })

  test('that is not there is down', async () => {
    const gone = wrapperOf({ endpoint: 'http://127.0.0.1:1' })
    const failure = await failureOf(gone.unwrap(wrapped, bound))
    assert.deepEqual([failure.kind, failure.code], ['down', 'ECONNREFUSED'])
  })

  test('is told of once when it begins, and once when it is over', async () => {
    const telling = wrapperOf()
    await telling.unwrap(wrapped, bound)
    health.length = 0
    kms.mood = 'denying'
    for (let n = 0; n < 3; n++) await failureOf(telling.unwrap(wrapped, bound))
    kms.mood = 'well'
    await telling.unwrap(wrapped, bound)
    await telling.unwrap(wrapped, bound)
    assert.deepEqual(health, ['AccessDeniedException', undefined])
  })

  test('says nothing of the data key', async () => {
    kms.mood = 'denying'
    const { message, stack } = await failureOf(wrapper.wrap(dataKey, bound))
    assert.ok(!`${message}${stack}`.includes(dataKey.export().toString('base64')))
    assert.equal(message, 'Encrypt: AccessDeniedException')
  })
})
