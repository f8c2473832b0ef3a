import { Worker } from 'node:worker_threads'
import { Refusal } from '../base/refusal.ts'
import type { HashAsked } from './hashing-worker.ts'

export type HashingThread = {
  /**
   * One call at a time. The bytes of the message are handed over.
   * @throws {Refusal} request.throttled when the thread ends meanwhile
   */
  hash(asked: HashAsked): Promise<Uint8Array>
  /** False once it has died: another must be started. */
  alive(): boolean
}

const options = {
  // It needs no more than to load its few lines; what Argon2 takes is not of the heap.
  resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  // Not those of the process, some of which a thread can't start with.
  execArgv: [],
}

/** A thread that hashes and does nothing else. It keeps no process from ending while it has nothing to do. */
export function startHashingThread(): HashingThread {
  const thread = new Worker(new URL('./hashing-worker.ts', import.meta.url), options)
  let answered: PromiseWithResolvers<Uint8Array> | undefined
  let alive = true
  thread.on('message', (hash: Uint8Array) => answered?.resolve(hash))
  const end = (why: unknown) => {
    // An error comes a moment before the exit, and whoever hashes meanwhile would wait for nobody.
    alive = false
    answered?.reject(why)
  }
  thread.on('error', end)
  // The password may well be right: whoever comes again meets another thread.
  thread.on('exit', () => end(new Refusal('request.throttled', { detail: 'the hashing thread ended' })))
  thread.unref()

  return {
    async hash(asked) {
      answered = Promise.withResolvers()
      thread.ref()
      thread.postMessage(asked, [asked.message.buffer as ArrayBuffer])
      try {
        return await answered.promise
      } finally {
        thread.unref()
      }
    },
    alive: () => alive,
  }
}
