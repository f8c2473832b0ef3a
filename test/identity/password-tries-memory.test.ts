import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Refusal } from '../../server/base/refusal.ts'
import { FailureCounter } from '../../server/http/failure-counter.ts'
import { createPasswordTries } from '../../server/identity/password-tries.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

async function grownMb(act: () => Promise<unknown>): Promise<number> {
  const heap = async () => {
    // What a turn of the loop still holds is garbage in the next.
    for (let turn = 0; turn < 3; turn++) {
      await new Promise(resolve => setImmediate(resolve))
      collectGarbage()
    }
    return process.memoryUsage().heapUsed / 1024 ** 2
  }
  const before = await heap()
  const kept = await act()
  const grown = (await heap()) - before
  assert.ok(kept !== undefined)
  return grown
}

/** Long, each of its own, from a network of its own. `npm run bench -- logins` sends a million. */
const names = 30_000
const refuse = async () => {
  throw new Refusal('password.refused')
}

for (const [story, perNameMs] of [
  ['all at once', 0],
  ['as fast as strangers may fail', 100],
] as const) {
  test(`${names} names that are tried ${story} take bounded memory`, async () => {
    let nowMs = 1_700_000_000_000
    const tries = createPasswordTries(() => nowMs, { stepMs: 0 })
    const grown = await grownMb(async () => {
      for (let n = 0; n < names; n++) {
        const sourceIp = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
        await tries.attempt({ name: `${'x'.repeat(200)}${n}`, sourceIp }, refuse).catch(() => undefined)
        nowMs += perNameMs
      }
      return tries
    })
    assert.ok(tries.size() <= 3 * 9_600 + 1, `${tries.size()} counts`)
    assert.ok(grown < 16, `${grown.toFixed(1)} MiB`)
  })
}

test('more keys than a table holds are as many as it holds, and take as much room', async () => {
  const counter = new FailureCounter({ points: 1, seconds: 900, mostKeys: 20_000 }, () => 0)
  const grown = await grownMb(async () => {
    for (let n = 0; n < 200_000; n++) await counter.consume(`a key as long as all ${n}`)
    return counter
  })
  assert.equal(counter.size, 20_000)
  // All of them would be more than 40.
  assert.ok(grown < 16, `${grown.toFixed(1)} MiB`)
})
