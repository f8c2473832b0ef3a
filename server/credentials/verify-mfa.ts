import { type Clock, toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import { createRateLimit } from '../http/rate-limit.ts'
import type { Keyring } from '../keys/keyring.ts'
import { openRecord } from '../keys/sealed-record.ts'
import type { MfaDevice, MfaDevices } from '../store/mfa-devices.ts'
import { findStep } from './totp.ts'

export type MfaVerifier = {
  /**
   * Answers when the code was shown, in seconds since the epoch.
   * @param userId whose device it must be
   * @throws {Refusal} mfa.invalid, whatever was wrong
   */
  verify(userId: string, serialNumber: string, code: string): Promise<number>
}

/** A million codes, three of them right: at this pace a guess takes years. */
const guesses = { burst: 6, perSecond: 1 / 15 }

export function createMfaVerifier(deps: {
  mfaDevices: Pick<MfaDevices, 'find' | 'takeStep'>
  keyring: Keyring
  clock: Clock
}): MfaVerifier {
  const limit = createRateLimit(guesses, deps.clock)
  return {
    async verify(userId, serialNumber, code) {
      const nowSeconds = toSeconds(deps.clock())
      const device = await deps.mfaDevices.find(serialNumber)
      if (device?.userId !== userId) throw invalid(`no device ${serialNumber} of ${userId}`)
      if (!limit.take(serialNumber)) throw invalid('too many wrong codes')
      const step = findStep(seedOf(deps.keyring, device), code, nowSeconds)
      if (step === undefined) throw invalid('a wrong code')
      // Seen over somebody's shoulder, a code must be worth nothing.
      if (!(await deps.mfaDevices.takeStep(serialNumber, step))) throw invalid('a code twice')
      limit.giveBack(serialNumber)
      return nowSeconds
    },
  }
}

/** @throws {Error} when it was sealed under a master key that is not ours any more */
export function seedOf(keyring: Keyring, { serialNumber, sealedSeed }: MfaDevice): Buffer {
  const seed = openRecord(keyring, 'secret-at-rest', sealedSeed, serialNumber)
  if (seed === undefined) throw new Error(`the seed of ${serialNumber} can't be opened`)
  return seed
}

function invalid(detail: string): Refusal {
  return new Refusal('mfa.invalid', { detail })
}
