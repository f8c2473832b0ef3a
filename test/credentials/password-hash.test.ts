import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { argon2Sync, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { Refusal, retryHeaders } from '../../server/base/refusal.ts'
import {
  hashPassword,
  isOutdatedHash,
  isPassword,
  restAfter,
} from '../../server/credentials/password-hash.ts'

const password = 'a walrus in the garden'
/** By the same function called in place, with these parameters. */
const kept =
  '$argon2id$v=19$m=19456,t=2,p=1$d2FscnVzLXdhbHJ1cy0xMg$Il7pxr9OiNPqv8F7hnW84D6OiKixbIngjUZK0qoenCs'

/** All that were started in this process. */
const workers: Worker[] = []
process.on('worker', (worker: Worker) => workers.push(worker))

function stored(cost: { memory: number; passes: number; parallelism: number }, message = password): string {
  const salt = randomBytes(16)
  const hash = argon2Sync('argon2id', { message, nonce: salt, tagLength: 32, ...cost })
  const bare = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${bare(salt)}$${bare(hash)}`
}

describe('a password', () => {
  test('is known by a hash that was kept from before', async () => {
    assert.equal(await isPassword(password, kept), true)
    assert.equal(await isPassword('another walrus', kept), false)
  })

  test('is known by a hash of any cost, and one that is weaker than now is outdated', async () => {
    for (const [memory, passes, parallelism, isOutdated] of [
      [8_192, 1, 1, true],
      [19_456, 2, 1, false],
      [32_768, 3, 2, false],
    ] as const) {
      const hash = stored({ memory, passes, parallelism })
      assert.equal(await isPassword(password, hash), true)
      assert.equal(await isPassword(`${password}!`, hash), false)
      assert.equal(isOutdatedHash(hash), isOutdated)
    }
  })

  test('is hashed as argon2id says, each time with another salt', async () => {
    const [one, other] = await Promise.all([hashPassword(password), hashPassword(password)])
    assert.notEqual(one, other)
    const [, , , , salt = '', hash] = one.split('$')
    const cost = { memory: 19_456, passes: 2, parallelism: 1 }
    const nonce = Buffer.from(salt, 'base64')
    const again = argon2Sync('argon2id', { message: password, nonce, tagLength: 32, ...cost })
    assert.equal(again.toString('base64').replaceAll('=', ''), hash)
  })

  test('is the same however its letters are written in Unicode', async () => {
    const hash = await hashPassword('Ångström')
    assert.equal(await isPassword('A\u030angstro\u0308m', hash), true)
  })

  test('that is empty, or long, or not ASCII is hashed like others', async () => {
    for (const one of ['', 'x'.repeat(10_000), '海象在花園裡', '\u0000']) {
      const hash = await hashPassword(one)
      assert.deepEqual([await isPassword(one, hash), await isPassword(`${one}x`, hash)], [true, false])
    }
  })
})

describe('many at once', () => {
  test('few wait, and what is too much is refused with when to come again', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 200 }, () => isPassword(password, kept)))
    const refused = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason] : []))
    // Fifty wait, and one or two are being hashed.
    assert.ok(refused.length === 149 || refused.length === 148, String(refused.length))
    for (const error of refused) {
      assert.ok(error instanceof Refusal && error.reason === 'request.throttled')
      assert.deepEqual(retryHeaders(error), { 'retry-after': '1' })
    }
    assert.ok(answers.every(answer => answer.status === 'rejected' || answer.value))
    assert.equal(await isPassword(password, kept), true)
  })

  test('take no more than two threads, which are kept', () => {
    assert.ok(workers.length === 1 || workers.length === 2, String(workers.length))
  })
})

describe('a thread that ends', () => {
  /** Takes so long that it is surely not over. */
  const long = stored({ memory: 8, passes: 1, parallelism: 1 }).replace('m=8,t=1', 'm=262144,t=20')

  test('in the midst of a hash refuses that one, and others are hashed by another thread', async () => {
    const before = workers.length
    const during = isPassword(password, long)
    const after = isPassword(password, kept)
    await Promise.all([
      assert.rejects(during, { reason: 'request.throttled' }),
      ...workers.map(worker => worker.terminate()),
    ])
    assert.equal(await after, true)
    assert.equal(await isPassword('another walrus', kept), false)
    assert.ok(workers.length > before)
  })

  test('while it has nothing to do harms nobody', async () => {
    await Promise.all(workers.map(worker => worker.terminate()))
    assert.equal(await isPassword(password, kept), true)
  })

  test('since what is stored can’t be hashed says so, and the next is hashed', async () => {
    const impossible = kept.replace('m=19456', 'm=0')
    await assert.rejects(isPassword(password, impossible), error => !(error instanceof Refusal))
    assert.equal(await isPassword(password, kept), true)
  })
})

test('no thread is started before the first hash, and none keeps a process from ending', async () => {
  const module = new URL('../../server/credentials/password-hash.ts', import.meta.url).href
  const code = `
    let threads = 0
    process.on('worker', () => threads++)
    const { hashPassword } = await import(${JSON.stringify(module)})
    await new Promise(resolve => setTimeout(resolve, 50))
    const before = threads
    await hashPassword('a walrus')
    console.log(before, threads)`
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { timeout: 30_000 })
  assert.equal((await run).stdout, '0 1\n')
})

test('where the service had no moment to itself, hashing rests for as long as it took, and not for ever', () => {
  assert.equal(restAfter(60, 0.2), 0)
  assert.equal(restAfter(60, 0.89), 0)
  assert.equal(restAfter(60, 0.95), 60)
  assert.equal(restAfter(60_000, 1), 500)
})
