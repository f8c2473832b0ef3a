import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import type { KeyWrapper } from '../../server/keys/envelope.ts'
import { type Memory, rememberDataKeys } from '../../server/keys/remember-data-keys.ts'

const bound = { arn: 'arn:a', versionId: 'v' }
const wrappedAs = (text: string) => ({ wrappedKey: Buffer.from(text), wrappedUnder: 'kms:k' })
const [one, other] = [wrappedAs('one'), wrappedAs('other')]

const keyOf = (text: Buffer) => createSecretKey(Buffer.alloc(32, text.subarray(0, 1)))

/** What unwraps to as many bytes of the first letter, and counts how often it is asked. */
function service() {
  const counted = { asked: 0, isDown: false }
  const wrapper: KeyWrapper = {
    under: async () => 'kms:k',
    wrap: async () => one,
    async unwrap({ wrappedKey }) {
      counted.asked++
      if (counted.isDown) throw new Error('down')
      return keyOf(wrappedKey)
    },
  }
  return { counted, wrapper }
}

function remember(more: Partial<Memory> = {}) {
  const { counted, wrapper } = service()
  let nowMs = 0
  const memory = rememberDataKeys(wrapper, { lifeMs: 1000, most: 2, now: () => nowMs, ...more })
  const passMs = (ms: number) => {
    nowMs += ms
  }
  return { counted, memory, passMs }
}

test('a data key is asked for once in its life, which use does not prolong', async () => {
  const { counted, memory, passMs } = remember()
  for (let n = 0; n < 3; n++) {
    assert.ok((await memory.unwrap(one, bound))?.equals(keyOf(one.wrappedKey)))
    passMs(333)
  }
  assert.equal(counted.asked, 1)
  passMs(1)
  await memory.unwrap(one, bound)
  assert.equal(counted.asked, 2)
})

test('readers who come at once wait for one answer', async () => {
  const { counted, memory } = remember()
  const [first, second] = await Promise.all([memory.unwrap(one, bound), memory.unwrap(one, bound)])
  assert.equal(counted.asked, 1)
  for (const key of [first, second]) assert.ok(key?.equals(keyOf(one.wrappedKey)))
})

test('another secret’s or version’s is never answered with what is remembered', async () => {
  const { counted, memory } = remember()
  await memory.unwrap(one, bound)
  await memory.unwrap(one, { ...bound, versionId: 'w' })
  await memory.unwrap(one, { ...bound, arn: 'arn:b' })
  await memory.unwrap({ ...one, wrappedUnder: 'kms:l' }, bound)
  assert.equal(counted.asked, 4)
})

test('no more are kept than may be: the one that was not used for longest goes', async () => {
  const { counted, memory } = remember()
  await memory.unwrap(one, bound)
  await memory.unwrap(other, bound)
  await memory.unwrap(one, bound)
  await memory.unwrap(wrappedAs('third'), bound)
  assert.equal(counted.asked, 3)
  await memory.unwrap(one, bound)
  assert.equal(counted.asked, 3)
  await memory.unwrap(other, bound)
  assert.equal(counted.asked, 4)
})

test('while the service is down what is kept goes on, and a failure is not kept', async () => {
  const { counted, memory } = remember()
  await memory.unwrap(one, bound)
  counted.isDown = true
  assert.ok(await memory.unwrap(one, bound))
  await assert.rejects(memory.unwrap(other, bound))
  counted.isDown = false
  assert.ok(await memory.unwrap(other, bound))
})

test('what did not open its value is forgotten, and what was only wrapped is not known', async () => {
  const { counted, memory } = remember()
  await memory.unwrap(one, bound)
  memory.forget?.(one)
  await memory.unwrap(one, bound)
  assert.equal(counted.asked, 2)
  await memory.wrap(keyOf(one.wrappedKey), { ...bound, versionId: 'x' })
  await memory.unwrap(one, { ...bound, versionId: 'x' })
  assert.equal(counted.asked, 3)
})

test('without a life each read asks', async () => {
  const { counted, memory } = remember({ lifeMs: 0 })
  await memory.unwrap(one, bound)
  await memory.unwrap(one, bound)
  assert.equal(counted.asked, 2)
})
