/** Small policies that meet each other often, and contexts that meet their conditions often. */
import fc from 'fast-check'
import { parsePolicy } from '../../../server/policy/parse-policy.ts'
import type { Policy, PolicyKind } from '../../../server/policy/policy.ts'
import type { Context, PolicyPrincipal, PolicyRequest } from '../../../server/policy/request.ts'

export const account = '111122223333'
export const stranger = '999988887777'

const ada = `arn:aws:iam::${account}:user/ada`
const writer = `arn:aws:iam::${account}:role/writer`
const session = `arn:aws:sts::${account}:assumed-role/writer/ada`

export const principals: readonly PolicyPrincipal[] = [
  { kind: 'user', accountId: account, arn: ada },
  { kind: 'user', accountId: account, arn: `arn:aws:iam::${account}:user/bob` },
  { kind: 'session', accountId: account, arn: session, roleArn: writer },
  { kind: 'root', accountId: account },
  { kind: 'user', accountId: stranger, arn: `arn:aws:iam::${stranger}:user/eve` },
  {
    kind: 'federatedUser',
    accountId: account,
    arn: `arn:aws:sts::${account}:federated-user/guest`,
    userArn: ada,
  },
  { kind: 'user', accountId: account, arn: `arn:aws:iam::${account}:user/cat`, canonicalUser: 'c4n0n1c4l' },
  { kind: 'federated', providers: ['accounts.google.com'] },
  { kind: 'federated', providers: ['graph.facebook.com', 'accounts.google.com'] },
  { kind: 'service', names: ['lambda.amazonaws.com'] },
  { kind: 'anonymous' },
]

const principalElements = [
  '*',
  { AWS: '*' },
  { AWS: account },
  { AWS: ada },
  { AWS: [writer, `arn:aws:iam::${stranger}:root`] },
  { AWS: session },
  { Federated: 'accounts.google.com' },
  { Federated: ['graph.facebook.com'], Service: 'lambda.amazonaws.com' },
  { CanonicalUser: 'c4n0n1c4l' },
]

const actions = ['n:Read', 'n:Write', 'n:R*', 'n:*e*', 'n:*', '*', 'm:Read', 'n:Re?d']
const trustActions = ['sts:AssumeRole', 'sts:Assume*', 'sts:TagSession', 'sts:*']
const bucket = 'arn:aws:n:::b'
const resources = ['*', `${bucket}/*`, `${bucket}/a`, `${bucket}/a*`, 'arn:aws:n:*:*:b/?', 'arn:aws:n*']
const withVariables = [`${bucket}/\${k:name}`, `${bucket}/\${k:name}*`, `${bucket}/\${k:name, 'a'}`]

export const requestActions = ['n:Read', 'n:write', 'n:Re', 'n:Other', 'm:Read', 'n:Reed', 'sts:AssumeRole']
export const requestResources = ['*', `${bucket}/a`, `${bucket}/ab`, `${bucket}/b`, 'arn:aws:m:::b/a']
const values: Readonly<Record<string, readonly string[]>> = {
  'k:name': ['a', 'b', 'ab', '*', 'A'],
  'k:tag': ['a', 'b', 'abc', 'B', ''],
  'k:number': ['5', '4', '5.5', '10', '-3', 'five'],
  'k:date': ['2026-01-01', '2026-06-01T00:00:00Z', '1767225600', 'soon'],
  'k:ip': ['192.0.2.1', '192.0.3.1', '::1', '::ffff:192.0.2.7', 'home'],
  'k:flag': ['true', 'false', 'True'],
}

/** Operators by key, with values to compare with. */
const comparisons: readonly (readonly [
  key: string,
  operators: readonly string[],
  values: readonly string[],
])[] = [
  ['K:name', ['StringEquals', 'StringLike', 'StringNotEquals'], ['a', 'a*', 'b']],
  ['k:Tag', ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase'], ['a', 'b', '']],
  ['k:Tag', ['StringLike', 'StringNotLike'], ['a*', '*b*', '?', '*', 'ab?']],
  ['k:number', ['NumericLessThan', 'NumericGreaterThanEquals', 'NumericNotEquals'], ['5', '10', '5.5']],
  ['k:date', ['DateLessThan', 'DateGreaterThan', 'DateEquals'], ['2026-01-01', '2026-03-01']],
  ['k:ip', ['IpAddress', 'NotIpAddress'], ['192.0.2.0/24', '192.0.0.0/16', '::/0']],
  ['k:flag', ['Bool'], ['true', 'false']],
  ['k:flag', ['Null'], ['true', 'false']],
]
const variableComparisons: typeof comparisons = [
  ['k:Tag', ['StringEquals', 'StringNotEquals', 'StringLike'], ['${k:name}', '${k:name}*', "${k:name, 'b'}"]],
]

export type Wish = { variables?: boolean; sets?: boolean; most?: number }

function someOf<T>(list: readonly T[], max = 2): fc.Arbitrary<T[]> {
  return fc.uniqueArray(fc.constantFrom(...list), { minLength: 1, maxLength: max })
}

function condition({ variables = true, sets = true }: Wish): fc.Arbitrary<object> {
  const lines = variables ? [...comparisons, ...variableComparisons] : comparisons
  return fc.constantFrom(...lines).chain(([key, operators, wanted]) => {
    const prefix = sets ? fc.constantFrom('', '', '', 'ForAnyValue:', 'ForAllValues:') : fc.constant('')
    const suffix = fc.constantFrom('', '', '', 'IfExists')
    return fc
      .tuple(prefix, fc.constantFrom(...operators), suffix, someOf(wanted))
      .map(([set, operator, ifExists, list]) => ({
        [operator === 'Null' ? operator : `${set}${operator}${ifExists}`]: { [key]: list },
      }))
  })
}

export function statement(kind: PolicyKind, wish: Wish = {}): fc.Arbitrary<object> {
  const { variables = true } = wish
  const negatable = (name: string, list: fc.Arbitrary<unknown>) =>
    fc.tuple(fc.constantFrom('', '', '', 'Not'), list).map(([not, value]) => ({ [`${not}${name}`]: value }))
  const parts: fc.Arbitrary<object>[] = [
    fc.constantFrom('Allow', 'Allow', 'Deny').map(Effect => ({ Effect })),
    negatable('Action', someOf(kind === 'trust' ? trustActions : actions)),
  ]
  if (kind !== 'trust') {
    parts.push(negatable('Resource', someOf(variables ? [...resources, ...withVariables] : resources)))
  }
  if (kind === 'trust' || kind === 'resource') {
    const element = fc.constantFrom(...principalElements)
    // Only a Deny has NotPrincipal, and none in a trust policy.
    const denying = element.map(NotPrincipal => ({ NotPrincipal, Effect: 'Deny' }))
    const naming = element.map(Principal => ({ Principal }))
    parts.push(
      kind === 'trust'
        ? naming
        : fc.oneof({ arbitrary: naming, weight: 3 }, { arbitrary: denying, weight: 1 }),
    )
  }
  const conditions = fc
    .array(condition(wish), { maxLength: 2 })
    .map(some => (some.length === 0 ? {} : { Condition: Object.assign({}, ...some) }))
  return fc.tuple(fc.tuple(...parts), conditions).map(([some, one]) => Object.assign({}, ...some, one))
}

export function statements(kind: PolicyKind, wish: Wish = {}): fc.Arbitrary<object[]> {
  return fc.array(statement(kind, wish), { minLength: 1, maxLength: wish.most ?? 3 })
}

export function parse(kind: PolicyKind, list: readonly object[]): Policy {
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: list }), kind)
}

/** Some keys with no value, one, or two. */
export const contexts: fc.Arbitrary<Context> = fc
  .record(
    Object.fromEntries(
      Object.entries(values).map(([key, list]) => [
        key,
        fc.oneof(
          { weight: 1, arbitrary: fc.constant([]) },
          { weight: 3, arbitrary: fc.constantFrom(...list).map(value => [value]) },
          { weight: 1, arbitrary: fc.array(fc.constantFrom(...list), { minLength: 2, maxLength: 3 }) },
        ),
      ]),
    ),
  )
  .map(record => new Map(Object.entries(record).filter(([, list]) => list.length > 0)))

/** Which keys of a context are told. */
export const someKeys: fc.Arbitrary<string[]> = fc.subarray(Object.keys(values))

export function requests(kind: PolicyKind): fc.Arbitrary<PolicyRequest> {
  return fc.record({
    principal: fc.constantFrom(...principals),
    action:
      kind === 'trust'
        ? fc.constantFrom('sts:AssumeRole', 'sts:TagSession', 'sts:GetCallerIdentity')
        : fc.constantFrom(...requestActions),
    resource: fc.constantFrom(...requestResources),
    resourceAccountId: fc.constantFrom(account, stranger),
    context: contexts,
  })
}
