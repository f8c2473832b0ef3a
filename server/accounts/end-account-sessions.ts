import { toSeconds } from '../base/clock.ts'
import { longestSessionMs, personKey } from '../store/revocations.ts'
import type { AccountDeps } from './deps.ts'

/**
 * Ends what an account was given up to now: browser sessions, credentials, and ID tokens, on every node. Times in
 * sessions are whole seconds, so that it waits for this one to be over: what is given after it is newer, for certain.
 *
 * @param keptIdHash the browser session that goes on; its holder signs it anew
 */
export async function endAccountSessions(
  {
    revocations,
    webSessions,
    issuer,
    clock,
  }: Pick<AccountDeps, 'revocations' | 'webSessions' | 'issuer' | 'clock'>,
  subject: string,
  keptIdHash?: string,
): Promise<void> {
  const nowMs = clock()
  const person = personKey({ issuer, subject })
  await revocations.add({
    kind: 'person',
    subject: person,
    untilSeconds: toSeconds(nowMs),
    expiresAtMs: nowMs + longestSessionMs,
  })
  await webSessions.deleteOthers(person, keptIdHash)
  await new Promise(resolve => setTimeout(resolve, 1_001 - (nowMs % 1_000)))
}
