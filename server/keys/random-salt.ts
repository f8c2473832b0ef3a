import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(4096)
let at = pool.length

/**
 * Random bytes that are public once used, such as salts, drawn in bulk: a call to the system for each
 * costs more than all that is done with them. Bytes are handed out once and wiped from the pool. Not for
 * keys: those don't lie about in memory waiting.
 */
export function randomSalt(bytes: number): Buffer {
  if (at + bytes > pool.length) {
    randomFillSync(pool)
    at = 0
  }
  const salt = Buffer.from(pool.subarray(at, at + bytes))
  pool.fill(0, at, at + bytes)
  at += bytes
  return salt
}
