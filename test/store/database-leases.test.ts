import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { DatabaseLease } from '../../server/store/database-leases.ts'
import type { DatabaseRole } from '../../server/store/database-roles.ts'
import type { Store } from '../../server/store/open-store.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { storeKinds } from '../support/stores.ts'

const role: DatabaseRole = {
  name: 'reader',
  engine: 'postgresql',
  masterSecretId: 'master-AbCdEf',
  statements: { creation: ['create role {{name}}'], renewal: [], revocation: [] },
  defaultSeconds: 600,
  maxSeconds: 3_600,
  mostLeases: 5,
  createdAtMs: 1_000,
  changedAtMs: 1_000,
}
const lease: DatabaseLease = {
  id: 'one',
  roleName: 'reader',
  username: 'rc_reader_1',
  place: 'db:5432',
  state: 'beginning',
  holder: 'AIDA1',
  holderArn: 'arn',
  session: '{}',
  createdAtMs: 1_000,
  expiresAtMs: 601_000,
  maxExpiresAtMs: 3_601_000,
  dueAtMs: 46_000,
  failures: 0,
}

for (const { kind, skip, open } of storeKinds) {
  const store: Store | undefined = skip === false ? await open() : undefined
  after(() => store?.close())
  describe(`leases of users of databases on ${kind}`, { skip }, () => store && keepsLeases(store))
}

function keepsLeases({ databaseRoles, databaseLeases }: Store): void {
  test('a role comes back as it was put, also in the place of another', async () => {
    assert.equal(await databaseRoles.find('reader'), undefined)
    await databaseRoles.put({ ...role, description: 'old' })
    await databaseRoles.put({ ...role, createdAtMs: 5_000 })
    assert.deepEqual(await databaseRoles.find('reader'), role)
    assert.deepEqual(await databaseRoles.list({ most: 10 }), [role])
    assert.deepEqual(await databaseRoles.list({ after: 'reader', most: 10 }), [])
  })

  test('a lease is kept, of a role that is there, and only so many', async () => {
    await databaseLeases.begin(lease, 2)
    assert.deepEqual(await databaseLeases.find('one'), lease)
    await databaseLeases.begin({ ...lease, id: 'two' }, 2)
    assert.equal((await refusalOf(databaseLeases.begin({ ...lease, id: 'three' }, 2))).reason, 'entity.limit')
    const orphan = databaseLeases.begin({ ...lease, id: 'four', roleName: 'nobody' }, 2)
    assert.equal((await refusalOf(orphan)).reason, 'entity.missing')
    assert.equal((await refusalOf(databaseRoles.delete('reader'))).reason, 'entity.inUse')
  })

  test('one that is beginning is not due before its time, whoever ends it, and is never active again', async () => {
    assert.ok(await databaseLeases.end('two', 2_000))
    assert.deepEqual(await databaseLeases.due(45_999, 10), [])
    assert.equal(await databaseLeases.activate('two', 601_000), false)
    assert.ok(await databaseLeases.end('two', 3_000))
    assert.equal((await databaseLeases.find('two'))?.dueAtMs, 46_000)
  })

  test('one that is active is due when it expires, or when it is ended', async () => {
    assert.ok(await databaseLeases.activate('one', 500_000))
    assert.deepEqual(
      (await databaseLeases.due(499_999, 10)).map(({ id }) => id),
      ['two'],
    )
    assert.deepEqual(
      (await databaseLeases.list({ activeOnly: true, most: 10 })).map(({ id }) => id),
      ['one'],
    )
    assert.ok(await databaseLeases.end('one', 2_000))
    assert.deepEqual(
      (await databaseLeases.due(2_000, 10)).map(({ id }) => id),
      ['one'],
    )
    assert.equal(await databaseLeases.end('none', 2_000), false)
  })

  test('of several who would drop a user one does, and tries again later', async () => {
    const [due] = await databaseLeases.due(2_000, 10)
    assert.ok(due)
    const claims = await Promise.all([1, 2, 3].map(() => databaseLeases.claim(due, 50_000)))
    assert.equal(claims.filter(isClaimed => isClaimed).length, 1)
    assert.equal((await databaseLeases.find('one'))?.failures, 1)
    await databaseLeases.postpone('one', 60_000)
    assert.deepEqual(
      (await databaseLeases.due(59_999, 10)).map(({ id }) => id),
      ['two'],
    )
  })

  test('after a start all that were beginning are due', async () => {
    await databaseLeases.begin({ ...lease, id: 'five' }, 10)
    await databaseLeases.endBegun(3_000)
    const found = await databaseLeases.find('five')
    assert.deepEqual([found?.state, found?.dueAtMs], ['ending', 3_000])
  })

  test('what is gone is gone, and then the role may go', async () => {
    for (const id of ['one', 'two', 'five']) await databaseLeases.delete(id)
    assert.ok(await databaseRoles.delete('reader'))
    assert.equal(await databaseRoles.find('reader'), undefined)
    assert.equal(await databaseRoles.delete('reader'), false)
  })
}
