import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { refusalAdvice } from '../../../server/diagnostics/request/refusal-advice.ts'

const source = readFileSync(new URL('../../../server/base/refusal.ts', import.meta.url), 'utf8')
const list = /export type Reason =\n([\s\S]*?)\n\n/.exec(source)?.[1] ?? assert.fail('no list of reasons')
const reasons = [...list.matchAll(/'([\w.]+)'/g)].map(([, reason = '']) => reason)

test('every refusal there is has its words for operators, and nothing else has', () => {
  assert.ok(reasons.length > 60)
  assert.deepEqual(Object.keys(refusalAdvice).sort(), reasons.sort())
})

test('they are whole sentences: what it means, and what to change', () => {
  for (const [reason, { means, change }] of Object.entries(refusalAdvice)) {
    for (const text of [means, change]) assert.match(text, /^[A-Z0-9].{6,}\.$/, reason)
  }
})
