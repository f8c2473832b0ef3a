import type { Caller } from '../base/caller.ts'
import { Refusal } from '../base/refusal.ts'
import type { MfaVerifier } from '../credentials/verify-mfa.ts'
import type { AskedFactor } from './gate.ts'

/**
 * When the second factor was shown; undefined when none was. Only a user's own key can be joined by one: temporary
 * credentials have theirs already, or have none.
 *
 * @throws {Refusal} mfa.invalid
 */
export async function requireFactor(
  mfa: MfaVerifier,
  caller: Caller,
  factor: AskedFactor | undefined,
): Promise<number | undefined> {
  if (factor === undefined) return undefined
  if (caller.kind !== 'user' || caller.session !== undefined) {
    throw new Refusal('mfa.invalid', { detail: `${caller.kind} has no device` })
  }
  return mfa.verify(caller.user.id, factor.serialNumber, factor.code)
}
