/** Holds engine and reference interpreter to each other: `npm run prove` does the same a million times. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareWithReference } from './compare-with-reference.ts'
import { randomScene } from './random-policies.ts'
import { judge } from './reference.ts'
import { families } from './vectors.ts'

test('the reference interpreter decides every vector as AWS documents it', () => {
  for (const { sentence, policies, request, expect, missing } of families.flatMap(one => one.decisions)) {
    const judgement = judge(policies, request)
    assert.equal(judgement.outcome, expect, sentence)
    if (missing !== undefined) assert.equal(judgement.missing, missing, sentence)
  }
})

test('the engine and the reference interpreter agree about 5,000 random policies and requests', () => {
  const counts = new Map<string, number>()
  fc.assert(
    fc.property(randomScene, scene => {
      const { outcome, missing } = compareWithReference(scene)
      const name = missing ?? outcome
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }),
    { seed: 20_260_131, numRuns: 5000 },
  )
  // Random policies that nothing ever meets would prove nothing.
  for (const name of ['allowed', 'explicitlyDenied', 'identity', 'resource', 'session', 'boundary']) {
    assert.ok((counts.get(name) ?? 0) >= 150, `${name}: ${counts.get(name)}`)
  }
})
