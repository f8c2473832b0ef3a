import { assumedRoleArn, federatedUserArn, roleArn, rootArn, userArn } from '../base/arn.ts'
import type { Caller, CallingUser, RootCaller } from '../base/caller.ts'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Session } from '../base/session.ts'
import type { RootAccessKey } from '../keys/key-files.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { LastUsed } from '../store/last-used.ts'
import type { Users } from '../store/users.ts'
import { createKeySecrets, type KeySecrets } from './key-secrets.ts'
import { secretOf } from './mint.ts'
import { type LiveDeps, requireLive } from './require-live.ts'
import { openSession } from './session-token.ts'
import { readSignature, type StatedSignature, type WireRequest } from './signed-request.ts'
import { verifySignature } from './verify-signature.ts'

export type AuthenticatorDeps = LiveDeps & {
  keyring: Keyring
  rootAccessKey: RootAccessKey
  accountId: string
  users: Pick<Users, 'findById'>
  lastUsed: Pick<LastUsed, 'note'>
  clock: Clock
  /** Whether sessions that a stand-in provider vouched for still count. */
  demo: boolean
}

export type Authenticator = {
  /**
   * Who signed this request for `service` (as in the credential scope). `query` is the decoded query.
   *
   * @throws {Refusal} signature.* | session.invalid | session.expired | session.ended
   */
  authenticate(request: WireRequest, query: ReadonlyMap<string, string>, service: string): Promise<Caller>
}

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const secrets = createKeySecrets(deps.keyring)
  return {
    async authenticate(request, query, service) {
      const stated = readSignature(request, query)
      if (stated.service !== service) {
        const what = `the credential scope is for ${stated.service}, not for ${service}`
        throw new Refusal('signature.mismatch', { detail: what, said: { what } })
      }
      if (stated.sessionToken !== undefined) {
        return authenticateSession(deps, request, stated, stated.sessionToken)
      }
      // Access key ids are public: this comparison has nothing to hide.
      if (stated.accessKeyId === deps.rootAccessKey.id) return authenticateRoot(deps, request, stated)
      return authenticateUser(deps, secrets, request, stated)
    },
  }
}

function authenticateRoot(
  { rootAccessKey, accountId, clock }: AuthenticatorDeps,
  request: WireRequest,
  stated: StatedSignature,
): Caller {
  verifySignature(request, stated, rootAccessKey.secret, clock())
  return rootCaller(accountId, rootAccessKey.id)
}

function rootCaller(accountId: string, accessKeyId: string): RootCaller {
  return { kind: 'root', accountId, arn: rootArn(accountId), userId: accountId, accessKeyId }
}

async function authenticateUser(
  deps: AuthenticatorDeps,
  secrets: KeySecrets,
  request: WireRequest,
  stated: StatedSignature,
): Promise<Caller> {
  const { accountId, clock, users, lastUsed } = deps
  // Strangers choose it: what is no key id is not worth asking a database that may choke on it.
  const isKeyId = /^AKIA[A-Z2-7]{16}$/.test(stated.accessKeyId)
  const key = isKeyId ? await deps.accessKeys.find(stated.accessKeyId) : undefined
  if (key === undefined) throw new Refusal('signature.keyUnknown')
  verifySignature(request, stated, secrets.open(key), clock())
  // After the signature: only who holds the secret may learn that the key is there.
  if (!key.active) throw new Refusal('signature.keyUnknown', { detail: `${key.id} is inactive` })
  const user = await findUser(users, key.userId, accountId)
  if (user === undefined) throw new Refusal('signature.keyUnknown', { detail: `user ${key.userId} is gone` })
  lastUsed.note(key.id, { atMs: clock(), service: stated.service, region: stated.region })
  return { kind: 'user', accountId, arn: user.arn, userId: user.id, accessKeyId: key.id, user }
}

async function findUser(
  users: AuthenticatorDeps['users'],
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

async function authenticateSession(
  deps: AuthenticatorDeps,
  request: WireRequest,
  stated: StatedSignature,
  token: string,
): Promise<Caller> {
  const opened = openSession(deps.keyring, token, stated.accessKeyId)
  if (opened === undefined) throw new Refusal('session.invalid')
  // The signature before the expiry: only who holds the secret may learn anything of the session.
  verifySignature(request, stated, secretOf(deps.keyring, opened), deps.clock())
  const { session } = opened
  if (session.expiresAtSeconds * 1000 <= deps.clock()) throw new Refusal('session.expired')
  if (session.demo && !deps.demo) throw new Refusal('session.ended', { detail: 'the demo is off' })
  await requireLive(deps, session)
  return callerOf(deps, session, stated)
}

/** A session ends with its role or its user, also when one of the same name was made again. */
async function callerOf(deps: AuthenticatorDeps, session: Session, stated: StatedSignature): Promise<Caller> {
  switch (session.kind) {
    case 'role':
      return roleCaller(deps, session, stated)
    case 'user': {
      const { accountId } = deps
      const { accessKeyId } = session
      if (session.principalId === accountId) return { ...rootCaller(accountId, accessKeyId), session }
      const user = await requireUser(deps, session)
      return { kind: 'user', accountId, arn: user.arn, userId: user.id, accessKeyId, user, session }
    }
    case 'federatedUser': {
      const { accountId } = deps
      const user = session.principalId === accountId ? undefined : await requireUser(deps, session)
      return {
        kind: 'federatedUser',
        accountId,
        arn: federatedUserArn(accountId, session.name),
        userId: `${accountId}:${session.name}`,
        accessKeyId: session.accessKeyId,
        session,
        ...(user === undefined ? {} : { user }),
      }
    }
  }
}

async function requireUser(
  { users, accountId }: AuthenticatorDeps,
  { principalId }: Session,
): Promise<CallingUser> {
  const user = await findUser(users, principalId, accountId)
  if (user === undefined) throw new Refusal('session.ended', { detail: `user ${principalId} is gone` })
  return user
}

async function roleCaller(
  { roles, accountId, demo, lastUsed, clock }: AuthenticatorDeps,
  session: Session,
  { service, region }: StatedSignature,
): Promise<Caller> {
  const role = await roles.findById(session.principalId)
  if (role === undefined)
    throw new Refusal('session.ended', { detail: `role ${session.principalId} is gone` })
  if (role.demo && !demo) throw new Refusal('session.ended', { detail: 'the demo is off' })
  lastUsed.note(role.id, { atMs: clock(), service, region })
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
