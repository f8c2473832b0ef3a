import { databaseRoleArn } from '../../base/arn.ts'
import { newRequestId } from '../../base/ids.ts'
import type { DatabaseLease } from '../../store/database-leases.ts'
import { Unreachable } from '../databases/database-engine.ts'
import { RotationFailure } from '../rotation/rotator.ts'
import type { DatabaseRoleDeps } from './deps.ts'
import { graceMs } from './lease-users.ts'

const firstPauseMs = 10_000
const longestPauseMs = 600_000

/**
 * Drops a lease's user, unless somebody else is at it. What fails is tried again later, further and further apart.
 *
 * @param away places of servers that gave no answer: who finds another adds it, and nobody waits for those
 * @returns whether there is no such user any more
 */
export async function endLease(
  lease: DatabaseLease,
  deps: DatabaseRoleDeps,
  away = new Set<string>(),
): Promise<boolean> {
  const { databaseLeases, databaseRoles, leaseUsers, log, clock } = deps
  if (!(await databaseLeases.claim(lease, clock() + graceMs))) return false
  const { id, roleName, username, place, failures } = lease
  try {
    if (away.has(place)) throw new RotationFailure('its server gave no answer a moment ago')
    const role = await databaseRoles.find(roleName)
    if (role === undefined) throw new RotationFailure('its role is gone')
    await leaseUsers.drop(role, lease)
  } catch (error) {
    if (error instanceof Unreachable) away.add(place)
    const why = error instanceof RotationFailure ? error.message : Object(error).name
    log.warn({ leaseId: id, roleName, username, place, why }, 'a user of a database could not be dropped')
    await databaseLeases.postpone(id, clock() + Math.min(firstPauseMs * 2 ** failures, longestPauseMs))
    return false
  }
  await recordEnd(lease, deps)
  await databaseLeases.delete(id)
  return true
}

/** Before the row goes: nothing else says afterwards that there was such a user. */
async function recordEnd(
  { id, roleName, username, holderArn, expiresAtMs }: DatabaseLease,
  { audit, accountId, clock }: DatabaseRoleDeps,
): Promise<void> {
  const atMs = clock()
  await audit.record({
    atMs,
    event: 'DatabaseUserDropped',
    decision: 'allowed',
    requestId: newRequestId(atMs),
    sourceIp: 'rolecall.internal',
    resource: databaseRoleArn(accountId, roleName),
    detail: { leaseId: id, username, holder: holderArn, expired: atMs >= expiresAtMs },
  })
}
