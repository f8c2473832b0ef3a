import type { DirectoryEntry } from './entry.ts'
import type { DirectorySettings } from './settings.ts'

/** Why somebody may not sign in, whatever their password. */
export type AccountState = 'active' | 'disabled' | 'expired' | 'locked' | 'passwordMustChange'

/** @see [MS-ADTS] section 2.2.16, userAccountControl */
const accountDisabled = 0x0002
/** @see [MS-ADTS] section 2.2.16 and the computed attribute msDS-User-Account-Control-Computed */
const lockedOut = 0x0010
const passwordExpired = 0x80_0000

/**
 * What the entry itself says of the account. A directory says more when somebody binds; this is asked as well, since not
 * every server checks everything at a bind, and it is all there is to look at later, when there is no password.
 */
export function accountState(
  entry: DirectoryEntry,
  kind: DirectorySettings['kind'],
  nowMs: number,
): AccountState {
  return kind === 'ad' ? adState(entry, nowMs) : ldapState(entry, nowMs)
}

function adState(entry: DirectoryEntry, nowMs: number): AccountState {
  const control = Number(entry.one('userAccountControl') ?? accountDisabled)
  const computed = Number(entry.one('msDS-User-Account-Control-Computed') ?? 0)
  if (control & accountDisabled) return 'disabled'
  if (isPast(entry.one('accountExpires'), nowMs)) return 'expired'
  // Before a lock, which is anybody's to set: it must not hide what their administrator did.
  if (computed & passwordExpired || entry.one('pwdLastSet') === '0') return 'passwordMustChange'
  if (computed & lockedOut) return 'locked'
  return 'active'
}

/** In 100 ns since 1601; 0 and the largest number mean never. @see [MS-ADA1] accountExpires */
function isPast(fileTime: string | undefined, nowMs: number): boolean {
  if (fileTime === undefined || !/^\d{1,19}$/.test(fileTime)) return false
  const ticks = BigInt(fileTime)
  if (ticks === 0n || ticks === 0x7fff_ffff_ffff_ffffn) return false
  return Number(ticks / 10_000n) - 11_644_473_600_000 <= nowMs
}

/** `20260301120000Z`; minutes and seconds may be left out, and the zone be another. @see RFC 4517, section 3.3.13 */
function generalizedTime(text: string | undefined): number | undefined {
  const [, ...parts] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:(\d\d))?)?(?:[.,]\d+)?(?:Z|([+-]\d\d)(\d\d)?)$/.exec(text ?? '') ??
    []
  if (parts.length === 0) return undefined
  const [year, month, day, hour, minute = '00', second = '00', zone = '+00', zoneMinutes = '00'] = parts
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}:${zoneMinutes}`)
}

/** @see draft-behera-ldap-password-policy-11, sections 5.3.3, 5.3.4 and 5.3.6; 389 Directory Server, nsAccountLock */
function ldapState(entry: DirectoryEntry, nowMs: number): AccountState {
  if (entry.one('nsAccountLock')?.toLowerCase() === 'true') return 'disabled'
  const end = generalizedTime(entry.one('pwdEndTime'))
  if (end !== undefined && end <= nowMs) return 'expired'
  // The operator's lock for good; any other time is the server's to judge, at the bind.
  if (entry.one('pwdAccountLockedTime') === '000001010000Z') return 'disabled'
  if (entry.one('pwdReset')?.toUpperCase() === 'TRUE') return 'passwordMustChange'
  return 'active'
}
