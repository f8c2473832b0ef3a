import { randomInt, randomUUID } from 'node:crypto'
import { defineAction, type SignedCall } from '../../aws/action.ts'
import { integer, optional, params } from '../../aws/params.ts'
import type { Caller } from '../../base/caller.ts'
import { Refusal } from '../../base/refusal.ts'
import { eventFacts } from '../../base/request-facts.ts'
import type { DatabaseLease } from '../../store/database-leases.ts'
import type { DatabaseRole } from '../../store/database-roles.ts'
import { RotationFailure } from '../rotation/rotator.ts'
import type { DatabaseRoleDeps, TakenBy } from './deps.ts'
import { onRole, requireRole, roleName } from './find-role.ts'
import { beginMs, graceMs, type MadeUser } from './lease-users.ts'

export const ttlSeconds = optional(integer({ min: 60, max: 30 * 86_400 }))

/**
 * Makes a user in a database for a time, and hands out their password, once. The lease is written down before the user is
 * made, so that none is ever forgotten; and who got it is in the audit log before they do.
 *
 * @throws {Refusal} entity.missing | entity.limit | secret.state when the database did not do it
 */
export const generateDatabaseCredentials = defineAction({
  name: 'GenerateDatabaseCredentials',
  auth: 'signed',
  input: params({ Name: roleName, TtlSeconds: ttlSeconds }),
  permission: ({ Name }, deps: DatabaseRoleDeps) => onRole('GenerateDatabaseCredentials', Name, deps),
  async handle({ Name, TtlSeconds }, deps, call) {
    const role = await requireRole(Name, deps)
    const nowMs = deps.clock()
    const maxExpiresAtMs = nowMs + role.maxSeconds * 1000
    const expiresAtMs = Math.min(
      nowMs + (TtlSeconds ?? role.defaultSeconds) * 1000,
      maxExpiresAtMs,
      endOfSession(call.caller),
    )
    const lease: DatabaseLease = {
      id: randomUUID(),
      roleName: role.name,
      username: userNameFor(role),
      place: await deps.leaseUsers.placeOf(role).catch(refuse),
      state: 'beginning',
      holder: call.caller.userId,
      holderArn: call.caller.arn,
      session: JSON.stringify(takenBy(call.caller, nowMs)),
      createdAtMs: nowMs,
      expiresAtMs,
      maxExpiresAtMs,
      dueAtMs: nowMs + graceMs,
      failures: 0,
    }
    await deps.databaseLeases.begin(lease, role.mostLeases)
    const made = await make(role, lease, deps, call)
    return wireCredentials(lease, made)
  },
})

async function make(
  role: DatabaseRole,
  lease: DatabaseLease,
  deps: DatabaseRoleDeps,
  { caller, facts }: SignedCall,
): Promise<MadeUser> {
  const { id, username, expiresAtMs } = lease
  try {
    // INVARIANT: no password leaves before this row is durable.
    await deps.audit.record({
      ...eventFacts(facts),
      event: 'GenerateDatabaseCredentials',
      decision: 'allowed',
      callerArn: caller.arn,
      callerAccessKeyId: caller.accessKeyId,
      resource: onRole('', role.name, deps).resource,
      expiresAtMs,
      detail: { leaseId: id, username },
    })
    if (deps.clock() > lease.createdAtMs + beginMs) throw new RotationFailure('it took too long to begin')
    const made = await deps.leaseUsers.make(role, lease, expiresAtMs)
    if (await deps.databaseLeases.activate(id, expiresAtMs)) return made
    await deps.leaseUsers.drop(role, lease)
    throw new RotationFailure('the lease was revoked while its user was made')
  } catch (error) {
    await abandon(lease, deps)
    return refuse(error)
  }
}

/** Not due before its time: the server may still be at what we gave up. */
async function abandon(lease: DatabaseLease, { databaseLeases, clock }: DatabaseRoleDeps): Promise<void> {
  if (await databaseLeases.end(lease.id, clock())) return
  // Somebody looked for the user before they were made, and took them for gone.
  const again = { ...lease, state: 'ending', dueAtMs: clock() + graceMs } as const
  await databaseLeases.begin(again, Number.POSITIVE_INFINITY)
}

/** A caller learns that it failed; which host it was, and why, is for the log. */
export function refuse(error: unknown): never {
  if (!(error instanceof RotationFailure)) throw error
  const message = 'The database did not do it, or could not be asked. The service’s log says why.'
  throw new Refusal('secret.state', { said: { message }, detail: error.message })
}

/** What was got by a session never outlives it. */
export function endOfSession({ session }: Caller): number {
  return session === undefined ? Number.POSITIVE_INFINITY : session.expiresAtSeconds * 1000
}

function takenBy(caller: Caller, nowMs: number): TakenBy {
  if (caller.session !== undefined) {
    const { accessKeyId, principalId, issuedAtSeconds, ancestors, demo, person } = caller.session
    return { accessKeyId, principalId, issuedAtSeconds, ancestors, demo, ...(person && { person }) }
  }
  // By a long-term key: as if by a session that was got by it, it ends with the key.
  const { accessKeyId, userId: principalId } = caller
  const issuedAtSeconds = Math.floor(nowMs / 1000)
  const ancestor = { accessKeyId, principalId, issuedAtSeconds }
  return { ...ancestor, ancestors: [ancestor], demo: false }
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Readable in a database's list of users, of letters that no language has to quote, and of 32 at most. */
function userNameFor({ name }: DatabaseRole): string {
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 12)
  const random = Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join('')
  return `rc_${readable}_${random}`
}

function wireCredentials(lease: DatabaseLease, { password, place }: MadeUser) {
  return {
    LeaseId: lease.id,
    Username: lease.username,
    Password: password,
    Engine: place.engine,
    Host: place.host,
    Port: place.port,
    DatabaseName: place.dbname,
    ExpirationDate: lease.expiresAtMs / 1000,
    MaxExpirationDate: lease.maxExpiresAtMs / 1000,
  }
}
