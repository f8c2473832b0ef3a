import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { createKeyringWrapper } from '../../../server/keys/envelope.ts'
import { createKeyring } from '../../../server/keys/keyring.ts'
import type { Rotator } from '../../../server/secrets/rotation/rotator.ts'
import { runRotation } from '../../../server/secrets/rotation/run/run-rotation.ts'
import { createVault } from '../../../server/secrets/vault.ts'
import { rotationLease } from '../../../server/store/due-secrets.ts'
import {
  createAlternatingDatabase,
  createAlternatingRotator,
  type Hook,
} from '../../support/alternating-database.ts'
import { storeKinds } from '../../support/stores.ts'

const accountId = '123456789012'
const lambdaArn = `arn:aws:lambda:us-east-1:${accountId}:function:rolecall-test`
const secretId = 'db-AbCdEf'

for (const { kind, skip, open } of storeKinds) {
  describe(`a node that was held up for longer than its lease, on ${kind}`, { skip }, async () => {
    if (skip !== false) return
    const store = await open()
    after(() => store.close())
    const { secrets, leases, rotations: history } = store
    const database = createAlternatingDatabase()
    const vault = createVault(createKeyringWrapper(createKeyring([Buffer.alloc(32, 1)])), accountId)
    const events: string[] = []
    let nowMs = 1_000_000
    /** The version that a test begins with. */
    let first = ''
    const audit = { record: async ({ event }: { event: string }) => void events.push(event) }

    async function rotateAs(
      holder: string,
      rotator: Rotator,
      stepMs = 60_000,
      { signal } = new AbortController(),
    ): Promise<void> {
      const fence = await leases.take({ name: rotationLease(secretId), holder }, nowMs, nowMs + 30_000)
      assert.ok(fence, `${holder} has the lease`)
      const findRotator = async () => () => rotator
      const log = { warn: () => undefined }
      const deps = { secrets, history, vault, audit, accountId, clock: () => nowMs, findRotator, stepMs, log }
      await runRotation(secretId, { fence, signal }, deps)
    }

    async function fill(): Promise<void> {
      await secrets.delete(secretId)
      nowMs += 1_000_000
      const value = { kind: 'string' as const, bytes: Buffer.from(database.add('app')) }
      first = randomUUID()
      const version = await vault.seal(secretId, first, value, nowMs)
      const times = { createdAtMs: nowMs, changedAtMs: nowMs, rotationDueAtMs: nowMs }
      const rotation = { enabled: true, lambdaArn, afterDays: 1 }
      const stages = { AWSCURRENT: version.id }
      await secrets.create({ id: secretId, name: 'db', tags: {}, stages, rotation, ...times }, version)
    }

    /** Whether the password under AWSCURRENT does. */
    async function works(): Promise<boolean> {
      const secret = await secrets.find(secretId)
      const kept = await secrets.findVersion(secretId, secret?.stages.AWSCURRENT ?? '')
      return kept !== undefined && database.accepts((await vault.open(secretId, kept)).bytes.toString())
    }

    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
      test(`can keep and finish nothing over the head of the one that went on (${step})`, async () => {
        await fill()
        let isFirst = true
        const hook: Hook = async (at, when) => {
          if (!isFirst || at !== step || when !== 'before') return
          isFirst = false
          nowMs += 31_000
          await rotateAs('other', createAlternatingRotator(database))
        }
        await rotateAs('first', createAlternatingRotator(database, hook))
        const secret = await secrets.find(secretId)
        const versions = await secrets.versions(secretId)
        assert.equal(versions.length, 2, 'there is one new version')
        assert.equal(secret?.rotation?.running, undefined)
        assert.ok(secret?.stages.AWSCURRENT !== first)
        assert.ok(await works())
        const [row] = await history.list(secretId)
        assert.deepEqual([row?.state, row?.attempts], ['succeeded', 2])
        assert.ok(Number(secret?.rotationDueAtMs) > nowMs)
      })
    }

    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
      for (const when of ['before', 'after'] as const) {
        test(`is no loss: broken off ${when} the effect of ${step}, the next one heals it`, async () => {
          await fill()
          const stopping = new AbortController()
          const hook: Hook = (at, moment) => {
            if (at !== step || moment !== when) return
            stopping.abort(new Error('stopping'))
            throw stopping.signal.reason
          }
          await rotateAs('first', createAlternatingRotator(database, hook), 60_000, stopping)
          const half = await secrets.find(secretId)
          assert.equal(half?.rotation?.running?.failures, 0, 'that is no failure')
          assert.ok(Number(half?.rotationDueAtMs) <= nowMs, 'the next node may go on at once')
          assert.ok(await works())
          nowMs += 31_000
          await rotateAs('next', createAlternatingRotator(database))
          const healed = await secrets.find(secretId)
          assert.equal(healed?.stages.AWSCURRENT, half?.rotation?.running?.token)
          assert.ok(await works())
          assert.equal((await secrets.versions(secretId)).length, 2)
        })
      }
    }

    test('a step that takes too long is broken off, and the secret due again later', async () => {
      await fill()
      const endless = {
        ...createAlternatingRotator(database),
        createSecret: () => new Promise<void>(() => {}),
      }
      await rotateAs('first', endless, 1)
      const [row] = await history.list(secretId)
      assert.deepEqual([row?.state, row?.step], ['failing', 'createSecret'])
      assert.equal(row?.reason, 'createSecret took longer than 0.001 seconds')
      const due = Number((await secrets.find(secretId))?.rotationDueAtMs)
      assert.ok(due >= nowMs + 60_000 && due <= nowMs + 75_000)
    })

    test('the longer it fails, the later it is tried again, and within two hours always', async () => {
      await fill()
      const broken = {
        ...createAlternatingRotator(database),
        createSecret: () => Promise.reject(new Error('x')),
      }
      const pauses: number[] = []
      for (let n = 0; n < 12; n++) {
        await rotateAs(`node-${n}`, broken)
        const due = Number((await secrets.find(secretId))?.rotationDueAtMs)
        pauses.push(due - nowMs)
        nowMs = due
      }
      assert.ok(pauses.every((pause, n) => pause >= (pauses[n - 1] ?? 0)))
      assert.ok(Math.max(...pauses) <= 2 * 3_600_000)
      assert.equal((await history.list(secretId)).length, 1)
      assert.equal((await secrets.versions(secretId)).length, 1)
    })

    test('of many rotations the latest are remembered', async () => {
      await fill()
      for (let n = 0; n < 55; n++) {
        await secrets.change(secretId, () => ({ rotationDueAtMs: nowMs }))
        await rotateAs(`node-${n}`, createAlternatingRotator(database))
        nowMs += 86_400_000
      }
      const rows = await history.list(secretId)
      assert.equal(rows.length, 50)
      assert.equal(rows[0]?.token, (await secrets.find(secretId))?.stages.AWSCURRENT)
    })
  })
}
