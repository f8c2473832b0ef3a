import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mostSessions, takePlace } from '../../../server/secrets/databases/session-bounds.ts'

const never = new AbortController().signal
const takeAll = () => Promise.all(Array.from({ length: mostSessions }, () => takePlace(never)))

test('who is broken off while they wait for a place is told at once, and no place is kept for them', async () => {
  const places = await takeAll()
  const broken = new AbortController()
  const [first, second] = [takePlace(broken.signal), takePlace(never)]
  broken.abort()
  await assert.rejects(first, /broken off/)
  places[0]?.()
  const place = await second
  for (const give of [...places, place]) give()
  for (const give of await takeAll()) give()
})

test('who is broken off already takes none', async () => {
  await assert.rejects(takePlace(AbortSignal.abort()), /broken off/)
})

test('a place that is given back twice is one', async () => {
  const places = await takeAll()
  places[0]?.()
  places[0]?.()
  const next = await takePlace(never)
  const broken = new AbortController()
  const another = takePlace(broken.signal)
  broken.abort()
  await assert.rejects(another, /broken off/)
  for (const give of [...places, next]) give()
})
