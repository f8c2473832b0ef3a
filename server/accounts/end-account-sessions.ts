import { toSeconds } from '../base/clock.ts'
import { longestSessionMs, personKey } from '../store/revocations.ts'
import type { AccountDeps } from './deps.ts'

/**
 * Ends what an account was given up to now: browser sessions, credentials, and ID tokens, on every node; and what the
 * identities of pools were given that it is a login of, since whoever had its password could have come by them. Times
 * in sessions are whole seconds, so that it waits for this one to be over: what is given after it is newer, for certain.
 *
 * @param keptIdHash the browser session that goes on; its holder signs it anew
 */
export async function endAccountSessions(
  {
    revocations,
    webSessions,
    alsoKnownAs,
    issuer,
    clock,
  }: Pick<AccountDeps, 'revocations' | 'webSessions' | 'alsoKnownAs' | 'issuer' | 'clock'>,
  subject: string,
  keptIdHash?: string,
): Promise<void> {
  const nowMs = clock()
  const own = { issuer, subject }
  const person = personKey(own)
  const until = { untilSeconds: toSeconds(nowMs), expiresAtMs: nowMs + longestSessionMs }
  await revocations.add({ kind: 'person', subject: person, ...until })
  // After the account's own, so that its ID tokens open no pool meanwhile.
  for (const one of await alsoKnownAs(own))
    await revocations.add({ kind: 'person', subject: personKey(one), ...until })
  await webSessions.deleteOthers(person, keptIdHash)
  await new Promise(resolve => setTimeout(resolve, 1_001 - (nowMs % 1_000)))
}
