/** Whoever makes a user may be held up, until others take the user for one who was never made. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bindAction } from '../../../server/aws/action.ts'
import type { DatabaseRoleDeps } from '../../../server/secrets/database-roles/deps.ts'
import { generateDatabaseCredentials } from '../../../server/secrets/database-roles/generate-database-credentials.ts'
import { sweepLeases } from '../../../server/secrets/database-roles/sweep-leases.ts'
import { root } from '../../authorization/callers.ts'
import { accountId, facts } from '../../federation/compose-gate.ts'
import { refusalOf } from '../../support/refusal-of.ts'
import { openEmbeddedStore } from '../../support/stores.ts'

/** A service, and a database in which users are names. */
async function setUp() {
  const store = await openEmbeddedStore()
  const times = { createdAtMs: 0, changedAtMs: 0 }
  const statements = { creation: [], renewal: [], revocation: [] }
  const numbers = { defaultSeconds: 600, maxSeconds: 600, mostLeases: 1 }
  const role = { name: 'reader', engine: 'postgresql', masterSecretId: 'm', statements, ...numbers, ...times }
  await store.databaseRoles.put(role)
  const users = new Set<string>()
  const at = { nowMs: 0, isAway: false }
  const deps = {
    ...store,
    accountId,
    clock: () => at.nowMs,
    audit: { record: async () => undefined },
    log: { warn: () => undefined },
    requireLive: async () => undefined,
    leaseUsers: {
      placeOf: async () => 'db:5432',
      make: async (_role, { username }, _expiresAtMs) => {
        users.add(username)
        return { password: 'word', place: {} as never }
      },
      extend: async () => undefined,
      drop: async (_role, { username }) => {
        if (at.isAway) throw new Error('away')
        users.delete(username)
      },
    } satisfies DatabaseRoleDeps['leaseUsers'],
  }
  const generate = async (more: Partial<DatabaseRoleDeps>) => {
    const action = bindAction(generateDatabaseCredentials, { ...deps, ...more })
    assert.ok(action.auth === 'signed')
    const prepared = action.read(new Map([['Name', 'reader']]))
    await prepared.permissions(root)
    return prepared.run({ facts, caller: root, warn() {} })
  }
  return { store, deps, users, at, generate }
}

test('who is held up before they begin makes no user any more', async () => {
  const { store, users, at, generate } = await setUp()
  const record = async () => {
    at.nowMs = 16_000
  }
  assert.equal((await refusalOf(generate({ audit: { record } }))).reason, 'secret.state')
  assert.equal(users.size, 0)
  await store.close()
})

test('a user who was made after others had looked for them in vain is dropped in the end', async () => {
  const { store, deps, users, at, generate } = await setUp()
  const make: DatabaseRoleDeps['leaseUsers']['make'] = async (...asked) => {
    at.nowMs = 60_000
    await sweepLeases(deps)
    assert.deepEqual(await store.databaseLeases.list({ most: 10 }), [])
    at.isAway = true
    return deps.leaseUsers.make(...asked)
  }
  await assert.rejects(generate({ leaseUsers: { ...deps.leaseUsers, make } }))
  assert.equal(users.size, 1)
  at.isAway = false
  at.nowMs += 46_000
  await sweepLeases(deps)
  assert.equal(users.size, 0)
  assert.deepEqual(await store.databaseLeases.list({ most: 10 }), [])
  await store.close()
})
