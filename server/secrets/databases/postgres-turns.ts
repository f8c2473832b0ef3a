import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'

/** The lock by which those who make and drop users in a database take turns, on every node: "Role", "call". */
const turn = '1382837349, 1667329132'
/** Anybody who may log in can hold such a lock: it spares us collisions, and nothing relies on it. */
const longestWaitMs = 2_000
const mostTries = 6

/**
 * All or nothing, one at a time in this database: PostgreSQL lets only one of two succeed who grant or revoke on a thing
 * at the same time. Who collides all the same, with an administrator for one, tries again from the beginning.
 */
export async function inTurn(client: pg.Client, act: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await inTransaction(client, async () => {
        await waitForTurn(client)
        await act()
      })
    } catch (error) {
      if (tries === mostTries || !isCollision(error)) throw error
      await pause(Math.random() * 20 * 2 ** tries)
    }
  }
}

export async function inTransaction(client: pg.Client, act: () => Promise<void>): Promise<void> {
  // Whatever the database's default is: who waited must see what those before them did.
  await client.query('begin isolation level read committed read write')
  try {
    await act()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

async function waitForTurn(client: pg.Client): Promise<void> {
  await client.query('savepoint turn')
  try {
    await client.query(`set local lock_timeout = ${longestWaitMs}`)
    await client.query(`select pg_catalog.pg_advisory_xact_lock(${turn})`)
    await client.query('set local lock_timeout to default')
  } catch (error) {
    if (Object(error).code !== lockNotAvailable) throw error
    await client.query('rollback to savepoint turn')
  }
}

const lockNotAvailable = '55P03'
/** SQLSTATE serialization_failure and deadlock_detected. */
const collisions: readonly unknown[] = ['40001', '40P01']

/** Two changes of one row of the catalogue are an internal error, whose words are never translated. */
function isCollision(error: unknown): boolean {
  const { code, message } = Object(error)
  return collisions.includes(code) || (code === 'XX000' && /^tuple concurrently /.test(String(message)))
}
