import { codeAt } from '../../server/credentials/totp.ts'
import { fromBase32 } from './base32.ts'

/** What an authenticator app shows. */
export function appCode(secret: string, nowMs: number): string {
  return codeAt(fromBase32(secret.replaceAll(' ', '')), Math.floor(nowMs / 30_000))
}
