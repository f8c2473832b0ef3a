import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inGroups } from '../../server/store/in-groups.ts'

/** What is written, group by group; each group waits until it is let go. */
function held() {
  const groups: number[][] = []
  const gates: PromiseWithResolvers<void>[] = []
  const add = inGroups<number>(rows => {
    groups.push(rows)
    const gate = Promise.withResolvers<void>()
    gates.push(gate)
    return gate.promise
  })
  return { groups, gates, add }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('what comes at once is one group, and what comes meanwhile is the next', async () => {
  const { groups, gates, add } = held()
  const first = [add(1), add(2)]
  await turn()
  const next = [add(3), add(4)]
  await turn()
  assert.deepEqual(groups, [[1, 2]])
  gates[0]?.resolve()
  await Promise.all(first)
  while (gates.length < 2) await turn()
  assert.deepEqual(groups, [
    [1, 2],
    [3, 4],
  ])
  gates[1]?.resolve()
  await Promise.all(next)
})

test('nobody is told that a row is written before it is', async () => {
  const { gates, add } = held()
  let isDone = false
  const row = add(1).then(() => {
    isDone = true
  })
  for (let n = 0; n < 5; n++) await turn()
  assert.equal(isDone, false)
  gates[0]?.resolve()
  await row
})

test('a group that fails fails for all who are in it, and for nobody after it', async () => {
  const { gates, add } = held()
  const failed = [add(1), add(2)]
  await turn()
  const next = add(3)
  gates[0]?.reject(new Error('the disk is full'))
  for (const one of failed) await assert.rejects(one, /the disk is full/)
  while (gates.length < 2) await turn()
  gates[1]?.resolve()
  await next
})

test('a group has an end, and none is lost', async () => {
  const written: number[][] = []
  const add = inGroups<number>(async rows => void written.push(rows))
  const all = Array.from({ length: 250 }, (_, n) => n)
  await Promise.all(all.map(add))
  assert.deepEqual(written.flat(), all)
  assert.ok(written.every(({ length }) => length <= 100))
})
