/** How many connections secrets that fall due at once make. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DatabaseServer } from '../../support/database-server.ts'
import { createDueSecrets, outcomeOf } from '../../support/due-secrets.ts'
import { skipWithoutMariaDb, startMariaDb } from '../../support/mariadb.ts'
import { skipWithoutPostgresHere, startPostgresWithTls } from '../../support/postgres-with-tls.ts'
import { startRolecall } from '../../support/rolecall.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'

const dayMs = 86_400_000
const count = 40

async function rotateAll(server: DatabaseServer, atOnce: number) {
  const proxy = await startTcpProxy(server.port)
  const node = await startRolecall({
    ROLECALL_ROTATIONS_AT_ONCE: String(atOnce),
    ROLECALL_DATABASE_CA_FILE: server.caFile,
  })
  const { secrets, rotations } = node.rolecall.store
  const due = { count, port: proxy.port, dueAtMs: node.nowMs() + dayMs }
  const arns = await createDueSecrets({ as: node, secrets }, server, due)
  assert.equal(proxy.mostOpen(), 0, 'nothing is rotated before its time')
  node.advanceMs(dayMs)
  await until(
    async () => (await secrets.list({ most: count })).every(one => one.rotatedAtMs !== undefined),
    120_000,
  )
  const { rotatedOnce, working, changes } = await outcomeOf(node, server, arns, rotations.list)
  assert.deepEqual({ rotatedOnce, working, changes }, { rotatedOnce: count, working: count, changes: count })
  return proxy.mostOpen()
}

for (const [name, skip, start, atOnce, most] of [
  ['PostgreSQL', skipWithoutPostgresHere, startPostgresWithTls, 3, 3],
  ['PostgreSQL', skipWithoutPostgresHere, startPostgresWithTls, 40, 16],
  ['MariaDB', skipWithoutMariaDb, startMariaDb, 40, 16],
] as const) {
  describe(
    `${count} secrets of ${name} that fall due at once, ${atOnce} of them rotated at once`,
    { skip },
    () => {
      test(`make no more than ${most} connections to the database`, async () => {
        const reached = await rotateAll(await start(), atOnce)
        assert.ok(reached >= 1 && reached <= most, `${reached} were open at once`)
      })
    },
  )
}
