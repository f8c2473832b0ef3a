import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findStoredPolicy } from '../../server/policy/stored-policy.ts'

const statement = (Resource: string) =>
  JSON.stringify({ Statement: { Effect: 'Allow', Action: '*', Resource } })
const long = (n: number) => statement(`arn:${n}${'x'.repeat(1_900)}`)

test('a document is compiled once, for each kind by itself', () => {
  const document = statement('*')
  assert.equal(findStoredPolicy(document, 'identity'), findStoredPolicy(document, 'identity'))
  assert.notEqual(findStoredPolicy(document, 'identity'), findStoredPolicy(document, 'session'))
})

test('who narrows one session after the other by long policies does not have them all remembered, nor what is in use forgotten', () => {
  const [used, unused] = [statement('arn:used'), statement('arn:unused')]
  const [first, other] = [findStoredPolicy(used, 'session'), findStoredPolicy(unused, 'session')]
  for (let n = 0; n < 3_000; n++) {
    findStoredPolicy(long(n), 'session')
    assert.equal(findStoredPolicy(used, 'session'), first)
  }
  assert.notEqual(findStoredPolicy(unused, 'session'), other)
})

test('what no longer parses is undefined each time it is asked for', () => {
  assert.equal(findStoredPolicy('{', 'boundary'), undefined)
  assert.equal(findStoredPolicy('{', 'boundary'), undefined)
})
