import { createHmac, timingSafeEqual } from 'node:crypto'

/** Seconds that one code is good for, and how many steps beside the present one are taken. */
const stepSeconds = 30
const tolerance = 1

/**
 * The step that a code is of; undefined when it is none of the present one's or its neighbours'. Whoever takes the
 * code must see to it that no step is taken twice.
 *
 * @param code six digits
 * @see RFC 6238 (TOTP: HMAC-SHA-1, 30 seconds); RFC 4226, section 5.3
 */
export function findStep(seed: Buffer, code: string, nowSeconds: number): number | undefined {
  const now = Math.floor(nowSeconds / stepSeconds)
  let found: number | undefined
  for (let step = now - tolerance; step <= now + tolerance; step++) {
    // Every step is compared, so that the time says nothing.
    if (isSame(codeAt(seed, step), code)) found = step
  }
  return found
}

/** Six digits. */
export function codeAt(seed: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', seed).update(counter).digest()
  const offset = (mac[mac.length - 1] ?? 0) & 0xf
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648, section 6, without padding: as authenticator apps take a seed. */
export function base32(bytes: Buffer): string {
  let [text, held, bits] = ['', 0, 0]
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31]
}
