import { argon2, createHmac, randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { promisify } from 'node:util'
import { hashPassword, isPassword } from '../../server/credentials/password-hash.ts'

const derive = promisify(argon2)

/** Memory in KiB, and passes. The first four are OWASP's, of equal strength; the last is RFC 9106's second choice. */
const contenders = [
  [47_104, 1],
  [19_456, 2],
  [12_288, 3],
  [9_216, 4],
  [65_536, 3],
] as const

const rounds = 7
const roundMs = 1_500

/** What a password's hash takes, and what a flood of log-ins leaves of the main thread. */
export async function benchPasswords(): Promise<void> {
  console.log(`passwords, on ${availableParallelism()} cores`)
  for (const [memory, passes] of contenders) {
    const times: number[] = []
    for (let n = 0; n < 15; n++) times.push(await timeOf(() => hash(memory, passes)))
    console.log(`  argon2id m=${memory} t=${passes}  ${median(times).toFixed(0)} ms each`)
  }
  const stored = await hashPassword('a walrus in the garden')
  const ratios: number[] = []
  const delays: number[] = []
  let done = 0
  for (let round = 0; round < rounds; round++) {
    const quiet = await work()
    let isOver = false
    // As many as come: what is too much for the queue is refused at once.
    const flood = Array.from({ length: 40 }, async () => {
      while (!isOver) {
        await isPassword('a wrong one', stored)
        done++
      }
    })
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    ratios.push((await work()) / quiet)
    delay.disable()
    delays.push(delay.percentile(99) / 1e6)
    isOver = true
    await Promise.all(flood)
  }
  console.log(`  under a flood the main thread does ${median(ratios).toFixed(2)} of its quiet work`)
  console.log(`  the loop's delay is ${median(delays).toFixed(1)} ms in 99 of 100`)
  console.log(`  ${(done / ((rounds * roundMs) / 1_000)).toFixed(0)} passwords a second meanwhile`)
}

function hash(memory: number, passes: number): Promise<Buffer> {
  const nonce = randomBytes(16)
  return derive('argon2id', { message: 'a walrus', nonce, tagLength: 32, memory, passes, parallelism: 1 })
}

/** How much the main thread comes to do: small things, one after the other, with room between. */
async function work(): Promise<number> {
  const endsAtMs = performance.now() + roundMs
  let done = 0
  while (performance.now() < endsAtMs) {
    for (let n = 0; n < 50; n++) createHmac('sha256', 'key').update('text').digest()
    done++
    await new Promise(resolve => setImmediate(resolve))
  }
  return done
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await run()
  return performance.now() - startedMs
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
