/** The process is killed once a database has the new user, and before anybody is told of them. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { callSecretsManager } from '../support/call-secrets-manager.ts'
import { databaseKinds } from '../support/database-kinds.ts'
import { leasedUsers, readerOf } from '../support/database-role.ts'
import { type DatabaseServer, secretOf } from '../support/database-server.ts'
import { auditRowsIn, rootKeysIn, startRolecallProcess } from '../support/rolecall-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

/** Makes the user for everybody to see, and then takes its time. */
function slowly(server: DatabaseServer): string[] {
  const [create = ''] = readerOf(server)
  return server.kind === 'postgresql' ? [create, 'commit', 'select pg_sleep(9)'] : [create, 'do sleep(9)']
}

for (const { name, skip, start: startServer } of databaseKinds) {
  describe(name, { skip }, async () => {
    if (skip) return
    const server = await startServer()

    test('the user is dropped after the next start', async () => {
      const dataDir = join(temporaryFolder(), 'data')
      const env = { ROLECALL_DEMO: 'off', ROLECALL_DATABASE_CA_FILE: server.caFile }
      const dying = await startRolecallProcess(dataDir, env)
      const call = (action: string, input: object, port = dying.port) =>
        callSecretsManager(port, rootKeysIn(dataDir), action, input)
      const token = 'a'.repeat(32)
      const secret = {
        Name: 'master',
        ClientRequestToken: token,
        SecretString: secretOf(server, server.admin),
      }
      assert.equal((await call('CreateSecret', secret)).status, 200)
      const role = {
        Name: 'slow',
        Engine: server.kind,
        MasterSecretId: 'master',
        CreationStatements: slowly(server),
      }
      assert.equal((await call('PutDatabaseRole', role)).status, 200)

      const broken = call('GenerateDatabaseCredentials', { Name: 'slow' }).then(
        () => assert.fail('it was answered'),
        () => 'broken off',
      )
      await until(async () => (await leasedUsers(server)).length === 1)
      await dying.stop('SIGKILL')
      await broken
      const [username = ''] = await leasedUsers(server)
      assert.match(username, /^rc_slow_[a-z0-9]{16}$/)

      const next = await startRolecallProcess(dataDir, env)
      await until(async () => (await leasedUsers(server)).length === 0, 60_000)
      const isListed = async () =>
        ((await call('ListDatabaseLeases', {}, next.port)).body.DatabaseLeases as []).length > 0
      await until(async () => !(await isListed()))
      const told = auditRowsIn(dataDir).filter(row => String(row.detail).includes(username))
      assert.deepEqual(
        told.map(({ event }) => event),
        ['GenerateDatabaseCredentials', 'DatabaseUserDropped'],
      )
    })
  })
}
