/**
 * Random policies and requests that meet each other often: few letters, few names, and wildcards, variables,
 * absent keys and keys with several values everywhere.
 */
import fc from 'fast-check'
import type { PolicyKind } from '../../server/policy/policy.ts'
import type { PolicyPrincipal, PolicyRequest } from '../../server/policy/request.ts'
import { randomConditions, randomContext } from './random-conditions.ts'
import { cast, type Documents, type PolicyDocument, type Statement } from './vectors.ts'

export type Scene = { documents: Documents; request: PolicyRequest }

const [home, away] = ['111122223333', '444455556666']

/** One of these, the first oftener than the last. */
export function often<Value>(...values: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof(
    ...values.map((value, n) => ({ arbitrary: fc.constant(value), weight: 2 * (values.length - n) - 1 })),
  )
}

/** There so many times in ten. */
function maybe<Value>(one: fc.Arbitrary<Value>, times: number): fc.Arbitrary<Value | undefined> {
  return fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 10 - times },
    { arbitrary: one, weight: times },
  )
}

/** One bare, or a list. */
function oneOrMore(one: fc.Arbitrary<string>, maxLength = 3): fc.Arbitrary<string | string[]> {
  return fc.oneof(one, fc.array(one, { minLength: 1, maxLength }))
}

function textOf(maxLength: number, ...pieces: readonly string[]): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...pieces), { maxLength }).map(some => some.join(''))
}

const services = often('s', 'sts', 'S')
const actionName = fc
  .tuple(fc.constantFrom('a', 'b', 'A'), textOf(3, 'a', 'b', 'B'))
  .map(([first, rest]) => first + rest)
const actionPattern = (service: fc.Arbitrary<string>) =>
  fc
    .tuple(service, fc.oneof(fc.constant('*'), actionName, textOf(3, 'a', '*', 'b', '?', 'B')))
    .map(([prefix, name]) => `${prefix}:${name || '*'}`)
const anyAction = fc.oneof(
  { arbitrary: fc.constant('*'), weight: 2 },
  { arbitrary: actionPattern(services), weight: 3 },
)

const variables = [
  '${u}',
  '${U}',
  "${t, 'ab'}",
  "${m,'b'}",
  '${many}',
  '${*}',
  '${?}',
  '${$}',
  '${none}',
  '${u',
]
const resourceRest = textOf(5, 'a', 'b', '/', ':', 'ab', '*', '$')
const restPattern = textOf(5, 'a', '*', 'b', '/', '?', ':', 'ab', '*', ...variables)
const arn = fc
  .tuple(often('s', 'ss'), often('r', 'rr', ''), often(home, away, ''), resourceRest)
  .map(([service, region, account, rest]) => `arn:aws:${service}:${region}:${account}:${rest}`)
const arnPattern = fc
  .tuple(
    often('arn:aws', 'arn:*', 'arn:a?s'),
    often('s', '*', 's?', 'ss'),
    often('r', '*', 'r*', '?', ''),
    often('*', home, '1111*', away, `\${u}`, ''),
    fc.oneof(fc.constant('*'), restPattern),
  )
  .map(fields => fields.join(':'))
const shortPattern = often(
  'arn:aws:s*',
  'arn:*',
  'arn:aws:s:*',
  '**',
  'arn:aws:s',
  'arn:aws:s:r',
  'arn:aws:s:r*:*s',
  'arn:$' + '{u}*',
)
const resource = fc.oneof(
  { arbitrary: arn, weight: 12 },
  { arbitrary: fc.constant('*'), weight: 1 },
  { arbitrary: fc.constant('ab'), weight: 1 },
)
const resourcePattern = fc.oneof(
  { arbitrary: fc.constant('*'), weight: 4 },
  { arbitrary: arnPattern, weight: 8 },
  { arbitrary: arn, weight: 2 },
  { arbitrary: shortPattern, weight: 1 },
)

const everybody = Object.values(cast)
const atHome = everybody.filter(who => 'accountId' in who && who.accountId === home)
const principal = fc.oneof(fc.constantFrom(...atHome), fc.constantFrom(...everybody))
const namesOf = (who: PolicyPrincipal): string[] => [
  ...('arn' in who ? [who.arn] : []),
  ...('roleArn' in who ? [who.roleArn] : []),
  ...('userArn' in who ? [who.userArn] : []),
]
const awsName = fc.oneof(
  fc.constantFrom(...everybody.flatMap(namesOf)),
  often(home, `arn:aws:iam::${home}:root`, away, `arn:aws:iam::${away}:root`, '*', 'accounts.google.com'),
)
const principalElement = fc.oneof(
  { arbitrary: fc.constant('*'), weight: 1 },
  {
    arbitrary: fc
      .record(
        {
          AWS: oneOrMore(awsName),
          Federated: oneOrMore(often('accounts.google.com', 'graph.facebook.com')),
          Service: oneOrMore(often('scheduler.amazonaws.com', 'mailer.amazonaws.com')),
          CanonicalUser: oneOrMore(often('79a59df900b949e5', 'f00dfeed5eed')),
        },
        { requiredKeys: ['AWS'] },
      )
      .map(({ AWS, ...others }) => (others.Service === undefined ? { AWS, ...others } : others)),
    weight: 4,
  },
)

/** An element by its name, or now and then by its Not-form. */
function maybeNot(name: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<Statement> {
  return fc.tuple(value, often(name, name, `Not${name}`)).map(([one, as]) => ({ [as]: one }))
}

function principalsOf(kind: PolicyKind): fc.Arbitrary<Statement> {
  if (kind === 'trust') return principalElement.map(Principal => ({ Principal }))
  return kind === 'resource' ? maybeNot('Principal', principalElement) : fc.constant({})
}

export function statementOf(kind: PolicyKind): fc.Arbitrary<Statement> {
  const isTrust = kind === 'trust'
  const action = isTrust ? actionPattern(fc.constant('sts')) : anyAction
  return fc
    .tuple(
      often('Allow', 'Allow', 'Deny'),
      maybeNot('Action', oneOrMore(action)),
      isTrust ? fc.constant({}) : maybeNot('Resource', oneOrMore(resourcePattern)),
      principalsOf(kind),
      maybe(randomConditions, 6),
    )
    .map(([effect, actions, resources, principals, Condition]) => ({
      // NotPrincipal is there to deny, and in trust policies it is not at all.
      Effect: 'NotPrincipal' in principals ? 'Deny' : effect,
      ...actions,
      ...resources,
      ...principals,
      ...(Condition && { Condition }),
    }))
}

export function documentOf(kind: PolicyKind): fc.Arbitrary<PolicyDocument> {
  const statements = fc.array(statementOf(kind), { minLength: 1, maxLength: 4 })
  return fc.tuple(often('2012-10-17', '2008-10-17', undefined), statements).map(([Version, Statement]) => ({
    ...(Version && { Version }),
    Statement,
  }))
}

const documentsOf = (kind: PolicyKind, maxLength: number) => fc.array(documentOf(kind), { maxLength })
const documents: fc.Arbitrary<Documents> = fc
  .record(
    {
      identity: documentsOf('identity', 2),
      group: documentsOf('identity', 1),
      boundary: maybe(documentOf('boundary'), 3),
      session: documentsOf('session', 2),
      resource: maybe(documentOf('resource'), 7),
      trust: maybe(documentOf('trust'), 2),
    },
    { requiredKeys: ['boundary', 'resource', 'trust'] },
  )
  .map(({ boundary, resource: ofResource, trust, ...lists }) => ({
    ...lists,
    ...(boundary && { boundary }),
    ...(trust ? { trust } : ofResource && { resource: ofResource }),
  }))

export const randomRequest: fc.Arbitrary<PolicyRequest> = fc
  .tuple(
    principal,
    fc.tuple(services, actionName).map(([service, name]) => `${service}:${name}`),
    resource,
    often(undefined, undefined, home, away),
    randomContext,
  )
  .map(([who, action, what, resourceAccountId, context]) => ({
    principal: who,
    action,
    resource: what,
    ...(resourceAccountId && { resourceAccountId }),
    context,
  }))

export const randomScene: fc.Arbitrary<Scene> = fc.record({ documents, request: randomRequest })
