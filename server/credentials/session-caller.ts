import { assumedRoleArn, federatedUserArn, roleArn, rootArn, userArn } from '../base/arn.ts'
import type { Caller, CallingUser, RootCaller } from '../base/caller.ts'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Session } from '../base/session.ts'
import type { LastUsed } from '../store/last-used.ts'
import type { Users } from '../store/users.ts'
import { type LiveDeps, requireLive } from './require-live.ts'

export type SessionCallerDeps = LiveDeps & {
  accountId: string
  users: Pick<Users, 'findById'>
  lastUsed: Pick<LastUsed, 'note'>
  clock: Clock
  /** Whether sessions that a stand-in provider vouched for still count. */
  demo: boolean
}

export type SessionCallers = {
  /**
   * Whom a genuine session makes of whoever has it, now. A session ends with its role or its user, also when one of the
   * same name was made again.
   *
   * @throws {Refusal} session.expired | session.ended
   */
  require(session: Session): Promise<Caller>
  /** That its role was used, for what is told of last uses. */
  noteUse(session: Session, service: string, region: string): void
}

export function createSessionCallers(deps: SessionCallerDeps): SessionCallers {
  return {
    async require(session) {
      if (session.expiresAtSeconds * 1000 <= deps.clock()) throw new Refusal('session.expired')
      if (session.demo && !deps.demo) throw new Refusal('session.ended', { detail: 'the demo is off' })
      await requireLive(deps, session)
      return callerOf(deps, session)
    },
    noteUse({ kind, principalId }, service, region) {
      if (kind === 'role') deps.lastUsed.note(principalId, { atMs: deps.clock(), service, region })
    },
  }
}

export function rootCaller(accountId: string, accessKeyId: string): RootCaller {
  return { kind: 'root', accountId, arn: rootArn(accountId), userId: accountId, accessKeyId }
}

export async function findCallingUser(
  users: SessionCallerDeps['users'],
  id: string,
  accountId: string,
): Promise<CallingUser | undefined> {
  const user = await users.findById(id)
  if (user === undefined) return undefined
  const { name, path, tags, boundaryId } = user
  return {
    id,
    name,
    arn: userArn(accountId, path, name),
    tags,
    ...(boundaryId === undefined ? {} : { boundaryId }),
  }
}

async function callerOf(deps: SessionCallerDeps, session: Session): Promise<Caller> {
  const { accountId } = deps
  const { accessKeyId, principalId } = session
  switch (session.kind) {
    case 'role':
      return roleCaller(deps, session)
    case 'user': {
      if (principalId === accountId) return { ...rootCaller(accountId, accessKeyId), session }
      const user = await requireUser(deps, session)
      return { kind: 'user', accountId, arn: user.arn, userId: user.id, accessKeyId, user, session }
    }
    case 'federatedUser': {
      const user = principalId === accountId ? undefined : await requireUser(deps, session)
      return {
        kind: 'federatedUser',
        accountId,
        arn: federatedUserArn(accountId, session.name),
        userId: `${accountId}:${session.name}`,
        accessKeyId,
        session,
        ...(user === undefined ? {} : { user }),
      }
    }
  }
}

async function requireUser(
  { users, accountId }: SessionCallerDeps,
  { principalId }: Session,
): Promise<CallingUser> {
  const user = await findCallingUser(users, principalId, accountId)
  if (user === undefined) throw new Refusal('session.ended', { detail: `user ${principalId} is gone` })
  return user
}

async function roleCaller({ roles, accountId, demo }: SessionCallerDeps, session: Session): Promise<Caller> {
  const role = await roles.findById(session.principalId)
  if (role === undefined)
    throw new Refusal('session.ended', { detail: `role ${session.principalId} is gone` })
  if (role.demo && !demo) throw new Refusal('session.ended', { detail: 'the demo is off' })
  return {
    kind: 'session',
    accountId,
    arn: assumedRoleArn(accountId, role.name, session.name),
    userId: `${role.id}:${session.name}`,
    accessKeyId: session.accessKeyId,
    session,
    roleArn: roleArn(accountId, role.path, role.name),
    roleTags: role.tags,
    ...(role.boundaryId === undefined ? {} : { roleBoundaryId: role.boundaryId }),
  }
}
