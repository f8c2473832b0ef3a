import { secretArn } from '../../base/arn.ts'
import type { DatabaseLease } from '../../store/database-leases.ts'
import type { DatabaseRole } from '../../store/database-roles.ts'
import type { Secrets } from '../../store/secrets.ts'
import type { DatabaseEngine, DatabaseSession } from '../databases/database-engine.ts'
import { type DatabaseSecret, readDatabaseSecret } from '../databases/database-secret.ts'
import { cachingSha2Hash } from '../databases/mysql-password.ts'
import { newPassword } from '../databases/new-password.ts'
import { RotationFailure } from '../rotation/rotator.ts'
import { current } from '../stages.ts'
import type { Vault } from '../vault.ts'
import { fill, writeExpiration } from './statement-templates.ts'

export type LeaseUsersDeps = {
  secrets: Pick<Secrets, 'find' | 'findVersion'>
  vault: Pick<Vault, 'open'>
  engines: ReadonlyMap<string, DatabaseEngine>
}

/** Longest that making, changing or dropping a user may take. */
export const mostMs = 20_000
/** After which nobody can be making a user any more: also no server, which bounds a statement by itself. */
export const graceMs = 45_000
/** Who has not begun to make a user by then, of that time, makes none: a server may take ten seconds for what we gave up. */
export const beginMs = graceMs - mostMs - 10_000

/** Who is meant: the name says nothing at any other server. */
export type LeaseUser = Pick<DatabaseLease, 'username' | 'place'>

/** What there is to know of a user who was made. */
export type MadeUser = { password: string; place: DatabaseSecret }

/** Whoever makes, changes and drops users in databases by the rights of a role's master. */
export function createLeaseUsers(deps: LeaseUsersDeps) {
  const engineOf = ({ engine }: DatabaseRole): DatabaseEngine => {
    const found = deps.engines.get(engine)
    if (found === undefined) throw new RotationFailure('there is no such kind of database')
    return found
  }
  const asMaster = async <T>(
    role: DatabaseRole,
    { place }: LeaseUser,
    act: (session: DatabaseSession, master: DatabaseSecret) => Promise<T>,
    signal = AbortSignal.timeout(mostMs),
  ): Promise<T> => {
    const master = await readMaster(role, engineOf(role), deps)
    // It may have been given another value since the lease began.
    if (writePlace(master) !== place) {
      throw new RotationFailure(`the master secret is about another server than ${place}, where the user is`)
    }
    const session = await engineOf(role).logIn(master, signal)
    if (session === undefined) throw new RotationFailure('the master secret is refused by the database')
    try {
      return await act(session, master)
    } finally {
      await session.close()
    }
  }
  return {
    /** Where users are made. @throws {RotationFailure} */
    async placeOf(role: DatabaseRole): Promise<string> {
      return writePlace(await readMaster(role, engineOf(role), deps))
    },
    /** @throws {RotationFailure} */
    async make(role: DatabaseRole, user: LeaseUser, expiresAtMs: number): Promise<MadeUser> {
      const { username } = user
      const signal = AbortSignal.timeout(mostMs)
      const password = newPassword()
      const filling = fillingOf(engineOf(role), username, password, expiresAtMs)
      const making = async (session: DatabaseSession, master: DatabaseSecret) => {
        await session.run(fill(role.statements.creation, filling))
        await session.setExpiration(username, filling.expiration)
        return master
      }
      // The master's session is over by the time when the user's begins.
      const place = await asMaster(role, user, making, signal)
      const tried = await engineOf(role).logIn({ ...place, username, password }, signal)
      await tried?.close()
      if (tried === undefined) {
        throw new RotationFailure('the database refuses who was made by the creation statements')
      }
      return { password, place }
    },
    /** @throws {RotationFailure} */
    extend: (role: DatabaseRole, user: LeaseUser, expiresAtMs: number): Promise<void> =>
      asMaster(role, user, async session => {
        const filling = { name: user.username, expiration: writeExpiration(expiresAtMs) }
        await session.run(fill(role.statements.renewal, filling))
        await session.setExpiration(user.username, filling.expiration)
      }),
    /** Nothing to do where there is no such user. @throws {RotationFailure} unless there is none afterwards */
    drop: (role: DatabaseRole, user: LeaseUser): Promise<void> =>
      asMaster(role, user, async session => {
        const { username } = user
        if (!(await session.hasUser(username))) return
        await session.shutOut(username)
        const { revocation } = role.statements
        if (revocation.length === 0) await session.dropUser(username)
        else await session.run(fill(revocation, { name: username, expiration: writeExpiration(0) }))
        if (await session.hasUser(username)) {
          throw new RotationFailure('the user is still there after the revocation statements')
        }
      }),
  }
}

export type LeaseUsers = ReturnType<typeof createLeaseUsers>

function fillingOf(engine: DatabaseEngine, name: string, password: string, expiresAtMs: number) {
  return {
    name,
    password: engine.passwordText(password),
    caching_sha2_password: `0x${cachingSha2Hash(password).toString('hex')}`,
    expiration: writeExpiration(expiresAtMs),
  }
}

async function readMaster(
  { masterSecretId: id }: DatabaseRole,
  engine: DatabaseEngine,
  { secrets, vault }: LeaseUsersDeps,
): Promise<DatabaseSecret> {
  const secret = await secrets.find(id)
  const at = secret?.deletedAtMs === undefined ? secret?.stages[current] : undefined
  const version = at === undefined ? undefined : await secrets.findVersion(id, at)
  if (version === undefined) throw new RotationFailure('the master secret is gone, or has no value')
  const { kind, bytes } = await vault.open(id, version)
  if (kind !== 'string') throw new RotationFailure('the master secret is bytes and no text')
  return readDatabaseSecret(bytes.toString('utf8'), engine, 'master')
}

function writePlace({ host, port }: DatabaseSecret): string {
  return `${host}:${port}`
}

export function masterArnOf({ masterSecretId }: DatabaseRole, accountId: string): string {
  return secretArn(accountId, masterSecretId)
}
