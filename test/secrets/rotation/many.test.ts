import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { type Rotator, rotationSteps } from '../../../server/secrets/rotation/rotator.ts'
import { createAlternatingDatabase, createAlternatingRotator } from '../../support/alternating-database.ts'
import { createDatabase, skipWithoutPostgres } from '../../support/postgres.ts'
import { startRolecall, type TestRolecall } from '../../support/rolecall.ts'
import { serviceKinds } from '../../support/stores.ts'
import { until } from '../../support/until.ts'

const dayMs = 86_400_000
const count = 24

/** A rotator that counts how many of its rotations are under way at once, and how often each secret's is begun. */
function createCounting() {
  const database = createAlternatingDatabase()
  const inner = createAlternatingRotator(database)
  const counted = { now: 0, most: 0, begun: new Map<string, number>() }
  const around =
    (step: (typeof rotationSteps)[number]): Rotator[typeof step] =>
    async (desk, signal) => {
      counted.most = Math.max(counted.most, ++counted.now)
      if (step === 'createSecret') counted.begun.set(desk.token, (counted.begun.get(desk.token) ?? 0) + 1)
      await inner[step](desk, signal)
      counted.now--
    }
  const [createSecret, setSecret, testSecret, finishSecret] = rotationSteps.map(around)
  assert.ok(createSecret && setSecret && testSecret && finishSecret)
  return { database, counted, rotator: { createSecret, setSecret, testSecret, finishSecret } }
}

/** Secrets that were rotated once and fall due on the next day, at moments of their own. */
async function fill(
  { rolecall: { store }, accountId, nowMs }: TestRolecall,
  database: ReturnType<typeof createAlternatingDatabase>,
  client: sm.SecretsManagerClient,
) {
  const lambdaArn = `arn:aws:lambda:us-east-1:${accountId}:function:rolecall-counting`
  for (let n = 0; n < count; n++) {
    const { ARN } = await client.send(
      new sm.CreateSecretCommand({ Name: `db-${n}`, SecretString: database.add(`db-${n}`) }),
    )
    await store.secrets.change(String(ARN).replace(/^.*:/, ''), () => ({
      rotation: { enabled: true, lambdaArn, afterDays: 1 },
      rotationDueAtMs: nowMs() + dayMs,
    }))
  }
}

const allRotated = async ({ rolecall: { store } }: TestRolecall) =>
  (await store.secrets.list({ most: 1_000 })).every(({ rotatedAtMs }) => rotatedAtMs !== undefined)

for (const { kind, skip, settings } of serviceKinds) {
  describe(`many secrets that fall due at once, on ${kind}`, { skip }, async () => {
    if (skip !== false) return
    const { database, counted, rotator } = createCounting()
    const env = { ...(await settings()), ROLECALL_ROTATIONS_AT_ONCE: '3' }
    const rolecall = await startRolecall(env, undefined, {
      rotators: new Map([['rolecall-counting', rotator]]),
    })

    test('are all rotated, never more than so many at once, and then spread', async () => {
      await fill(rolecall, database, rolecall.secrets())
      rolecall.advanceMs(dayMs)
      await until(() => allRotated(rolecall), 120_000)
      assert.equal(counted.most, 3)
      assert.ok([...counted.begun.values()].every(times => times === 1))
      const due = (await rolecall.rolecall.store.secrets.list({ most: 1_000 })).map(
        one => one.rotationDueAtMs,
      )
      assert.equal(new Set(due).size, count, 'each has a moment of its own the next time')
    })
  })
}

describe('many secrets that fall due beside two nodes', { skip: skipWithoutPostgres }, async () => {
  if (skipWithoutPostgres !== false) return
  const { database, counted, rotator } = createCounting()
  const env = {
    DATABASE_URL: await createDatabase(),
    ROLECALL_MASTER_KEY: randomBytes(32).toString('base64'),
    ROLECALL_ROTATIONS_AT_ONCE: '2',
  }
  const more = { rotators: new Map([['rolecall-counting', rotator]]) }
  const nodes = [
    await startRolecall(env, undefined, more),
    await startRolecall(env, undefined, more),
  ] as const

  test('are each rotated once, by one of the two', async () => {
    const [one, other] = nodes
    await fill(one, database, one.secrets())
    for (const node of nodes) node.advanceMs(dayMs)
    await until(() => allRotated(one), 120_000)
    assert.equal(counted.begun.size, count)
    assert.ok(
      [...counted.begun.values()].every(times => times === 1),
      'none was begun twice',
    )
    assert.ok(counted.most <= 4, 'two at once on each')
    const ids = (await other.rolecall.store.secrets.list({ most: 1_000 })).map(({ id }) => id)
    for (const id of ids) {
      const rows = await other.rolecall.store.rotations.list(id)
      assert.deepEqual(
        rows.map(({ state, attempts }) => [state, attempts]),
        [['succeeded', 1]],
      )
    }
  })
})
