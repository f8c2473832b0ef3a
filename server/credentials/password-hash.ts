import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { Refusal } from '../base/refusal.ts'

const derive = promisify(argon2)

/** Memory in KiB. @see OWASP Password Storage Cheat Sheet, Argon2id */
const memory = 19_456
const passes = 2
const saltBytes = 16
const hashBytes = 32
const form = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/-]+)\$([\w+/-]+)$/

/**
 * `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`, base64 without padding: the parameters stand beside the hash, so that they
 * can be raised.
 *
 * @throws {Refusal} request.throttled
 * @see RFC 9106; https://github.com/P-H-C/phc-string-format
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  const hash = await stretch(password, salt, { memory, passes, parallelism: 1 }, hashBytes)
  return `$argon2id$v=19$m=${memory},t=${passes},p=1$${bare(salt)}$${bare(hash)}`
}

/** @throws {Refusal} request.throttled */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, m, t, p, salt = '', hash = ''] = form.exec(stored) ?? []
  if (m === undefined) throw new Error('a stored password hash is not readable')
  const expected = Buffer.from(hash, 'base64')
  const cost = { memory: Number(m), passes: Number(t), parallelism: Number(p) }
  return timingSafeEqual(
    await stretch(password, Buffer.from(salt, 'base64'), cost, expected.length),
    expected,
  )
}

/** Whether a password's hash is weaker than one that would be made now: it is made anew at the next log-in. */
export function isOutdatedHash(stored: string): boolean {
  const [, m = 0, t = 0] = form.exec(stored) ?? []
  return Number(m) < memory || Number(t) < passes
}

/**
 * Each takes 19 MiB, a core, and a thread that disk and DNS also want: no more than two at once, with a core left for
 * everything else, and few that wait.
 */
const mostAtOnce = Math.max(1, Math.min(2, availableParallelism() - 1))
const mostWaiting = 50
let running = 0
const waiting: (() => void)[] = []

async function stretch(
  password: string,
  salt: Buffer,
  cost: { memory: number; passes: number; parallelism: number },
  length: number,
): Promise<Buffer> {
  if (running >= mostAtOnce) {
    if (waiting.length >= mostWaiting) throw new Refusal('request.throttled')
    await new Promise<void>(resolve => waiting.push(resolve))
  } else running++
  try {
    const message = password.normalize('NFKC')
    return await derive('argon2id', { message, nonce: salt, tagLength: length, ...cost })
  } finally {
    const next = waiting.shift()
    // Whoever waited takes over the place.
    if (next === undefined) running--
    else next()
  }
}

function bare(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
