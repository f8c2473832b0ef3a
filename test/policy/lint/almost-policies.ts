/** Policies, and documents that are almost policies: what people and attackers write. */
import fc from 'fast-check'
import { type PolicyKind, policyKinds } from '../../../server/policy/policy.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}

const actions =
  words(`iam:GetRole iam:Get* IAM:getrole iam:GetRoles * notes:Read note:Read s3:Get?bject iam:PassRole
  iam:PutRolePolicy secretsmanager:GetSecretValue secretsmanager:ListSecrets sts:AssumeRole iam:*`)
const trustActions = words(`sts:AssumeRole sts:AssumeRoleWithWebIdentity sts:TagSession sts:* STS:assumerole`)
const resources =
  words(`* arn:aws:iam::123456789012:role/x arn:aws:iam::123456789012:role/* arn:aws:notes:eu-1::note/7
  arn:aws:iam::123456789012:user/\${aws:username} arn:aws:iam:eu:12:rol/x arn:aws:s3* arn: *x arn:\${x}:iam::1:role/x
  arn:aws:secretsmanager:eu-1:123456789012:secret:a-??????`)
const principals =
  words(`123456789012 arn:aws:iam::123456789012:root arn:aws:iam::123456789012:role/x accounts.google.com
  AROA123456789ABCDEF graph.facebook.com cognito-identity.amazonaws.com ec2.amazonaws.com ec2 arn:aws:iam::1:rol/x
  arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com arn:aws:iam::1:saml-provider/x`)
const keys =
  words(`aws:SourceIp aws:sourceip aws:TagKeys aws:PrincipalTag/team aws:PrincipalArn aws:CurrentTime
  aws:MultiFactorAuthPresent aws:EpochTime accounts.google.com:aud accounts.google.com:sub graph.facebook.com:app_id
  token.actions.githubusercontent.com:sub cognito-identity.amazonaws.com:amr iam:PassedToService aws:SourceIP4
  aws:RequestTag aws:VpcSourceIp x __proto__ constructor`)

const texts = [
  ...words('red * r*d ${aws:username} ${aws ${*} repo:* repo:me/it:* 123456789012'),
  '',
  '${ }',
  "${x, 'y'}",
]
const arns = words(
  'arn:aws:iam::123456789012:role/* arn:aws:iam::1:rol/x * x arn:aws:iam::*:user/${aws:username}',
)
const numbers: Json[] = ['1', '-1.5', 3, 0, -0, 1e3, 0.5]
const dates: Json[] = ['2030-01-31', '2020-01-31T00:00:00Z', '2020', 1_700_000_000]
const answers: Json[] = ['true', 'False', true, false]
const addresses: Json[] = [
  '10.0.0.1/8',
  '203.0.113.0/24',
  '203.0.113.7',
  '::/0',
  '2001:db8::/32',
  '0.0.0.0/0',
]

/** Operators, each with values that it can be given. */
const comparisons: readonly (readonly [operators: string, values: readonly Json[]])[] = [
  ['StringEquals StringNotEquals StringLike StringEqualsIfExists StringNotEqualsIgnoreCase', texts],
  ['ForAllValues:StringLike ForAnyValue:StringNotEquals ForAllValues:StringEqualsIfExists', texts],
  ['ArnLike ArnNotEquals ForAnyValue:ArnEqualsIfExists', arns],
  ['NumericLessThan NumericGreaterThanEquals NumericNotEquals NumericEqualsIfExists', numbers],
  ['DateGreaterThan DateLessThanIfExists DateEquals ForAnyValue:DateNotEquals', dates],
  ['Bool BoolIfExists Null', answers],
  ['IpAddress NotIpAddress ForAllValues:IpAddress', addresses],
  ['BinaryEquals', ['aGk=', '']],
]

function oneOrMore(values: readonly Json[], minLength = 1): fc.Arbitrary<Json> {
  const one = fc.constantFrom(...values)
  return fc.oneof(one, fc.array(one, { minLength, maxLength: 4 }))
}

function dictionary(entry: fc.Arbitrary<readonly [string, Json]>, minLength: number): fc.Arbitrary<Json> {
  return fc
    .uniqueArray(entry, { minLength, maxLength: 3, selector: ([name]) => name })
    .map(entries => Object.fromEntries(entries))
}

const block = fc.constantFrom(...comparisons).chain(([operators, values]) => {
  const line = fc.tuple(fc.constantFrom(...keys), oneOrMore(values, 0))
  return fc.tuple(fc.constantFrom(...operators.split(' ')), dictionary(line, 0))
})

const principal: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>('*', { AWS: '*' }),
  dictionary(
    fc.tuple(fc.constantFrom('AWS', 'Federated', 'Service', 'CanonicalUser'), oneOrMore(principals)),
    1,
  ),
)

/** An element or its Not-form. */
function either(name: string, value: fc.Arbitrary<Json>): fc.Arbitrary<Record<string, Json>> {
  return fc
    .tuple(fc.constantFrom(name, name, name, `Not${name}`), value)
    .map(([key, one]) => ({ [key]: one }))
}

function statementOf(kind: PolicyKind): fc.Arbitrary<Record<string, Json>> {
  const nothing = fc.constant({})
  return fc
    .tuple(
      fc.record({ Effect: fc.constantFrom('Allow', 'Deny') }),
      either('Action', oneOrMore(kind === 'trust' ? trustActions : actions)),
      kind === 'trust' ? nothing : either('Resource', oneOrMore(resources)),
      kind === 'trust' || kind === 'resource' ? either('Principal', principal) : nothing,
      fc.oneof(nothing, fc.record({ Condition: dictionary(block, 0) })),
      fc.oneof(nothing, fc.record({ Sid: fc.constantFrom('One', 'Two', 'Three', '4') })),
    )
    .map(parts => Object.assign({}, ...parts))
}

/** Documents of which the parser takes nearly all. */
export function policiesOf(kind: PolicyKind): fc.Arbitrary<Record<string, Json>> {
  const statement = statementOf(kind)
  return fc.record(
    {
      Version: fc.constantFrom('2012-10-17', '2008-10-17'),
      Id: fc.constant('an-id'),
      Statement: fc.oneof(statement, fc.array(statement, { minLength: 1, maxLength: 4 })),
    },
    { requiredKeys: ['Statement'] },
  )
}

/** What has no business where it is put. */
const junk: readonly Json[] = [
  ...JSON.parse(
    '[null, true, 0, "", "x", " ", [], {}, [[]], [{}], [null], ["x", 1], {"x": 1}, {"AWS": "*"}]',
  ),
  ...words(`iam iam: :Get i*m:Get arn:aws:iam::1:role/x * ARN:aws: note/7 allow 2012-10-18 Ünö aGk 203.0.113.0/33
    arn:aws:iam::123456789012:role/? arn:aws:iam::123456789012:role/*
    1e3 yes 2030-02-30`),
  ...['iam:Get Role', 'iam:GetRole iam:PassRole', 'Number three'],
  `arn:aws:iam::123456789012:role/${'x'.repeat(2_100)}`,
]
const names =
  words(`Version Id Statement Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition
  effect AWS Aws Federated StringEquals stringEquals StringEqual NullIfExists ForAllValues:Null ForSomeValues:Bool
  __proto__ x`).concat('')

type Change = { at: number; how: 'replace' | 'drop' | 'rename' | 'add'; value: Json; name: string }

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'drop', 'rename', 'add'),
  value: fc.constantFrom(...junk),
  name: fc.constantFrom(...names),
})

type Parent = { [name: string]: Json } | Json[]

function placesIn(node: Json): { parent: Parent; key: string }[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, inner]) => [{ parent: node, key }, ...placesIn(inner)])
}

function changed(document: Json, { at, how, value, name }: Change): Json {
  const copy = structuredClone(document)
  const places = placesIn(copy)
  const place = places[at % Math.max(1, places.length)]
  if (place === undefined) return value
  const { parent, key } = place
  if (Array.isArray(parent)) {
    if (how === 'drop') parent.splice(Number(key), 1)
    else parent[Number(key)] = value
    return copy
  }
  const own = parent[key] ?? null
  if (how === 'drop' || how === 'rename') delete parent[key]
  if (how === 'replace') parent[key] = value
  if (how === 'rename' || how === 'add')
    Object.defineProperty(parent, name, {
      value: how === 'add' ? value : own,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  return copy
}

const twice = ['twice', 'twice', 'twice']

/** A character more, less or another; or a member twice. */
type Slip = { at: number; what: string }

const slip: fc.Arbitrary<Slip | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      at: fc.nat(),
      what: fc.constantFrom(
        '',
        '"',
        '\\',
        ',',
        '}',
        ']',
        '\\u0041',
        '\\u0022',
        '\n',
        '\ufeff',
        ' ',
        ...twice,
      ),
    }),
  },
)

function slipped(text: string, { at, what }: Slip): string {
  const from = at % (text.length + 1)
  if (what !== 'twice') return text.slice(0, from) + what + text.slice(from + (at % 2))
  return text.slice(0, from) + text.slice(from).replace(/"[^"]*":/, '$& 1, $&')
}

/** Now and then sound, most often with one thing wrong: behind the first error nobody looks. */
export function almostPoliciesOf(kind: PolicyKind): fc.Arbitrary<string> {
  return fc
    .tuple(policiesOf(kind), fc.array(change, { maxLength: 2 }), fc.constantFrom(undefined, 1, '\t'), slip)
    .map(([document, changes, space, slip]) => {
      const text = JSON.stringify(changes.reduce<Json>(changed, document), undefined, space)
      return slip === undefined ? text : slipped(text, slip)
    })
}

export const almostPolicies: fc.Arbitrary<[document: string, kind: PolicyKind]> = fc
  .tuple(fc.constantFrom(...policyKinds), fc.constantFrom(...policyKinds), fc.nat(9))
  // One in ten is read as what it was not written for.
  .chain(([kind, other, n]) => fc.tuple(almostPoliciesOf(kind), fc.constant(n === 0 ? other : kind)))
