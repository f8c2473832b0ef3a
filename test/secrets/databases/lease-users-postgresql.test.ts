/** Users who are made for a time, beside others who are at the same database. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import pg from 'pg'
import { leasedUsers } from '../../support/database-role.ts'
import { secretOf } from '../../support/database-server.ts'
import { databaseRoleOf, leaseUsersAt } from '../../support/lease-users.ts'
import { skipWithoutPostgresHere, startPostgresWithTls } from '../../support/postgres-with-tls.ts'
import { until } from '../../support/until.ts'

describe('PostgreSQL', { skip: skipWithoutPostgresHere }, async () => {
  if (skipWithoutPostgresHere) return
  const server = await startPostgresWithTls()
  const place = `${server.host}:${server.port}`
  const role = databaseRoleOf(server)
  const inAnHour = Date.now() + 3_600_000
  const users = leaseUsersAt(server)

  /** A session that stays open over several statements. */
  async function asAdmin(act: (client: pg.Client) => Promise<void>): Promise<void> {
    const { host, port, caFile, admin } = server
    const client = new pg.Client({
      host,
      port,
      user: admin.username,
      password: admin.password,
      database: 'postgres',
      ssl: { ca: readFileSync(caFile) },
    })
    await client.connect()
    try {
      await act(client)
    } finally {
      await client.end()
    }
  }

  test('an administrator who grants on the same table at that moment fails nobody', async () => {
    const user = { username: 'rc_beside', place }
    await asAdmin(async client => {
      await client.query('begin')
      await client.query('grant select on things to pg_monitor')
      const making = users.make(role, user, inAnHour)
      const waiting =
        "select 1 from pg_stat_activity where application_name = 'rolecall' and wait_event_type = 'Lock'"
      await until(async () => (await server.query(waiting)).length > 0)
      await client.query('commit')
      assert.ok(await server.logsIn({ username: 'rc_beside', password: (await making).password }))
    })
    await users.drop(role, user)
  })

  test('who holds the lock by which turns are taken, and never lets go of it, stops nobody', async () => {
    const user = { username: 'rc_stopped', place }
    await asAdmin(async client => {
      await client.query('select pg_advisory_lock(1382837349, 1667329132)')
      await users.make(role, user, inAnHour)
      assert.deepEqual(await leasedUsers(server), ['rc_stopped'])
      await users.drop(role, user)
      assert.deepEqual(await leasedUsers(server), [])
    })
  })

  const left = [
    "create table mine as select 'kept' as word",
    'set check_function_bodies = off; ' +
      "create function mine_reads() returns text language sql security definer as 'select word from hidden'",
    "create function mine_is() returns text language sql security definer as 'select current_user::text'",
    "create function mine_indexed(text) returns text language sql immutable as 'select $1'",
    'create index on mine (mine_indexed(word))',
    'create view mine_seen as select word from hidden',
    'create materialized view mine_copied as select word from mine',
    'grant select on mine_seen to public',
    'alter default privileges grant select on tables to public',
  ]

  for (const [story, master] of [
    ['a superuser', server.admin],
    ['a master who may make roles and no more', { username: 'modest', password: 'modest-password' }],
  ] as const) {
    test(`what a user leaves, dropped by ${story}, is kept and acts by nobody’s rights`, async () => {
      const username = 'rc_leaving'
      const user = { username, place }
      if (master.username === 'modest') {
        await server.query(`create role modest login createrole password '${master.password}'`)
        await server.query('grant select on things to modest with grant option')
        await server.query('grant create on schema public to modest with grant option')
      }
      await server.query(`create table if not exists hidden as select 'hidden' as word`)
      await server.query(`grant select on hidden to ${master.username}`)
      const statements = {
        creation: [...role.statements.creation, 'grant create on schema public to "{{name}}"'],
      }
      const making = leaseUsersAt(server, () => secretOf(server, master))
      const { password } = await making.make(databaseRoleOf(server, statements), user, inAnHour)
      // Whoever makes what reads need not be allowed to read.
      for (const sql of left) await server.query(sql, { username, password })
      await making.drop(role, user)
      assert.deepEqual(await leasedUsers(server), ['rc_leaving_left'])
      assert.deepEqual(await server.query('select word from mine'), [{ word: 'kept' }])
      assert.deepEqual(await server.query('select mine_is()'), [{ mine_is: 'rc_leaving_left' }])
      await server.query('reindex table mine')
      for (const sql of ['select mine_reads()', 'select word from mine_seen']) {
        await assert.rejects(server.query(sql), { code: '42501' }, sql)
      }
      const [heir] = await server.query(
        `select rolcanlogin, rolsuper, rolcreaterole, (select count(*) from pg_auth_members where member = oid) as groups
           from pg_roles where rolname = 'rc_leaving_left'`,
      )
      assert.deepEqual(heir, { rolcanlogin: false, rolsuper: false, rolcreaterole: false, groups: '0' })
      await server.query('drop owned by rc_leaving_left cascade; drop role rc_leaving_left')
    })
  }

  test('who leaves nothing has no heir', async () => {
    const user = { username: 'rc_nothing', place }
    const { password } = await users.make(role, user, inAnHour)
    await server.query('alter default privileges grant select on tables to public', {
      username: 'rc_nothing',
      password,
    })
    await server.query('create temporary table passing (n int)', { username: 'rc_nothing', password })
    await users.drop(role, user)
    assert.deepEqual(await leasedUsers(server), [])
  })

  test('a transaction that a user prepared keeps nobody from dropping them', async () => {
    const user = { username: 'rc_prepared', place }
    const creation = [...role.statements.creation, 'grant create on schema public to "{{name}}"']
    const { password } = await users.make(databaseRoleOf(server, { creation }), user, inAnHour)
    const prepared = "begin; create table theirs (n int); prepare transaction 'it''s \\theirs'"
    await server.query(prepared, { username: user.username, password })
    await users.drop(role, user)
    assert.deepEqual(await leasedUsers(server), [])
    assert.deepEqual(await server.query('select gid from pg_prepared_xacts'), [])
  })
})
