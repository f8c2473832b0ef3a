/** Users who are made for a time, at real servers and many at once. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createDatabaseEngines } from '../../../server/secrets/databases/create-database-rotators.ts'
import { mostSessions } from '../../../server/secrets/databases/session-bounds.ts'
import { databaseKinds } from '../../support/database-kinds.ts'
import { leasedUsers, untilBusy } from '../../support/database-role.ts'
import { rulesFor, secretOf } from '../../support/database-server.ts'
import { databaseRoleOf, leaseUsersAt } from '../../support/lease-users.ts'

for (const { name, skip, start } of databaseKinds) {
  describe(name, { skip }, async () => {
    if (skip) return
    const server = await start()
    const place = `${server.host}:${server.port}`
    const role = databaseRoleOf(server)
    // Of nobody who breaks anything off: how long it takes is no question here.
    const { signal } = new AbortController()
    const inAnHour = Date.now() + 3_600_000

    test('a dozen are made at once, with rights on one table, and dropped at once', async () => {
      const users = leaseUsersAt(server)
      const names = Array.from({ length: 12 }, (_, n) => `rc_dozen_${n}`)
      await Promise.all(names.map(username => users.make(role, { username, place }, inAnHour)))
      assert.equal((await leasedUsers(server)).length, 12)
      await Promise.all(names.map(username => users.drop(role, { username, place })))
      assert.deepEqual(await leasedUsers(server), [])
    })

    test('where the master has become another server, nobody is made, extended or dropped', async () => {
      const user = { username: 'rc_elsewhere', place }
      let host = server.host
      const users = leaseUsersAt(server, () => secretOf({ ...server, host }, server.admin))
      await users.make(role, user, inAnHour)
      host = 'localhost'
      for (const act of [
        () => users.extend(role, user, inAnHour),
        () => users.drop(role, user),
        () => users.make(role, { ...user, username: 'rc_other' }, inAnHour),
      ]) {
        await assert.rejects(act, { name: 'RotationFailure', message: /about another server/ })
      }
      assert.deepEqual(await leasedUsers(server), ['rc_elsewhere'])
      host = server.host
      await users.extend(role, user, inAnHour)
      await users.drop(role, user)
    })

    test('who is to be dropped comes back no more, also before they are', async () => {
      const username = 'rc_locked'
      const { password } = await leaseUsersAt(server).make(role, { username, place }, inAnHour)
      const slow = server.kind === 'postgresql' ? 'select pg_sleep(600)' : 'select sleep(600) as slept'
      // MariaDB answers a query that sleeps when it is killed.
      const working = server.query(slow, { username, password }).catch(() => 'ended')
      await untilBusy(server, username)
      const engine = createDatabaseEngines(rulesFor(server)).get(server.kind)
      const master = await engine?.logIn({ ...server, ...server.admin, tls: true }, signal)
      await master?.shutOut(username)
      await working
      await assert.rejects(server.query('select 1', { username, password }))
      assert.deepEqual(await leasedUsers(server), [username])
      await master?.dropUser(username)
      await master?.close()
      assert.deepEqual(await leasedUsers(server), [])
    })

    test('as many as there are places among the connections do not wait for each other', async () => {
      const users = leaseUsersAt(server)
      const names = Array.from({ length: mostSessions + 4 }, (_, n) => `rc_place_${n}`)
      await Promise.all(names.map(username => users.make(role, { username, place }, inAnHour)))
      await Promise.all(names.map(username => users.drop(role, { username, place })))
    })
  })
}
