import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entityOf, parseArn } from '../../server/base/arn.ts'

function entity(text: string, kind: 'role' | 'policy' = 'role') {
  const arn = parseArn(text)
  return arn && entityOf(arn, kind)
}

test('a role’s ARN has its path and its name', () => {
  assert.deepEqual(entity('arn:aws:iam::123456789012:role/w'), { path: '/', name: 'w' })
  assert.deepEqual(entity('arn:aws:iam::123456789012:role/a/b/w'), { path: '/a/b/', name: 'w' })
})

for (const [story, text] of [
  [
    'with a region, a second spelling that a Deny on the first would not meet',
    'arn:aws:iam:eu-1:123456789012:role/w',
  ],
  ['of another service', 'arn:aws:sts::123456789012:role/w'],
  ['of another kind', 'arn:aws:iam::123456789012:policy/w'],
  ['without a name', 'arn:aws:iam::123456789012:role/'],
  ['whose name holds what no name can', 'arn:aws:iam::123456789012:role/w\0'],
  ['whose path holds what no path can', 'arn:aws:iam::123456789012:role/a\ud800/w'],
  ['that ends early', 'arn:aws:iam::123456789012'],
] as const) {
  test(`an ARN ${story} names no role`, () => assert.equal(entity(text), undefined))
}
