import { randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { Refusal } from '../base/refusal.ts'
import { type HashingThread, startHashingThread } from './hashing-thread.ts'
import type { HashAsked } from './hashing-worker.ts'

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

/** Each takes 19 MiB and a core: no more than two at once, with a core left for everything else, and few that wait. */
export const mostHashesAtOnce = Math.max(1, Math.min(2, availableParallelism() - 1))
const mostWaiting = 50
let running = 0
const waiting: (() => void)[] = []
/** Started at the first need, and kept: a start takes longer than a hash. */
const idle: HashingThread[] = []

async function stretch(
  password: string,
  salt: Buffer,
  cost: { memory: number; passes: number; parallelism: number },
  length: number,
): Promise<Uint8Array> {
  if (running >= mostHashesAtOnce) {
    if (waiting.length >= mostWaiting) throw new Refusal('request.throttled')
    await new Promise<void>(resolve => waiting.push(resolve))
  } else running++
  const [atMs, loop] = [performance.now(), performance.eventLoopUtilization()]
  try {
    // Buffers of their own: of one out of Node's pool, the whole pool would be sent along.
    const message = new TextEncoder().encode(password.normalize('NFKC'))
    return await hashInThread({ message, nonce: new Uint8Array(salt), tagLength: length, ...cost })
  } finally {
    const { utilization } = performance.eventLoopUtilization(loop)
    const restMs = restAfter(performance.now() - atMs, utilization)
    if (restMs === 0) giveUpPlace()
    else setTimeout(giveUpPlace, restMs)
  }
}

const longestRestMs = 500

/**
 * For how long a place stays empty after a hash. However little a thread's priority, what it hashes pushes everybody else's
 * out of the processor's caches: where the service had no moment to itself meanwhile, hashing takes half of the time.
 *
 * @param utilization of the event loop while it was hashed, 0 to 1
 */
export function restAfter(tookMs: number, utilization: number): number {
  return utilization < 0.9 ? 0 : Math.min(tookMs, longestRestMs)
}

function giveUpPlace(): void {
  const next = waiting.shift()
  // Whoever waited takes over the place.
  if (next === undefined) running--
  else next()
}

async function hashInThread(asked: HashAsked): Promise<Uint8Array> {
  const thread = takeIdle() ?? startHashingThread()
  try {
    return await thread.hash(asked)
  } finally {
    if (thread.alive()) idle.push(thread)
  }
}

/** One may have died meanwhile. */
function takeIdle(): HashingThread | undefined {
  const thread = idle.pop()
  return thread === undefined || thread.alive() ? thread : takeIdle()
}

function bare(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
