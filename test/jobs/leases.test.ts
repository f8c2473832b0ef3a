import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { holdLease } from '../../server/jobs/hold-lease.ts'
import { startJobRunner } from '../../server/jobs/job-runner.ts'
import { LeaseLost } from '../../server/store/leases.ts'
import { storeKinds } from '../support/stores.ts'
import { until } from '../support/until.ts'

const log = { error: (context: object) => assert.fail(JSON.stringify(context)) }

for (const { kind, skip, open } of storeKinds) {
  describe(`leases on ${kind}`, { skip }, async () => {
    if (skip !== false) return
    const store = await open()
    after(() => store.close())
    const { leases, secrets } = store

    test('are one holder’s until they run out or are released', async () => {
      const mine = await leases.take({ name: 'a', holder: 'me' }, 0, 100)
      assert.ok(mine)
      assert.equal(await leases.take({ name: 'a', holder: 'you' }, 99, 200), undefined)
      assert.ok(await leases.renew(mine, 150))
      assert.equal(await leases.take({ name: 'a', holder: 'you' }, 149, 200), undefined)
      const yours = await leases.take({ name: 'a', holder: 'you' }, 150, 250)
      assert.ok(yours && yours.fence > mine.fence)
      assert.equal(await leases.renew(mine, 1_000), false)
      // Released by who has lost it, it is still the other's.
      await leases.release(mine)
      assert.equal(await leases.take({ name: 'a', holder: 'third' }, 200, 300), undefined)
      await leases.release(yours)
      assert.ok(await leases.take({ name: 'a', holder: 'third' }, 200, 300))
    })

    test('are given to one of many who ask at once', async () => {
      const asked = Array.from({ length: 20 }, (_, n) =>
        leases.take({ name: 'rush', holder: `node-${n}` }, 0, 100),
      )
      assert.equal((await Promise.all(asked)).filter(fence => fence !== undefined).length, 1)
    })

    test('that are lost let nothing be written any more', async () => {
      await secrets.create({
        id: 's-AbCdEf',
        name: 's',
        tags: {},
        stages: {},
        createdAtMs: 1,
        changedAtMs: 1,
      })
      const mine = await leases.take({ name: 'write', holder: 'me' }, 0, 100)
      await secrets.change('s-AbCdEf', () => ({ description: 'mine' }), mine)
      // Run out, and nobody has taken it: what was begun may end.
      await secrets.change('s-AbCdEf', () => ({ description: 'still mine' }), mine)
      await leases.take({ name: 'write', holder: 'you' }, 100, 200)
      await assert.rejects(
        secrets.change('s-AbCdEf', () => ({ description: 'late' }), mine),
        LeaseLost,
      )
      assert.equal((await secrets.find('s-AbCdEf'))?.description, 'still mine')
    })

    test('that were released let nothing be written any more, also before another takes them', async () => {
      const mine = await leases.take({ name: 'done', holder: 'me' }, 0, 100)
      assert.ok(mine)
      await leases.release(mine)
      await assert.rejects(
        secrets.change('s-AbCdEf', () => ({ description: 'late' }), mine),
        LeaseLost,
      )
      assert.equal(await leases.renew(mine, 1_000), false)
    })

    test('are held by another name each time: when the old row is gone, the fence begins anew', async () => {
      const options = { leases, clock: () => 0, leaseMs: 60_000, signal: new AbortController().signal }
      const fences: object[] = []
      for (let n = 0; n < 2; n++) {
        await holdLease('again', options, async ({ fence }) => void fences.push(fence))
        await leases.prune(2 * 86_400_000)
      }
      assert.notDeepEqual(fences[0], fences[1])
    })

    test('are forgotten when they ran out long ago', async () => {
      await leases.take({ name: 'old', holder: 'me' }, 0, 100)
      await leases.prune(2 * 86_400_000)
      assert.equal((await leases.take({ name: 'old', holder: 'you' }, 0, 100))?.fence, 1)
    })

    test('that somebody took end the work that is done under them', async () => {
      let nowMs = 0
      const done = holdLease(
        'long',
        { leases, clock: () => nowMs, leaseMs: 60, signal: new AbortController().signal },
        async ({ signal }) => {
          nowMs = 1_000_000
          // Between two renewals: whichever comes first, one of the two has it in the end.
          await until(
            async () =>
              (await leases.take({ name: 'long', holder: 'you' }, nowMs + 61, nowMs + 9e9)) !== undefined,
          )
          await until(() => signal.aborted)
          assert.ok(signal.reason instanceof LeaseLost)
        },
      )
      assert.equal(await done, true)
    })

    test('a runner does what is due, so many at once, each once, and beside another runner', async () => {
      const due = new Set(Array.from({ length: 40 }, (_, n) => `job-${n}`))
      const count = { running: 0, most: 0 }
      const done: string[] = []
      const options = {
        findDue: async (most: number) => [...due].slice(0, most),
        leaseOf: (key: string) => key,
        async run(key: string) {
          if (!due.has(key)) return
          count.most = Math.max(count.most, ++count.running)
          await new Promise(resolve => setImmediate(resolve))
          done.push(key)
          due.delete(key)
          count.running--
        },
        leases,
        clock: () => 1_000,
        leaseMs: 60_000,
        mostAtOnce: 3,
        everyMs: 20,
        log,
      }
      const runners = [startJobRunner(options), startJobRunner(options)]
      for (const runner of runners) runner.wake()
      await until(() => due.size === 0)
      await Promise.all(runners.map(runner => runner.stop(1_000)))
      assert.equal(new Set(done).size, 40)
      assert.equal(done.length, 40)
      assert.ok(count.most <= 6, `${count.most} at once`)
    })

    test('a runner that is stopped begins nothing more, and breaks off what does not end', async () => {
      const begun: string[] = []
      const runner = startJobRunner({
        findDue: async () => ['endless'],
        leaseOf: key => `stop:${key}`,
        async run(key, { signal }) {
          begun.push(key)
          await new Promise(resolve => signal.addEventListener('abort', resolve))
        },
        leases,
        clock: () => 1_000,
        leaseMs: 60_000,
        mostAtOnce: 1,
        everyMs: 10,
        log,
      })
      runner.wake()
      await until(() => begun.length === 1)
      await runner.stop(1)
      runner.wake()
      assert.deepEqual(begun, ['endless'])
      assert.ok(
        await leases.take({ name: 'stop:endless', holder: 'next' }, 1_000, 2_000),
        'its lease is released',
      )
    })
  })
}
