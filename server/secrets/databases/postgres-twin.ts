import pg from 'pg'
import { RotationFailure } from '../rotation/rotator.ts'
import { inTransaction } from './postgres-turns.ts'
import { scramVerifier } from './scram-verifier.ts'

/**
 * Gives the other of two users that alternate a password, making them where they are not there.
 *
 * A user who happens to have the other's name may have any rights, and whoever holds the first one's password must not
 * come by those: so only one whose rights the first has anyway, or who carries our mark, which nobody can set who could
 * not set the password as well.
 *
 * @throws {RotationFailure}
 */
export async function changePostgresTwin(
  client: pg.Client,
  using: string,
  twin: string,
  password: string,
): Promise<void> {
  // Somebody else's operators in a schema before it would run with the master's rights.
  await client.query('set search_path = pg_catalog')
  const verifier = pg.escapeLiteral(scramVerifier(password))
  const [name, other] = [pg.escapeIdentifier(twin), pg.escapeIdentifier(using)]
  const mark = markOf(using)
  const { rows } = await client.query(
    `select pg_has_role($2, oid, 'member') as held, shobj_description(oid, 'pg_authid') = $3 as marked
       from pg_roles where rolname = $1`,
    [twin, using, mark],
  )
  const [there] = rows
  if (there === undefined) {
    await inTransaction(client, async () => {
      await client.query(`create role ${name} login password ${verifier}`)
      await client.query(`grant ${other} to ${name}`)
      await client.query(`comment on role ${name} is ${pg.escapeLiteral(mark)}`)
    })
    return
  }
  if (there.held !== true && there.marked !== true) {
    throw new RotationFailure(
      `the user ${JSON.stringify(twin)} was not made by a rotation of ${JSON.stringify(using)}, and may have other rights`,
    )
  }
  await client.query(`alter role ${name} password ${verifier}`)
}

/** The comment on a role that was made to alternate with another. */
export function markOf(using: string): string {
  return `Rolecall: alternates with ${JSON.stringify(using)}`
}
