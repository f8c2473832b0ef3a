import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'
import { startRolecall } from '../support/rolecall.ts'
import { postSecrets, secretsOf, sessionWith } from '../support/secret-calls.ts'
import { serviceKinds } from '../support/stores.ts'
import { until } from '../support/until.ts'

const times = <T>(count: number, of: (n: number) => T) => Array.from({ length: count }, (_, n) => of(n))
const current = 'AWSCURRENT'
const previous = 'AWSPREVIOUS'
/** What a call came to: `''`, or the code of its refusal. */
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => '',
    error => String(error.name),
  )

for (const { kind, skip, settings } of serviceKinds) {
  describe(`on ${kind}`, { skip }, async () => {
    if (skip !== false) return
    const rolecall = await startRolecall(await settings())
    const client = rolecall.secrets()
    const { create, get, put, stages, delete: remove } = secretsOf(client)
    const { secrets } = rolecall.rolecall.store
    const idOf = (arn: string) => arn.split(':secret:')[1] ?? ''

    test('a hundred new values at once leave one current one and one before it, and all are kept', async () => {
      const { arn } = await create(randomUUID())
      await Promise.all(times(100, n => put(arn, `value ${n}`)))
      const after = Object.entries(await stages(arn))
      assert.deepEqual(after.flatMap(([, names]) => names).sort(), [current, previous])
      assert.equal(after.length, 2)
      assert.equal((await secrets.versions(idOf(arn))).length, 101)
      const { VersionId, SecretString } = await get(arn)
      assert.ok(after.some(([id, names]) => id === VersionId && names.includes(current)))
      assert.match(SecretString ?? '', /^value \d+$/)
    })

    test('the same token from many at once is one version, and with other values all but one are refused', async () => {
      const { arn } = await create(randomUUID())
      const token = randomUUID()
      const same = await Promise.all(times(30, () => put(arn, 'same', { ClientRequestToken: token })))
      assert.deepEqual(new Set(same.map(({ VersionId }) => VersionId)), new Set([token]))
      assert.equal((await secrets.versions(idOf(arn))).length, 2)
      const other = randomUUID()
      const codes = await Promise.all(
        times(30, n => codeOf(put(arn, `value ${n}`, { ClientRequestToken: other }))),
      )
      assert.deepEqual(codes.sort(), [...times(1, () => ''), ...times(29, () => 'ResourceExistsException')])
    })

    test('the same secret made by many at once is one, and by each with a value of their own, the first’s', async () => {
      const [Name, token] = [randomUUID(), randomUUID()]
      const made = await Promise.all(
        times(20, () => create(Name, { SecretString: 'one', ClientRequestToken: token })),
      )
      assert.equal(new Set(made.map(({ arn }) => arn)).size, 1)
      const other = randomUUID()
      const codes = await Promise.all(times(20, n => codeOf(create(other, { SecretString: `${n}` }))))
      assert.equal(codes.filter(code => code === '').length, 1)
      assert.equal(codes.filter(code => code === 'ResourceExistsException').length, 19)
    })

    test('of two first values at stages of their own, one alone is the current one', async () => {
      const { arn } = await create(randomUUID(), {})
      await Promise.all(['A', 'B', 'C'].map(stage => put(arn, stage, { VersionStages: [stage] })))
      const after = await stages(arn)
      assert.deepEqual(Object.values(after).flat().sort(), ['A', current, 'B', 'C'])
      assert.equal(Object.keys(after).length, 3)
    })

    test('tags, descriptions and values that are set at once are all there', async () => {
      const { arn } = await create(randomUUID())
      const tags = times(20, n => ({ Key: `k${n}`, Value: `${n}` }))
      await Promise.all([
        ...tags.map(tag => client.send(new sm.TagResourceCommand({ SecretId: arn, Tags: [tag] }))),
        ...times(10, n => put(arn, `${n}`)),
        client.send(new sm.UpdateSecretCommand({ SecretId: arn, Description: 'kept' })),
      ])
      const { Tags = [], Description } = await client.send(new sm.DescribeSecretCommand({ SecretId: arn }))
      assert.equal(Tags.length, 20)
      assert.equal(Description, 'kept')
    })

    test('of a deletion and new values at once, no value comes after the mark', async () => {
      const { arn } = await create(randomUUID())
      const codes = await Promise.all([
        ...times(10, n => codeOf(put(arn, `before ${n}`))),
        codeOf(remove(arn)),
        ...times(10, n => codeOf(put(arn, `after ${n}`))),
      ])
      assert.ok(codes.every(code => code === '' || code === 'InvalidRequestException'))
      const count = (await secrets.versions(idOf(arn))).length
      // The first one, and those that were answered, but for the deletion.
      assert.equal(count, codes.filter(code => code === '').length)
      assert.equal((await faultOf(put(arn, 'late'))).code, 'InvalidRequestException')
      await client.send(new sm.RestoreSecretCommand({ SecretId: arn }))
      assert.ok((await get(arn)).SecretString)
    })

    test('of a forced deletion and new values at once, nothing is left', async () => {
      const { arn } = await create(randomUUID())
      const codes = await Promise.all([
        ...times(10, n => codeOf(put(arn, `${n}`))),
        codeOf(remove(arn, { ForceDeleteWithoutRecovery: true })),
      ])
      assert.ok(codes.every(code => code === '' || code === 'ResourceNotFoundException'))
      assert.equal((await faultOf(get(arn))).code, 'ResourceNotFoundException')
      assert.deepEqual(await secrets.versions(idOf(arn)), [])
    })

    test('of a restoration and the taking away of what is due, one wins, and the secret is whole or gone', async () => {
      const results = times(10, async () => {
        const { arn } = await create(randomUUID())
        await remove(arn, { RecoveryWindowInDays: 7 })
        const [code] = await Promise.all([
          codeOf(client.send(new sm.RestoreSecretCommand({ SecretId: arn }))),
          secrets.prune(Date.now() + 8 * 86_400_000),
        ])
        const then = await codeOf(get(arn))
        assert.deepEqual([code, then], code === '' ? ['', ''] : Array(2).fill('ResourceNotFoundException'))
      })
      await Promise.all(results)
    })
  })
}

describe('two nodes on one PostgreSQL database', { skip: skipWithoutPostgres }, async () => {
  if (skipWithoutPostgres !== false) return
  const env = {
    DATABASE_URL: await createDatabase(),
    ROLECALL_MASTER_KEY: randomBytes(32).toString('base64'),
  }
  const [one, other] = [await startRolecall(env), await startRolecall(env)]
  const [here, there] = [secretsOf(one.secrets()), secretsOf(other.secrets())]
  /** For as long as changes may take to reach every node. */
  const soon = (holds: () => Promise<boolean>) => until(holds, 2_000)
  const isRead = async (id: string, value: string) => (await there.get(id)).SecretString === value

  test('what one knows of a secret, and that there is none, the other changes', async () => {
    const name = randomUUID()
    assert.equal(await codeOf(there.get(name)), 'ResourceNotFoundException')
    const { arn } = await here.create(name)
    await soon(async () => (await codeOf(there.get(name))) === '')
    for (const value of ['two', 'three', 'x'.repeat(10_000)]) {
      await here.put(name, value)
      await soon(() => isRead(arn, value))
    }
    const { keys } = await sessionWith(
      one,
      await one.registerIssuer(),
      allow('secretsmanager:GetSecretValue'),
    )
    const body = JSON.stringify({ SecretId: name })
    const code = async () => (await postSecrets(other, 'GetSecretValue', body, keys)).code
    await soon(async () => (await code()) === 'undefined')
    const Deny = { Effect: 'Deny', NotPrincipal: { AWS: '999999999999' }, Action: '*', Resource: '*' }
    await here.setPolicy(arn, policyOf(Deny))
    await soon(async () => (await code()) === 'AccessDeniedException')
    await one.secrets().send(new sm.DeleteResourcePolicyCommand({ SecretId: arn }))
    await soon(async () => (await code()) === 'undefined')
    await here.delete(name, { ForceDeleteWithoutRecovery: true })
    await soon(async () => (await codeOf(there.get(name))) === 'ResourceNotFoundException')
    await here.create(name, { SecretString: 'anew' })
    await soon(async () => (await codeOf(there.get(name))) === '' && (await isRead(name, 'anew')))
  })

  test('values that both set at once leave one current one and one before it', async () => {
    const { arn } = await here.create(randomUUID())
    await soon(async () => (await codeOf(there.get(arn))) === '')
    await Promise.all(times(50, n => (n % 2 === 0 ? here : there).put(arn, `${n}`)))
    const after = await Promise.all([here.stages(arn), there.stages(arn)])
    assert.deepEqual(Object.values(after[0]).flat().sort(), [current, previous])
    await soon(async () => (await here.get(arn)).VersionId === (await there.get(arn)).VersionId)
  })
})
