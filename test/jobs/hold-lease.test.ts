/** What may befall whoever holds a lease: it must end while others still keep away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Held, holdLease } from '../../server/jobs/hold-lease.ts'
import { LeaseLost, type Leases } from '../../server/store/leases.ts'
import { until } from '../support/until.ts'

const never = () => new Promise<never>(() => {})
const fence = { name: 'lease', holder: 'me', fence: 1 }

function hold(more: Partial<Leases>, work: (held: Held) => Promise<void>, clock = Date.now) {
  const leases: Leases = {
    take: async () => fence,
    renew: async () => true,
    release: async () => undefined,
    prune: async () => undefined,
    ...more,
  }
  return holdLease('lease', { leases, clock, leaseMs: 120, signal: new AbortController().signal }, work)
}

async function untilLost({ signal }: Held): Promise<void> {
  await until(() => signal.aborted)
  assert.ok(signal.reason instanceof LeaseLost)
}

test('a database that does not answer at all', async () => {
  await hold({ renew: never }, untilLost)
})

test('a database that is away', async () => {
  await hold({ renew: () => Promise.reject(new Error('away')) }, untilLost)
})

test('a process that stood still for longer than its lease, though nobody took it', async () => {
  await hold({}, async held => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    await untilLost(held)
  })
})

test('a clock that goes forward, as after a machine was suspended', async () => {
  let nowMs = 0
  const work = async (held: Held) => {
    nowMs = 3_600_000
    await untilLost(held)
  }
  await hold({}, work, () => nowMs)
})

test('a clock that is set back does not have others find the lease run out', async () => {
  let nowMs = 0
  const renewedTo: number[] = []
  const renew = async (_fence: unknown, untilMs: number) => {
    renewedTo.push(untilMs)
    return true
  }
  const work = async ({ signal }: Held) => {
    nowMs = 0
    await until(() => renewedTo.length > 0 || signal.aborted)
  }
  // On a machine that has no time for us it may be lost before it is renewed.
  while (renewedTo.length === 0) {
    nowMs = 3_600_000
    await hold({ renew }, work, () => nowMs)
  }
  assert.ok(Number(renewedTo[0]) > 3_600_000)
})
