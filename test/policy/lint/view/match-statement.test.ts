import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trustChecks } from '../../../../server/policy/lint/checks/trust.ts'
import { trustMatchChecks } from '../../../../server/policy/lint/checks/trust-match.ts'
import type { PolicyView } from '../../../../server/policy/lint/view/policy-view.ts'
import { viewPolicy } from '../../../../server/policy/lint/view/view-policy.ts'
import { documentOf } from '../find.ts'

const github = 'token.actions.githubusercontent.com'
const many = (count: number, text: string) => Array.from({ length: count }, (_, n) => `${text}${n}`)

type Counted = { value: string }

/** The same, where reading a text counts. */
function counting(view: PolicyView): { view: PolicyView; reads(): number } {
  let reads = 0
  const counted = <One extends Counted>(one: One): One =>
    Object.defineProperty({ ...one }, 'value', {
      get: () => {
        reads++
        return one.value
      },
    })
  const statements = view.statements.map(statement => ({
    ...statement,
    ...(statement.actions && {
      actions: { ...statement.actions, texts: statement.actions.texts.map(counted) },
    }),
    conditions: statement.conditions.map(one => ({ ...one, values: one.values.map(counted) })),
  }))
  return { view: { ...view, statements }, reads: () => reads }
}

/** How often the checks of trust policies read each of so many values and actions. */
function readsOfEach(count: number, principals: number): number {
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: many(principals, github).map(() => github) },
    Action: [...many(count, 'sts:No'), 'sts:AssumeRoleWithWebIdentity'],
    Condition: {
      StringEquals: { [`${github}:aud`]: many(count, 'app') },
      StringLike: { [`${github}:sub`]: many(count, 'repo:owner/name:') },
    },
  }
  const { view, reads } = counting(viewPolicy(documentOf(statement), 'trust', {}))
  for (const { find } of Object.values({ ...trustChecks, ...trustMatchChecks })) assert.ok([...find(view)])
  return reads() / (3 * count + 1)
}

test('the values and actions of a trust policy are read as often where there are many of them, or many principals', () => {
  const few = readsOfEach(5, 1)
  assert.ok(few >= 1, 'they are looked at')
  for (const [count, principals] of [
    [400, 1],
    [5, 100],
    [400, 100],
  ] as const) {
    const reads = readsOfEach(count, principals)
    assert.ok(reads <= few + 1, `${reads} times each where ${count} by ${principals}, ${few} where few`)
  }
})
