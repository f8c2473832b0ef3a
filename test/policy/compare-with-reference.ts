import assert from 'node:assert/strict'
import { decide } from '../../server/policy/decide/decide.ts'
import { compile } from './compile.ts'
import type { Scene } from './random-policies.ts'
import { type Judgement, judge } from './reference.ts'

/** Fails where the engine decides otherwise than the reference interpreter. */
export function compareWithReference({ documents, request }: Scene): Judgement {
  const decision = decide(compile(documents), request)
  const judgement = judge(documents, request)
  const { outcome } = decision
  const decided = 'missing' in decision ? { outcome, missing: decision.missing } : { outcome }
  assert.deepEqual(decided, judgement)
  return judgement
}
