/**
 * `npm run prove`: the engine against the reference interpreter, a million random policies and requests.
 * Arguments: how many, and the seed of a run to repeat (`npm run prove -- 10000 1234`).
 */
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { compareWithReference } from './compare-with-reference.ts'
import { randomScene } from './random-policies.ts'

type Chunk = { seed: number; runs: number }
type Result = { chunk: Chunk; counts: Record<string, number>; failure?: string }

const chunkSize = 10_000

if (isMainThread) await prove()
else parentPort?.on('message', (chunk: Chunk) => parentPort?.postMessage(run(chunk)))

function run(chunk: Chunk): Result {
  const counts: Record<string, number> = {}
  const property = fc.property(randomScene, scene => {
    const { outcome, missing } = compareWithReference(scene)
    const name = missing === undefined ? outcome : `${outcome}: ${missing}`
    counts[name] = (counts[name] ?? 0) + 1
  })
  const details = fc.check(property, { seed: chunk.seed, numRuns: chunk.runs })
  return details.failed
    ? { chunk, counts, failure: fc.defaultReportMessage(details) ?? 'it failed' }
    : { chunk, counts }
}

async function prove(): Promise<void> {
  const [runs = 1_000_000, seed = Math.trunc(Math.random() * 2 ** 30)] = process.argv.slice(2).map(Number)
  const chunks = Array.from({ length: Math.ceil(runs / chunkSize) }, (_, n) => ({
    seed: seed + n,
    runs: Math.min(chunkSize, runs - n * chunkSize),
  }))
  const threads = Math.min(availableParallelism(), chunks.length)
  console.log(`${runs} random policies and requests, seed ${seed}, in ${threads} threads`)
  const counts = new Map<string, number>()
  const begun = performance.now()
  let done = 0
  await Promise.all(
    Array.from({ length: threads }, () =>
      work(chunks, result => {
        for (const [name, count] of Object.entries(result.counts)) {
          counts.set(name, (counts.get(name) ?? 0) + count)
        }
        done += result.chunk.runs
        const seconds = Math.round((performance.now() - begun) / 1000)
        console.log(`${done} of ${runs} agree after ${seconds} s`)
      }),
    ),
  )
  console.log(Object.fromEntries([...counts].sort()))
}

/** One thread, until there is nothing left to do. The first failure ends everything. */
function work(chunks: Chunk[], report: (result: Result) => void): Promise<void> {
  const worker = new Worker(import.meta.filename)
  return new Promise((resolve, reject) => {
    const next = () => {
      const chunk = chunks.shift()
      if (chunk !== undefined) worker.postMessage(chunk)
      else worker.terminate().then(() => resolve(), reject)
    }
    worker.on('error', reject)
    worker.on('message', (result: Result) => {
      if (result.failure !== undefined) {
        const { seed, runs } = result.chunk
        console.error(`They disagree. Repeat it: npm run prove -- ${runs} ${seed}\n${result.failure}`)
        process.exit(1)
      }
      report(result)
      next()
    })
    next()
  })
}
