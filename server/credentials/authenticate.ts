import { assumedRoleArn, roleArn, rootArn } from '../base/arn.ts'
import type { Caller } from '../base/caller.ts'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Session } from '../base/session.ts'
import type { RootAccessKey } from '../keys/key-files.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Roles } from '../store/roles.ts'
import { secretOf } from './mint.ts'
import { openSession } from './session-token.ts'
import { readSignature, type StatedSignature, type WireRequest } from './signed-request.ts'
import { verifySignature } from './verify-signature.ts'

export type AuthenticatorDeps = {
  keyring: Keyring
  rootAccessKey: RootAccessKey
  accountId: string
  roles: Pick<Roles, 'findById'>
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
  return {
    async authenticate(request, query, service) {
      const stated = readSignature(request, query)
      if (stated.service !== service) {
        const what = `the credential scope is for ${stated.service}, not for ${service}`
        throw new Refusal('signature.mismatch', { detail: what, said: { what } })
      }
      return stated.sessionToken === undefined
        ? authenticateRoot(deps, request, stated)
        : authenticateSession(deps, request, stated, stated.sessionToken)
    },
  }
}

function authenticateRoot(
  { rootAccessKey, accountId, clock }: AuthenticatorDeps,
  request: WireRequest,
  stated: StatedSignature,
): Caller {
  // Access key ids are public: this comparison has nothing to hide.
  if (stated.accessKeyId !== rootAccessKey.id) throw new Refusal('signature.keyUnknown')
  verifySignature(request, stated, rootAccessKey.secret, clock())
  return {
    kind: 'root',
    accountId,
    arn: rootArn(accountId),
    userId: accountId,
    accessKeyId: rootAccessKey.id,
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
  return callerOf(deps, session)
}

/** A session ends with its role, also when a role of the same name was made again. */
async function callerOf({ roles, accountId, demo }: AuthenticatorDeps, session: Session): Promise<Caller> {
  const role = await roles.findById(session.roleId)
  if (role === undefined) throw new Refusal('session.ended', { detail: `role ${session.roleId} is gone` })
  if ((session.demo || role.demo) && !demo) throw new Refusal('session.ended', { detail: 'the demo is off' })
  return {
    kind: 'session',
    accountId,
    arn: assumedRoleArn(accountId, role.name, session.name),
    userId: `${role.id}:${session.name}`,
    accessKeyId: session.accessKeyId,
    session,
    roleArn: roleArn(accountId, role.path, role.name),
    roleTags: role.tags,
  }
}
