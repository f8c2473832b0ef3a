import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Change } from '../../../../server/policy/ask/diff/change.ts'
import { matches } from '../../../../server/policy/ask/diff/comparison.ts'
import { setWith } from '../../../../server/policy/ask/diff/decide-both.ts'
import { diff, type PolicyDiff } from '../../../../server/policy/ask/diff/diff.ts'
import { decide, type PolicySet } from '../../../../server/policy/decide/decide.ts'
import { type Policy, type PolicyKind, policyKinds } from '../../../../server/policy/policy.ts'
import type { PolicyPrincipal, PolicyRequest } from '../../../../server/policy/request.ts'
import { parse, requests, statement, statements } from '../arbitraries.ts'

const directions = ['becameAllowed', 'noLongerAllowed', 'denyAdded', 'denyRemoved'] as const
const kinds = fc.constantFrom(...policyKinds)
const runs = 120

type Versions = { kind: PolicyKind; before: object[]; after: object[]; tried: PolicyRequest[] }

/** A document and an edit of it: a statement more, less, or another in its place. */
function edits(tried: number, variables: boolean): fc.Arbitrary<Versions> {
  return kinds.chain(kind =>
    fc
      .tuple(
        statements(kind, { variables }),
        statement(kind, { variables }),
        fc.constantFrom('add', 'remove', 'replace'),
        fc.array(requests(kind), { minLength: tried, maxLength: tried }),
      )
      .map(([before, other, edit, some]) => ({
        kind,
        before,
        after:
          edit === 'remove' && before.length > 1
            ? before.slice(1)
            : [other, ...before.slice(edit === 'add' ? 0 : 1)],
        tried: some,
      })),
  )
}

function changesOf(found: PolicyDiff): Change[] {
  return directions.flatMap(direction => found[direction])
}

describe('the difference between two versions of a policy', () => {
  test('has an example for each change, which the two versions decide as it says', () => {
    let seen = 0
    fc.assert(
      fc.property(edits(0, true), ({ kind, before, after }) => {
        const [old, latest] = [parse(kind, before), parse(kind, after)]
        const found = diff(old, latest)
        for (const { example, version, statement, says } of changesOf(found)) {
          const { request, beside, outcomes } = example
          assert.notEqual(outcomes.old, outcomes.new)
          assert.equal(decide(setWith(beside, kind, old), request).outcome, outcomes.old)
          assert.equal(decide(setWith(beside, kind, latest), request).outcome, outcomes.new)
          const made = (version === 'old' ? old : latest).statements[statement.index]
          assert.ok(made && matches(made, request, beside.boundary !== undefined), says)
          seen++
        }
      }),
      { numRuns: runs },
    )
    assert.ok(seen > runs)
  })

  test('is empty when statements are only reordered, split, repeated or covered by others', () => {
    const cases = kinds.chain(kind =>
      fc.tuple(fc.constant(kind), statements(kind, { variables: false, most: 4 })),
    )
    fc.assert(
      fc.property(cases, fc.boolean(), ([kind, list], reversed) => {
        const same = list.flatMap(one => [...split(one), narrowed(one)])
        const found = diff(parse(kind, list), parse(kind, reversed ? same.reverse() : same))
        assert.deepEqual(
          changesOf(found).map(({ says }) => says),
          [],
        )
      }),
      { numRuns: runs },
    )
  })

  test('leaves out nothing when it says that it is exact: thousands of requests differ only where it says so', () => {
    const seen = { exact: 0, differing: 0, alike: 0 }
    fc.assert(
      fc.property(edits(60, false), ({ kind, before, after, tried }) => {
        const [old, latest] = [parse(kind, before), parse(kind, after)]
        const found = diff(old, latest)
        if (!found.exact) return
        seen.exact++
        for (const request of tried) {
          for (const beside of besides(kind, request.principal)) {
            const decided = [old, latest].map(
              policy => decide(setWith(beside, kind, policy), request).outcome,
            )
            if (decided[0] === decided[1]) seen.alike++
            else {
              seen.differing++
              assert.ok(isTold(found, [old, latest], request, beside), JSON.stringify({ decided, found }))
            }
          }
        }
      }),
      { numRuns: runs },
    )
    assert.ok(seen.exact > runs / 2 && seen.differing > runs && seen.alike > runs, JSON.stringify(seen))
  })
})

/** Whether some change is about a statement that matches the request. */
function isTold(
  found: PolicyDiff,
  [old, latest]: Policy[],
  request: PolicyRequest,
  beside: PolicySet,
): boolean {
  return changesOf(found).some(({ version, statement }) => {
    const made = (version === 'old' ? old : latest)?.statements[statement.index]
    return made !== undefined && matches(made, request, beside.boundary !== undefined)
  })
}

/** What may stand beside a policy, for those who have policies of their own. */
function besides(kind: PolicyKind, principal: PolicyPrincipal): PolicySet[] {
  const [all, none] = [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Allow', NotAction: '*', Resource: '*' },
  ]
  if (kind === 'identity') return principal.kind === 'root' ? [] : [{}]
  const identity = [parse('identity', [all])]
  if (kind === 'boundary' || kind === 'session') return [{ identity }]
  if (!['user', 'session', 'federatedUser'].includes(principal.kind)) return [{}]
  return [
    {},
    { identity },
    principal.kind === 'user'
      ? { boundary: parse('boundary', [none]) }
      : { session: [parse('session', [none])] },
    { identity, boundary: parse('boundary', [all]) },
  ]
}

/** A statement for each of its actions. */
function split(one: object): object[] {
  const { Action } = one as { Action?: string[] }
  return Action === undefined ? [one] : Action.map(action => ({ ...one, Action: action }))
}

/** The same with one condition more. */
function narrowed(one: object): object {
  const { Condition = {} } = one as { Condition?: object }
  return { ...one, Condition: { ...Condition, BinaryEquals: { 'k:other': 'YQ==' } } }
}
