import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { openPostgresDatabase } from '../../server/store/postgres-database.ts'
import type { Role } from '../../server/store/roles.ts'
import { createDatabase, runSql, skipWithoutPostgres } from '../support/postgres.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { openSharedStore } from '../support/stores.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const role: Role = {
  id: 'AROAONE',
  name: 'reader',
  path: '/',
  trustPolicy: '{"first":true}',
  maxSessionSeconds: 3600,
  tags: {},
  createdAtMs: 1,
  demo: false,
}

async function openNodes(url: string) {
  const nodes = [await openSharedStore(url), await openSharedStore(url)] as const
  after(() => Promise.all(nodes.map(node => node.close())))
  return nodes
}

describe('nodes on one database', { skip: skipWithoutPostgres }, () => {
  test('start at the same time on an empty database, and one of them makes the tables', async () => {
    const url = await createDatabase()
    const nodes = await Promise.all(Array.from({ length: 4 }, () => openSharedStore(url)))
    await Promise.all(nodes.map(node => node.ping()))
    await Promise.all(nodes.map(node => node.close()))
  })

  test('see each other’s changes, also of what they asked for in vain', async () => {
    const [one, other] = await openNodes(await createDatabase())
    assert.equal(await other.roles.find('reader'), undefined)
    await one.roles.create(role)
    await until(async () => (await other.roles.find('reader')) !== undefined)
    await one.roles.change(role, { trustPolicy: '{"second":true}' })
    await until(async () => (await other.roles.find('reader'))?.trustPolicy === '{"second":true}')
    await one.principalPolicies.putInline(role.id, 'own', 'document')
    await until(async () => (await other.principalPolicies.documents(role.id)).length === 1)
    await other.roles.delete(role)
    await until(async () => (await one.roles.find('reader')) === undefined)
  })

  test('forget nothing else: what others changed is read anew, and that alone', async () => {
    const url = await createDatabase()
    const [one, other] = await openNodes(url)
    await one.roles.create(role)
    await one.roles.create({ ...role, id: 'AROATWO', name: 'writer' })
    const madeAtMs = Date.now()
    await until(async () => other.inStepAtMs() > madeAtMs)
    await Promise.all([other.roles.find('reader'), other.roles.find('writer')])
    // Behind everybody's back: only a node that reads it anew can see this.
    await runSql(url, `update roles set description = 'changed behind their back'`)
    await one.roles.change(role, { trustPolicy: '{}' })
    await until(async () => (await other.roles.find('reader'))?.trustPolicy === '{}')
    assert.equal((await other.roles.find('reader'))?.description, 'changed behind their back')
    assert.equal((await other.roles.find('writer'))?.description, undefined)
  })

  test('catch up when notifications were lost with their connection', async () => {
    const url = await createDatabase()
    const [one, other] = await openNodes(url)
    await one.roles.create(role)
    await until(async () => (await other.roles.find('reader')) !== undefined)
    await runSql(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'rolecall-changes'`,
    )
    await one.roles.change(role, { trustPolicy: '{"while":"deaf"}' })
    await until(async () => (await other.roles.find('reader'))?.trustPolicy === '{"while":"deaf"}')
  })

  test('forget what a standby that took over does not know, though its count of changes is lower', async () => {
    const url = await createDatabase()
    const [, other] = await openNodes(url)
    await other.roles.create(role)
    await other.principalPolicies.putInline(role.id, 'own', 'allows')
    assert.deepEqual(await other.principalPolicies.documents(role.id), ['allows'])
    await runSql(url, `delete from inline_policies; update catalogue set generation = generation - 1`)
    await runSql(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'rolecall-changes'`,
    )
    await until(async () => (await other.principalPolicies.documents(role.id)).length === 0)
  })

  test('know how far behind they may be', async () => {
    const url = await createDatabase()
    const store = await openSharedStore(url)
    const before = store.inStepAtMs()
    assert.ok(before > 0)
    await until(async () => store.inStepAtMs() > before)
    await store.close()
  })

  test('that are cut off go on by what they knew for as long as they may, and then say that the store is away', async () => {
    const url = await createDatabase()
    const proxy = await startTcpProxy(Number(new URL(url).port))
    const throughProxy = new URL(url)
    throughProxy.port = String(proxy.port)
    const [one, other] = [
      await openSharedStore(url),
      await openSharedStore(throughProxy.href, Date.now, 2_000),
    ]
    const patient = await openSharedStore(throughProxy.href)
    after(() => Promise.all([one.close(), other.close(), patient.close()]))
    await one.roles.create(role)
    await one.principalPolicies.putInline(role.id, 'own', 'allows')
    for (const node of [other, patient]) {
      // What was read before the notification came is not kept.
      const madeAtMs = Date.now()
      await until(async () => node.inStepAtMs() > madeAtMs)
      await until(async () => (await node.principalPolicies.documents(role.id)).length === 1)
    }
    proxy.cut()
    await one.principalPolicies.deleteInline(role.id, 'own')
    await new Promise(resolve => setTimeout(resolve, 2_000))
    assert.deepEqual(await patient.principalPolicies.documents(role.id), ['allows'])
    const asked = refusalOf(other.principalPolicies.documents(role.id))
    proxy.mend()
    assert.equal((await asked).reason, 'store.unavailable')
    await until(
      async () => (await other.principalPolicies.documents(role.id).catch(() => ['away'])).length === 0,
    )
  })

  test('make one signing key, however many of them start', async () => {
    const [one, other] = await openNodes(await createDatabase())
    const key = (kid: string) => ({ kid, sealedKey: Buffer.from(kid), createdAtMs: 1 })
    await Promise.all([
      one.signingKeys.addFirst('slot', key('a')),
      other.signingKeys.addFirst('slot', key('b')),
    ])
    assert.equal((await one.signingKeys.list()).length, 1)
    assert.deepEqual(await one.signingKeys.list(), await other.signingKeys.list())
  })
})

describe('a change on PostgreSQL', { skip: skipWithoutPostgres }, () => {
  const log = { error() {} }

  test('is tried again when it fell out with another one at the same time', async () => {
    const database = await openPostgresDatabase(
      { url: await createDatabase(), maxStalenessMs: 60_000 },
      Date.now,
      log,
    )
    await sql`create table counter (n int not null)`.execute(database.db)
    await sql`insert into counter values (0)`.execute(database.db)
    const increment = () =>
      database.write([], async trx => {
        await sql`set transaction isolation level serializable`.execute(trx)
        const { rows } = await sql<{ n: number }>`select n from counter`.execute(trx)
        await sql`update counter set n = ${Number(rows[0]?.n) + 1}`.execute(trx)
      })
    await Promise.all(Array.from({ length: 4 }, increment))
    const { rows } = await sql<{ n: number }>`select n from counter`.execute(database.db)
    assert.equal(rows[0]?.n, 4)
    await database.close()
  })

  test('that fails leaves nothing behind, and nobody is told of it', async () => {
    const url = await createDatabase()
    const database = await openPostgresDatabase({ url, maxStalenessMs: 60_000 }, Date.now, log)
    const generationOf = async () => (await runSql(url, 'select generation from catalogue'))[0]?.generation
    const before = await generationOf()
    await assert.rejects(
      database.write(['role:x'], async trx => {
        await trx.insertInto('settings').values({ name: 'half', value: 'way' }).execute()
        throw new Error('no')
      }),
      /no/,
    )
    assert.deepEqual(await runSql(url, `select * from settings where name = 'half'`), [])
    assert.equal(await generationOf(), before)
    await database.close()
  })

  test('of the version in force is seen by whoever deletes another one meanwhile', async () => {
    const url = await createDatabase()
    const store = await openSharedStore(url)
    after(() => store.close())
    const made = {
      id: 'ANPAONE',
      name: 'one',
      shipped: false,
      path: '/',
      defaultVersion: 'v1',
      tags: {},
      createdAtMs: 1,
      updatedAtMs: 1,
      demo: false,
    }
    await store.policies.create(made, 'denies')
    await store.policies.addVersion(made, { document: 'x', asDefault: false, nowMs: 1, mostVersions: 5 })

    // Somebody is just making v2 the one in force, and has not committed yet.
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(`begin; update policies set default_version = 'v2' where id = 'ANPAONE'`)
    const deleted = store.policies.deleteVersion(made.id, 'v2')
    await until(async () => {
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      return (await runSql(url, waiting)).length > 0
    })
    await client.query('commit')
    await client.end()
    assert.equal(await deleted, false)
    assert.equal(await store.policies.findDocument(made.id), 'x')
  })

  test('may concern more than fits into a notification', async () => {
    const [one, other] = await openNodes(await createDatabase())
    await one.roles.create({ ...role, name: 'n'.repeat(9_000) })
    await until(async () => (await other.roles.find('n'.repeat(9_000))) !== undefined)
  })
})

test('a database that is not there is a plain failure, in bounded time', async () => {
  await assert.rejects(openSharedStore('postgres://rolecall@127.0.0.1:9/none'), ({ cause }: Error) => {
    assert.match(String(cause), /ECONNREFUSED/)
    return true
  })
})
