import { createRecent } from '../base/recent.ts'
import type { Session } from '../base/session.ts'
import type { Keyring } from '../keys/keyring.ts'
import { secretOf } from './mint.ts'
import { openSession } from './session-token.ts'
import { createSigningSecret, type SigningSecret } from './signing-secret.ts'

/** A genuine session, and what verifies its holder's signatures. Whether it still stands is another question. */
export type KnownSession = { token: string; session: Session; secret: SigningSecret }

/**
 * Sessions by their tokens. What a token says never changes, so that those in use need not be opened for each request.
 * What is kept decides nothing that the token alone would not: each process could do without.
 */
export type KnownSessions = {
  /** The session within a token; undefined when it was not sealed by us, for this access key id. */
  open(token: string, accessKeyId: string): KnownSession | undefined
  /** Remembers one whose holder has signed with its secret: a stranger's request never pushes another's out. */
  keep(known: KnownSession): void
}

/** Characters of tokens, of each of two generations: some 5,000 sessions of the usual length. */
const mostCharacters = 4 * 1024 * 1024

export function createKnownSessions(keyring: Keyring, most: number = mostCharacters): KnownSessions {
  // By access key id: a token is long to hash.
  const recent = createRecent<KnownSession>(most, ({ token }) => token.length)
  return {
    open(token, accessKeyId) {
      const known = recent.find(accessKeyId)
      if (known?.token === token) return known
      const opened = openSession(keyring, token, accessKeyId)
      if (opened === undefined) return undefined
      return { token, session: opened.session, secret: createSigningSecret(secretOf(keyring, opened)) }
    },
    keep: known => recent.keep(known.session.accessKeyId, known),
  }
}
