/** Clients that fetch a secret and log in all the time, while it is rotated. `npm run bench -- rotation` does more of it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { databaseKinds } from '../support/database-kinds.ts'
import { startRolecall } from '../support/rolecall.ts'
import { loadRotations } from '../support/rotation-load.ts'

const secrets = (await startRolecall()).secrets()

for (const { name, skip, start } of databaseKinds) {
  describe(name, { skip }, async () => {
    if (skip) return
    const server = await start()

    test('with alternating users not one log-in fails', async () => {
      const load = { strategy: 'alternating-users', clients: 12, rotations: 3 } as const
      const { logins, failed, windows } = await loadRotations(secrets, server, load)
      assert.equal(failed, 0)
      assert.equal(windows.length, 3)
      assert.ok(logins >= 12 * 4)
    })

    test('with a single user some fail in the window, none beside it, and one retry afterwards heals each', async () => {
      const load = { strategy: 'single-user', clients: 12, rotations: 2 } as const
      const { logins, outsideWindows, unhealed, windows } = await loadRotations(secrets, server, load)
      assert.deepEqual({ outsideWindows, unhealed }, { outsideWindows: 0, unhealed: 0 })
      assert.equal(windows.length, 2)
      assert.ok(logins >= 12 * 3)
    })
  })
}
