import { argon2Sync } from 'node:crypto'
import { getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'

/** Whose `message` is the worker's alone, and gone when the answer comes. */
export type HashAsked = {
  message: Uint8Array
  nonce: Uint8Array
  tagLength: number
  memory: number
  passes: number
  parallelism: number
}

/**
 * A tenth of what another thread has that wants the same core: log-ins take what is left, but go on where nothing is.
 *
 * @see sched(7), "The nice value"
 */
const nicer = 10
const nicest = 19

// Under Linux alone this is the calling thread's; elsewhere it would be the whole service's.
if (process.platform === 'linux') stepBack()

parentPort?.on('message', (asked: HashAsked) => {
  const hash = argon2Sync('argon2id', asked)
  asked.message.fill(0)
  parentPort?.postMessage(new Uint8Array(hash))
})

/** A sandbox may forbid it; then hashing is as urgent as all else, and as correct. */
function stepBack(): void {
  try {
    setPriority(Math.min(nicest, getPriority() + nicer))
  } catch {}
}
