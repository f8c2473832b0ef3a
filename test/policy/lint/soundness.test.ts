/** What the linter calls useless must be useless: the engine decides. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decide } from '../../../server/policy/decide/decide.ts'
import { lint } from '../../../server/policy/lint/lint.ts'
import { parsePolicy } from '../../../server/policy/parse-policy.ts'
import type { Policy, PolicyKind } from '../../../server/policy/policy.ts'
import type { PolicyPrincipal, PolicyRequest } from '../../../server/policy/request.ts'
import { policiesOf } from './almost-policies.ts'

const accountId = '123456789012'

const principals: readonly PolicyPrincipal[] = [
  { kind: 'root', accountId },
  { kind: 'user', accountId, arn: `arn:aws:iam::${accountId}:user/ada` },
  {
    kind: 'session',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/x/ada`,
    roleArn: `arn:aws:iam::${accountId}:role/x`,
  },
  { kind: 'federated', providers: ['accounts.google.com'] },
  { kind: 'service', names: ['ec2.amazonaws.com'] },
  { kind: 'anonymous' },
]

/** An empty list is as good as an absent key. */
const some = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 1 })
const several = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 2 })
const contextValues = {
  'aws:sourceip': some('10.1.2.3', '203.0.113.7', '2001:db8::1'),
  'aws:tagkeys': several('red', 'r*d', 'rd', 'blue'),
  'aws:principaltag/team': some('red', '', 'repo:me/it:x', 'Red'),
  'aws:principalarn': some(`arn:aws:iam::${accountId}:role/x`, 'x'),
  'aws:currenttime': some('2031-01-01T00:00:00Z', '1999-01-01', '1', '3'),
  'aws:multifactorauthpresent': some('true', 'false'),
  'aws:epochtime': some('1', '3', '1700000000', '-2'),
  'accounts.google.com:aud': some('red', '123456789012'),
  'iam:passedtoservice': some('red', 'true', '0.5', 'aGk='),
  'aws:username': some('ada', '*'),
  x: several('y', 'red', 'true', '0', '10.1.2.3'),
}

const request: fc.Arbitrary<PolicyRequest> = fc
  .record({
    principal: fc.constantFrom(...principals),
    action: fc.constantFrom(
      ...['iam:GetRole', 'iam:PassRole', 'notes:Read', 's3:GetObject', 'sts:AssumeRole', 'sts:TagSession'],
      'secretsmanager:GetSecretValue',
    ),
    resource: fc.constantFrom(
      ...['*', `arn:aws:iam::${accountId}:role/x`, 'arn:aws:notes:eu-1::note/7', 'arn:aws:s3:::a'],
      ...[`arn:aws:iam::${accountId}:user/ada`, `arn:aws:secretsmanager:eu-1:${accountId}:secret:a-123456`],
    ),
    context: fc.tuple(
      ...Object.entries(contextValues).map(([key, given]) => given.map(values => [key, values] as const)),
    ),
  })
  .map(asked => ({ ...asked, context: new Map(asked.context) }))

function outcomeOf(policy: Policy, asked: PolicyRequest): string {
  const own = policy.kind === 'identity' ? { identity: [policy] } : { resource: policy }
  return decide(own, asked).outcome
}

/** A copy without what stands at such a path. */
function without(document: unknown, path: string): string {
  const copy = structuredClone(document)
  const steps = [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\.?(\w+)/g)]
  const last = steps.pop()
  let node = copy as Record<string, unknown> | unknown[]
  for (const [, index, quoted, name = ''] of steps) {
    node = (node as Record<string, unknown>)[index ?? quoted ?? name] as typeof node
  }
  assert.ok(Array.isArray(node), `${path} is in a list`)
  node.splice(Number(last?.[1]), 1)
  return JSON.stringify(copy)
}

const useless = /^(?:statement|action|resource|principal|value)-(?:redundant|unreachable)$/

function documents(): fc.Arbitrary<[unknown, PolicyKind]> {
  return fc
    .constantFrom<PolicyKind>('identity', 'resource', 'trust')
    .chain(kind => fc.tuple(policiesOf(kind) as fc.Arbitrary<unknown>, fc.constant(kind)))
    .filter(
      ([document, kind]) => !lint(JSON.stringify(document), kind).some(({ level }) => level === 'error'),
    )
}

describe('the engine', () => {
  test('decides the same without anything that is called redundant or unreachable', () => {
    let tried = 0
    fc.assert(
      fc.property(
        documents(),
        fc.array(request, { minLength: 30, maxLength: 30 }),
        ([document, kind], asked) => {
          const text = JSON.stringify(document)
          const whole = parsePolicy(text, kind)
          for (const { code, path } of lint(text, kind).filter(({ code }) => useless.test(code))) {
            const less = parsePolicy(without(document, path), kind)
            tried++
            for (const one of asked)
              assert.equal(outcomeOf(less, one), outcomeOf(whole, one), `${code} ${path}`)
          }
        },
      ),
      { numRuns: 1_200 },
    )
    assert.ok(tried > 500, `only ${tried} were tried`)
  })

  test('never finds conditions to hold that are called contradictory', () => {
    let tried = 0
    fc.assert(
      fc.property(contradictory, fc.array(request, { minLength: 30, maxLength: 30 }), (condition, asked) => {
        const document = { Effect: 'Allow', Action: '*', Resource: '*', Condition: condition }
        const text = JSON.stringify({ Version: '2012-10-17', Statement: [document] })
        if (!lint(text, 'identity').some(({ code }) => code === 'condition-contradiction')) return
        tried++
        const policy = parsePolicy(text, 'identity')
        for (const one of asked) assert.notEqual(outcomeOf(policy, { ...one, principal: user }), 'allowed')
      }),
      { numRuns: 2_000 },
    )
    assert.ok(tried > 100, `only ${tried} were tried`)
  })
})

const user: PolicyPrincipal = { kind: 'user', accountId, arn: `arn:aws:iam::${accountId}:user/ada` }

const few = (...values: string[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })

/** Several conditions on one key. */
const contradictory = fc
  .constantFrom(
    ...[
      [
        'aws:principaltag/team',
        'StringEquals StringNotEquals StringLike StringNotEqualsIgnoreCase Null',
        'red Red r*d true',
      ],
      [
        'aws:tagkeys',
        'StringEquals StringNotEquals ForAnyValue:StringEquals ForAllValues:StringNotEquals',
        'red blue',
      ],
      [
        'aws:epochtime',
        'NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals',
        '1 2 3',
      ],
      [
        'aws:currenttime',
        'DateLessThan DateLessThanEquals DateGreaterThanEquals DateEquals DateNotEquals',
        '1 2 3',
      ],
      ['aws:multifactorauthpresent', 'Bool BoolIfExists Null', 'true false'],
      ['aws:sourceip', 'IpAddress NotIpAddress', '10.0.0.0/8 203.0.113.7'],
    ].map(parts => parts.map(part => part.split(' '))),
  )
  .chain(([keys = [], operators = [], values = []]) => {
    const valuesFor = (operator: string) => (operator === 'Null' ? few('true', 'false') : few(...values))
    return fc
      .subarray(operators, { minLength: 2 })
      .chain(chosen => fc.tuple(...chosen.map(one => fc.tuple(fc.constant(one), valuesFor(one)))))
      .map(lines => Object.fromEntries(lines.map(([name, given]) => [name, { [keys[0] ?? '']: given }])))
  })
