import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGroupCommit } from '../../server/audit/group-commit.ts'

test('what comes while a group is being committed is the next group', async () => {
  const groups: number[][] = []
  const gate = Promise.withResolvers<void>()
  const commits = createGroupCommit<number>(
    async rows => {
      groups.push(rows)
      await gate.promise
    },
    { mostInGroup: 10, deadlineMs: 60_000 },
  )
  const first = commits.add(1)
  await new Promise(resolve => setImmediate(resolve))
  const rest = [2, 3, 4].map(row => commits.add(row))
  assert.deepEqual(groups, [[1]])
  gate.resolve()
  await Promise.all([first, ...rest])
  assert.deepEqual(groups, [[1], [2, 3, 4]])
})

test('a group never holds more than it may', async () => {
  const sizes: number[] = []
  const commits = createGroupCommit<number>(async rows => void sizes.push(rows.length), {
    mostInGroup: 4,
    deadlineMs: 60_000,
  })
  await Promise.all(Array.from({ length: 10 }, (_, n) => commits.add(n)))
  assert.deepEqual(sizes, [4, 4, 2])
})

test('a failing group rejects its own rows alone', async () => {
  const commits = createGroupCommit<number>(
    async rows => {
      if (rows.includes(0)) throw new Error('disk full')
    },
    { mostInGroup: 2, deadlineMs: 60_000 },
  )
  const settled = await Promise.allSettled([0, 1, 2, 3].map(row => commits.add(row)))
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled', 'fulfilled'],
  )
})
