import { defineAction } from '../../aws/action.ts'
import { afterToken, pageOf } from '../../aws/json-pages.ts'
import { flag, integer, optional, params } from '../../aws/params.ts'
import { Refusal } from '../../base/refusal.ts'
import type { DatabaseLease } from '../../store/database-leases.ts'
import { anywhere } from '../find-secret.ts'
import * as given from '../parameters.ts'
import type { DatabaseRoleDeps } from './deps.ts'
import { endLease } from './end-lease.ts'
import { leaseId, onLease, onRole, requireLease, requireRole, roleName } from './find-role.ts'
import { endOfSession, refuse, ttlSeconds } from './generate-database-credentials.ts'

/**
 * Lets a user of a database live longer, as far as the role lets them and no further than the session by which that is
 * asked. For whoever took the lease.
 *
 * @throws {Refusal} entity.missing, also for a lease of somebody else's | secret.state
 */
export const renewDatabaseLease = defineAction({
  name: 'RenewDatabaseLease',
  auth: 'signed',
  writes: true,
  input: params({ LeaseId: leaseId, TtlSeconds: ttlSeconds }),
  permission: ({ LeaseId }, deps: DatabaseRoleDeps) => onLease('RenewDatabaseLease', LeaseId, deps),
  recorded: ({ LeaseId }) => ({ leaseId: LeaseId }),
  async handle({ LeaseId, TtlSeconds }, deps, { caller }) {
    const lease = await requireLease(LeaseId, deps)
    if (caller.kind !== 'root' && caller.userId !== lease.holder) throw notTheirs()
    const nowMs = deps.clock()
    if (lease.state !== 'active' || lease.expiresAtMs <= nowMs) throw over()
    const role = await requireRole(lease.roleName, deps)
    const wantedMs = nowMs + (TtlSeconds ?? role.defaultSeconds) * 1000
    const expiresAtMs = Math.max(
      lease.expiresAtMs,
      Math.min(wantedMs, lease.maxExpiresAtMs, endOfSession(caller)),
    )
    // The database first: a row that promises more than the database keeps would be a lie.
    await deps.leaseUsers.extend(role, lease, expiresAtMs).catch(refuse)
    if (!(await deps.databaseLeases.activate(lease.id, expiresAtMs))) throw over()
    return wireLease({ ...lease, expiresAtMs })
  },
})

/**
 * Ends a lease: its user is dropped now, or as soon as the database can be asked.
 *
 * @throws {Refusal} entity.missing
 */
export const revokeDatabaseLease = defineAction({
  name: 'RevokeDatabaseLease',
  auth: 'signed',
  writes: true,
  input: params({ LeaseId: leaseId, ForgetWithoutDropping: optional(flag(), false) }),
  permission: ({ LeaseId }, deps: DatabaseRoleDeps) => onLease('RevokeDatabaseLease', LeaseId, deps),
  recorded: ({ LeaseId, ForgetWithoutDropping }) => ({ leaseId: LeaseId, forgotten: ForgetWithoutDropping }),
  async handle({ LeaseId, ForgetWithoutDropping }, deps) {
    const { state } = await requireLease(LeaseId, deps)
    if (ForgetWithoutDropping) {
      // For a database that is gone for good.
      await deps.databaseLeases.delete(LeaseId)
      return { LeaseId, Dropped: false }
    }
    await deps.databaseLeases.end(LeaseId, deps.clock())
    const lease = await deps.databaseLeases.find(LeaseId)
    // One that is beginning is dropped by whoever makes it, or when nobody can be at it any more.
    const isFree = lease !== undefined && (state === 'active' || lease.dueAtMs <= deps.clock())
    return { LeaseId, Dropped: lease === undefined || (isFree && (await endLease(lease, deps))) }
  },
})

export const listDatabaseLeases = defineAction({
  name: 'ListDatabaseLeases',
  auth: 'signed',
  input: params({
    Name: optional(roleName),
    MaxResults: optional(integer({ min: 1, max: 100 }), 100),
    NextToken: given.nextToken,
  }),
  permission: ({ Name }, deps: DatabaseRoleDeps) =>
    Name === undefined ? anywhere('ListDatabaseLeases') : onRole('ListDatabaseLeases', Name, deps),
  async handle({ Name, MaxResults: most, NextToken }, deps) {
    const found = await deps.databaseLeases.list({
      ...(Name === undefined ? {} : { roleName: Name }),
      after: afterToken(NextToken),
      most: most + 1,
    })
    const { items, wire } = pageOf(found, most, ({ id }) => id)
    return { DatabaseLeases: items.map(wireLease), ...wire }
  },
})

const wireStates = { beginning: 'Beginning', active: 'Active', ending: 'Ending' } as const

function wireLease(lease: DatabaseLease) {
  return {
    LeaseId: lease.id,
    DatabaseRole: lease.roleName,
    Username: lease.username,
    State: wireStates[lease.state],
    HolderArn: lease.holderArn,
    CreatedDate: lease.createdAtMs / 1000,
    ExpirationDate: lease.expiresAtMs / 1000,
    MaxExpirationDate: lease.maxExpiresAtMs / 1000,
    FailedDrops: lease.failures,
  }
}

/** As if there were none: a lease's id is no business of others. */
function notTheirs(): Refusal {
  return new Refusal('entity.missing', {
    said: { message: "Secrets Manager can't find the specified lease." },
  })
}

function over(): Refusal {
  return new Refusal('secret.state', { said: { message: 'The lease is over.' } })
}
