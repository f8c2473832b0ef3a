import type { Caller } from '../base/caller.ts'
import { Refusal } from '../base/refusal.ts'
import type { RootAccessKey } from '../keys/key-files.ts'
import type { Keyring } from '../keys/keyring.ts'
import { createKeySecrets, type KeySecrets } from './key-secrets.ts'
import { createKnownSessions, type KnownSessions } from './known-sessions.ts'
import {
  createSessionCallers,
  findCallingUser,
  rootCaller,
  type SessionCallerDeps,
  type SessionCallers,
} from './session-caller.ts'
import { readSignature, type StatedSignature, type WireRequest } from './signed-request.ts'
import { createSigningSecret, type SigningSecret } from './signing-secret.ts'
import { verifySignature } from './verify-signature.ts'

export type AuthenticatorDeps = SessionCallerDeps & { keyring: Keyring; rootAccessKey: RootAccessKey }

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
  const rootSecret = createSigningSecret(deps.rootAccessKey.secret)
  const sessions = createKnownSessions(deps.keyring)
  const callers = createSessionCallers(deps)
  return {
    async authenticate(request, query, service) {
      const stated = readSignature(request, query)
      if (stated.service !== service) {
        const what = `the credential scope is for ${stated.service}, not for ${service}`
        throw new Refusal('signature.mismatch', { detail: what, said: { what } })
      }
      if (stated.sessionToken !== undefined) {
        return authenticateSession(deps, sessions, callers, request, stated, stated.sessionToken)
      }
      // Access key ids are public: this comparison has nothing to hide.
      if (stated.accessKeyId === deps.rootAccessKey.id)
        return authenticateRoot(deps, rootSecret, request, stated)
      return authenticateUser(deps, secrets, request, stated)
    },
  }
}

function authenticateRoot(
  { rootAccessKey, accountId, clock }: AuthenticatorDeps,
  secret: SigningSecret,
  request: WireRequest,
  stated: StatedSignature,
): Caller {
  verifySignature(request, stated, secret, clock())
  return rootCaller(accountId, rootAccessKey.id)
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
  const user = await findCallingUser(users, key.userId, accountId)
  if (user === undefined) throw new Refusal('signature.keyUnknown', { detail: `user ${key.userId} is gone` })
  lastUsed.note(key.id, { atMs: clock(), service: stated.service, region: stated.region })
  return { kind: 'user', accountId, arn: user.arn, userId: user.id, accessKeyId: key.id, user }
}

async function authenticateSession(
  { clock }: AuthenticatorDeps,
  sessions: KnownSessions,
  callers: SessionCallers,
  request: WireRequest,
  stated: StatedSignature,
  token: string,
): Promise<Caller> {
  const opened = sessions.open(token, stated.accessKeyId)
  if (opened === undefined) throw new Refusal('session.invalid')
  const { session, secret } = opened
  // The signature before the expiry: only who holds the secret may learn anything of the session.
  verifySignature(request, stated, secret, clock())
  sessions.keep(opened)
  const caller = await callers.require(session)
  callers.noteUse(session, stated.service, stated.region)
  return caller
}
