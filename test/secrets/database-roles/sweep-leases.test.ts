import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Refusal } from '../../../server/base/refusal.ts'
import { type SweepDeps, sweepLeases } from '../../../server/secrets/database-roles/sweep-leases.ts'
import { Unreachable } from '../../../server/secrets/databases/database-engine.ts'
import type { DatabaseLease } from '../../../server/store/database-leases.ts'
import { openEmbeddedStore } from '../../support/stores.ts'

const store = await openEmbeddedStore()
after(() => store.close())
await store.databaseRoles.put({
  name: 'reader',
  engine: 'postgresql',
  masterSecretId: 'master-AbCdEf',
  statements: { creation: [], renewal: [], revocation: [] },
  defaultSeconds: 600,
  maxSeconds: 600,
  mostLeases: 1_000,
  createdAtMs: 0,
  changedAtMs: 0,
})

async function begin(id: string, more: Partial<DatabaseLease>): Promise<void> {
  const lease: DatabaseLease = {
    id,
    roleName: 'reader',
    username: `rc_${id}`,
    place: 'db:5432',
    state: 'active',
    holder: 'AIDA1',
    holderArn: 'arn',
    session: '{}',
    createdAtMs: 0,
    expiresAtMs: 1_000,
    maxExpiresAtMs: 1_000,
    dueAtMs: 1_000,
    failures: 0,
    ...more,
  }
  await store.databaseLeases.begin(lease, 1_000)
}

const depsOf = (more: Partial<SweepDeps>): SweepDeps => ({
  ...store,
  secrets: store.secrets,
  accountId: '123456789012',
  clock: () => 2_000,
  audit: { record: async () => undefined },
  leaseUsers: { drop: async () => undefined } as unknown as SweepDeps['leaseUsers'],
  log: { warn: () => undefined },
  requireLive: async () => undefined,
  ...more,
})

test('a server that gives no answer is asked a few times a sweep, and keeps nobody at another from being dropped', async () => {
  for (let n = 0; n < 20; n++) await begin(`away-${n}`, { place: 'away:5432', dueAtMs: n })
  await begin('here', {})
  let asked = 0
  const drop: SweepDeps['leaseUsers']['drop'] = async (_role, { place }) => {
    if (place !== 'away:5432') return
    asked++
    throw new Unreachable('away:5432 could not be logged in to')
  }
  await sweepLeases(depsOf({ leaseUsers: { drop } as SweepDeps['leaseUsers'] }))
  assert.equal(asked, 4)
  assert.equal(await store.databaseLeases.find('here'), undefined)
  const left = await store.databaseLeases.list({ most: 100 })
  assert.ok(left.length === 20 && left.every(({ dueAtMs, failures }) => dueAtMs > 2_000 && failures === 1))
})

test('a session that can’t be asked about keeps no other lease from ending, and none that is over', async () => {
  await begin('a-unasked', { session: '{"accessKeyId":"broken"}', dueAtMs: 9_000 })
  await begin('b-no-json', { session: '{', dueAtMs: 9_000 })
  await begin('c-ended', { session: '{"accessKeyId":"ended"}', dueAtMs: 9_000 })
  await begin('d-over', {})
  const warned: object[] = []
  const requireLive: SweepDeps['requireLive'] = async ({ accessKeyId }) => {
    if (accessKeyId === 'broken') throw new Error('it could not be asked')
    if (accessKeyId === 'ended') throw new Refusal('session.ended')
  }
  await sweepLeases(depsOf({ requireLive, log: { warn: context => void warned.push(context) } }))
  const left = (await store.databaseLeases.list({ most: 100 })).map(({ id }) => id)
  assert.deepEqual(
    left.filter(id => !id.startsWith('away')),
    ['a-unasked', 'b-no-json'],
  )
  assert.deepEqual(
    warned.map(context => Object(context).leases),
    [2],
  )
})
