import { createHmac, type KeyObject } from 'node:crypto'
import { newId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import type { Credentials, Session } from '../base/session.ts'
import type { Keyring } from '../keys/keyring.ts'
import { randomSalt } from '../keys/random-salt.ts'
import { maxTokenLength, type OpenedSession, sealSession } from './session-token.ts'

export type Minted = { session: Session; credentials: Credentials }

/**
 * Makes the three strings of a session. The caller lets them go only when their audit row is durable.
 *
 * @throws {Refusal} policy.packedTooLarge when policies and tags don't fit into a token
 */
export function mint(keyring: Keyring, asked: Omit<Session, 'accessKeyId'>): Minted {
  const session: Session = { ...asked, accessKeyId: newId('ASIA', randomSalt) }
  const sessionToken = sealSession(keyring, session)
  if (sessionToken.length > maxTokenLength) {
    throw new Refusal('policy.packedTooLarge', {
      said: { percent: String(Math.ceil((sessionToken.length / maxTokenLength) * 100)) },
    })
  }
  return {
    session,
    credentials: {
      accessKeyId: session.accessKeyId,
      secretAccessKey: deriveSecret(keyring.current('session-secret-key'), session.accessKeyId),
      sessionToken,
      expiresAtSeconds: session.expiresAtSeconds,
    },
  }
}

/** The secret access key of a genuine token, under the master key that sealed it; 40 characters. */
export function secretOf(keyring: Keyring, { keyId, session }: OpenedSession): string {
  const key = keyring.find('session-secret-key', keyId)
  if (key === undefined) throw new TypeError('a token was opened under a key that is not on the ring')
  return deriveSecret(key, session.accessKeyId)
}

function deriveSecret(key: KeyObject, accessKeyId: string): string {
  return createHmac('sha256', key).update(accessKeyId).digest().subarray(0, 30).toString('base64')
}
