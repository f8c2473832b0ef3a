import type { z } from 'zod'
import { parsePolicy } from '../policy/parse-policy.ts'
import { isRoleName } from './directory-settings.ts'
import { text } from './setting-kinds.ts'

/** The environment variables about guests, each by itself. */
export const guestSettings = {
  ROLECALL_GUEST_ROLE: text(isRoleName, 'not a role, expected its name or its ARN').optional(),
  ROLECALL_GUEST_POLICY: text(
    isPolicyText,
    'not a session policy, expected its document in JSON, of at most 2048 characters',
  ).optional(),
  ROLECALL_GUEST_SECONDS: wholeNumber(900, 43_200, 'seconds').default(3600),
  ROLECALL_GUESTS_PER_ADDRESS: wholeNumber(1, 10_000, 'guests a minute').default(10),
  ROLECALL_GUESTS_IN_ALL: wholeNumber(1, 1_000_000, 'guests a minute').default(600),
}

export type GuestConfig = Readonly<{
  /** A role's name, with its path where it has one, or its ARN. */
  role: string
  /** A session policy: it narrows the role further. */
  policy?: string | undefined
  /** How long their credentials last at most. */
  seconds: number
  perMinuteAndAddress: number
  perMinuteInAll: number
}>

/** Undefined where there are no guests. */
export function guestsOf(sound: z.output<z.ZodObject<typeof guestSettings>>): GuestConfig | undefined {
  const { ROLECALL_GUEST_ROLE: role } = sound
  if (role === undefined) return undefined
  return {
    role,
    policy: sound.ROLECALL_GUEST_POLICY,
    seconds: sound.ROLECALL_GUEST_SECONDS,
    perMinuteAndAddress: sound.ROLECALL_GUESTS_PER_ADDRESS,
    perMinuteInAll: sound.ROLECALL_GUESTS_IN_ALL,
  }
}

function isPolicyText(value: string): boolean {
  if (value.length > 2048) return false
  try {
    parsePolicy(value, 'session')
    return true
  } catch {
    return false
  }
}

function wholeNumber(least: number, most: number, of: string) {
  return text(
    value => /^\d{1,7}$/.test(value) && Number(value) >= least && Number(value) <= most,
    `not a number of ${of}, expected a whole one from ${least} to ${most}`,
  ).transform(Number)
}
