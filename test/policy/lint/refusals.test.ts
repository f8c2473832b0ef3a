import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { lint } from '../../../server/policy/lint/lint.ts'
import { parsePolicy } from '../../../server/policy/parse-policy.ts'
import type { PolicyKind } from '../../../server/policy/policy.ts'
import { almostPolicies } from './almost-policies.ts'

function refuses(document: string, kind: PolicyKind): boolean {
  try {
    parsePolicy(document, kind)
    return false
  } catch {
    return true
  }
}

/** Size is a law of its own: the parser does not hold it. */
function errorsOf(document: string, kind: PolicyKind): string[] {
  return lint(document, kind)
    .filter(({ level, code }) => level === 'error' && code !== 'policy-too-large')
    .map(({ code, path }) => `${code} ${path}`)
}

describe('an error', () => {
  test('is found exactly in the documents that the parser refuses', () => {
    fc.assert(
      fc.property(almostPolicies, ([document, kind]) => {
        assert.equal(
          errorsOf(document, kind).length > 0,
          refuses(document, kind),
          errorsOf(document, kind).join(),
        )
      }),
      { numRuns: 2_500 },
    )
  })
})
