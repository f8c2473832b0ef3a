/** Users who are made for a time, by a master who may not do all that it takes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leasedUsers, untilBusy } from '../../support/database-role.ts'
import { secretOf } from '../../support/database-server.ts'
import { databaseRoleOf, leaseUsersAt } from '../../support/lease-users.ts'
import { skipWithoutMariaDb, startMariaDb } from '../../support/mariadb.ts'

describe('MariaDB', { skip: skipWithoutMariaDb }, async () => {
  if (skipWithoutMariaDb) return
  const server = await startMariaDb()
  const place = `${server.host}:${server.port}`
  const role = databaseRoleOf(server)

  test('where the master may end nobody’s session, a user is not taken for dropped while theirs goes on', async () => {
    const master = { username: 'modest', password: 'modest-password' }
    await server.query(`create user modest@'%' identified by '${master.password}'`)
    for (const grant of ['create user, process on *.*', 'select on mysql.*', 'select on app.*']) {
      await server.query(`grant ${grant} to modest@'%' with grant option`)
    }
    const users = leaseUsersAt(server, () => secretOf(server, master))
    const user = { username: 'rc_going_on', place }
    const { password } = await users.make(role, user, Date.now() + 3_600_000)
    const working = server
      .query('select sleep(600)', { username: user.username, password })
      .catch(() => 'ended')
    await untilBusy(server, user.username)
    await users.drop(role, user).then(
      () => assert.fail('it was taken for done'),
      (error: Error) => assert.match(error.message, /ER_KILL_DENIED_ERROR/),
    )
    assert.deepEqual(await leasedUsers(server), [user.username])
    // Locked all the same.
    await assert.rejects(server.query('select 1', { username: user.username, password }))
    await server.query("grant connection admin on *.* to modest@'%'")
    await users.drop(role, user)
    await working
    assert.deepEqual(await leasedUsers(server), [])
  })
})
