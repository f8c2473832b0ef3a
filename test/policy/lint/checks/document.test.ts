import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { find } from '../find.ts'

describe('a policy that allows nothing', () => {
  for (const [kind, found] of [
    ['identity', false],
    ['resource', false],
    ['trust', true],
    ['boundary', true],
    ['session', true],
  ] as const) {
    test(`is told in a policy of kind ${kind}: ${found}`, () => {
      const statement = { Effect: 'Deny', Action: 'sts:*', Resource: '*', Principal: '*' }
      assert.equal(find('allows-nothing', kind, statement).length > 0, found)
    })
  }
})
