/** Users who are made for a time, beside others who are at the same database. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import pg from 'pg'
import { leasedUsers } from '../../support/database-role.ts'
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
})
