/** Holds the engine to what AWS documents, one sentence a case: test/vectors/policy. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Refusal } from '../../server/base/refusal.ts'
import { type Decision, decide } from '../../server/policy/decide/decide.ts'
import { parsePolicy } from '../../server/policy/parse-policy.ts'
import { compile } from './compile.ts'
import { type DecisionVector, families, type GrammarVector } from './vectors.ts'

for (const { about, decisions, grammar } of families) {
  describe(about, () => {
    for (const vector of decisions) test(vector.sentence, () => requireDecision(vector))
    for (const vector of grammar) test(vector.sentence, () => requireGrammar(vector))
  })
}

test('every vector has a sentence of its own', () => {
  const sentences = families.flatMap(({ decisions, grammar }) =>
    [...decisions, ...grammar].map(({ sentence }) => sentence),
  )
  assert.deepEqual(
    sentences.filter((sentence, n) => sentences.indexOf(sentence) !== n),
    [],
  )
})

function requireDecision({ policies, request, expect, missing, by }: DecisionVector): void {
  const decision = decide(compile(policies), request)
  assert.equal(decision.outcome, expect)
  if (missing !== undefined) assert.equal('missing' in decision && decision.missing, missing)
  if (by !== undefined) assert.deepEqual(placesOf(decision), by)
}

/** As vectors write them: `identity[0].Statement[1] Sid`. */
function placesOf({ statements }: Decision): string[] {
  return statements.map(({ part, policy, index, sid }) => {
    const where = part === 'boundary' || part === 'resource' ? part : `${part}[${policy}]`
    return `${where}.Statement[${index}]${sid === undefined ? '' : ` ${sid}`}`
  })
}

function requireGrammar({ kind, text, refused }: GrammarVector): void {
  if (refused === null) {
    parsePolicy(text, kind)
    return
  }
  assert.throws(
    () => parsePolicy(text, kind),
    (error: unknown) => {
      assert.ok(error instanceof Refusal, String(error))
      assert.equal(error.reason, 'policy.malformed')
      assert.ok(String(error.said.message).includes(refused), String(error.said.message))
      return true
    },
  )
}
