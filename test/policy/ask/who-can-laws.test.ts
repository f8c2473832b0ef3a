import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { whoCan } from '../../../server/policy/ask/who-can.ts'
import { decide, type PolicySet } from '../../../server/policy/decide/decide.ts'
import type { Context } from '../../../server/policy/request.ts'
import { contexts, parse, requests, someKeys, statements } from './arbitraries.ts'

/** Seldom: what narrows leaves little that is allowed. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
}

const sets: fc.Arbitrary<PolicySet> = fc
  .record({
    identity: statements('identity'),
    group: seldom(statements('identity')),
    boundary: seldom(statements('boundary')),
    session: seldom(statements('session')),
    resource: fc.oneof(
      seldom(statements('resource').map(list => parse('resource', list))),
      seldom(statements('trust').map(list => parse('trust', list))),
    ),
  })
  .map(({ identity, group, boundary, session, resource }) => ({
    identity: [parse('identity', identity)],
    ...(group && { group: [parse('identity', group)] }),
    ...(boundary && { boundary: parse('boundary', boundary) }),
    ...(session && { session: [parse('session', session)] }),
    ...(resource && { resource }),
  }))

const cases = fc.record({
  policies: sets,
  request: requests('resource'),
  told: someKeys,
  tried: fc.array(contexts, { minLength: 20, maxLength: 20 }),
})

/** What is known of the request: the told keys, those that it lacks as absent. */
function knownOf(context: Context, told: readonly string[]): Context {
  return new Map(told.map(key => [key, context.get(key) ?? []]))
}

test('what whoCan is certain of, every completion of the context bears out; and its examples are true', () => {
  const seen = { yes: 0, no: 0, depends: 0, exact: 0 }
  fc.assert(
    fc.property(cases, ({ policies, request, told, tried }) => {
      const { resource, ...own } = policies
      const known = knownOf(request.context, told)
      const question = { ...request, ...(resource && { resourcePolicy: resource }), context: known }
      const [found] = whoCan(question, [{ name: 'one', principal: request.principal, policies: own }])
      assert.ok(found)
      seen[found.answer]++
      const allows = (context: Context) => decide(policies, { ...request, context }).outcome === 'allowed'
      for (const other of [request.context, ...tried]) {
        const isAllowed = allows(new Map([...other, ...known]))
        if (found.answer === 'yes') assert.equal(isAllowed, true)
        if (found.answer === 'no') assert.equal(isAllowed, false)
      }
      if (found.answer !== 'depends') return
      assert.ok(found.conditions.length > 0 && found.conditions.every(({ lines }) => lines.length > 0))
      for (const example of [found.examples.allowed, found.examples.denied]) {
        for (const [key, list] of known) if (example) assert.deepEqual(example.get(key) ?? [], list)
      }
      if (found.examples.allowed) assert.equal(allows(found.examples.allowed), true)
      if (found.examples.denied) assert.equal(allows(found.examples.denied), false)
      assert.equal(found.exact, found.because.length === 0)
      if (!found.exact) return
      seen.exact++
      assert.ok(found.examples.allowed && found.examples.denied)
    }),
    { numRuns: 2500 },
  )
  // The law says nothing about what never occurs.
  for (const [answer, count] of Object.entries(seen)) assert.ok(count > 50, `${answer}: ${count}`)
})
