import type { PolicySet } from '../../decide/decide.ts'
import { reachOf } from '../../language/statement.ts'
import { parsePolicy } from '../../parse-policy.ts'
import { namesPrincipals, type Policy, type PolicyKind } from '../../policy.ts'
import { accountOf, type PolicyPrincipal, type PolicyRequest } from '../../request.ts'
import { bitsOf, type Comparison } from './comparison.ts'
import { exampleAccounts, principalsFor } from './principals.ts'

/**
 * What stands beside the policy in an example. `nothing`: the policy alone decides. `everything`: the
 * principal's own policies allow everything. `narrowed`: what narrows the principal allows nothing, so that
 * only a grant that nothing narrows counts. `bounded`: as `everything`, within a boundary that allows everything.
 */
export type OwnPolicies = 'nothing' | 'everything' | 'narrowed' | 'bounded'

/** Somebody who asks, with what stands beside the policy. */
export type Asker = {
  principal: PolicyPrincipal
  resourceAccountId: string | undefined
  own: OwnPolicies
  beside: PolicySet
  /** The entries that mean the principal. */
  entries: bigint
}

/** One for each way in which a policy can mean somebody, and in which its decision can then count. */
export function askersFor(
  comparison: Comparison,
  accountId: string | undefined,
): { askers: Asker[]; complete: boolean } {
  const { kind } = comparison
  if (!namesPrincipals(kind)) return { askers: [bearerOf(comparison, accountId)], complete: true }
  const elements = comparison.entries.flatMap(({ statement }) =>
    statement.principal === undefined ? [] : [statement.principal.element],
  )
  const outcomeOf = (principal: PolicyPrincipal): string =>
    comparison.entries.map(({ statement }) => reachOf(statement, requestOf(principal))).join()
  const { principals, complete } = principalsFor(elements, accountId, outcomeOf)
  const askers = new Map<string, Asker>()
  for (const principal of principals) {
    for (const resourceAccountId of ownersFor(principal, accountId)) {
      const isHome = accountOf(principal) === resourceAccountId
      for (const [own, beside] of besidesFor(principal)) {
        const name = [principal.kind, isHome, own, outcomeOf(principal)].join(' ')
        if (askers.has(name)) continue
        const entries = meaning(comparison, principal, beside.boundary !== undefined)
        askers.set(name, { principal, resourceAccountId, own, beside, entries })
      }
    }
  }
  return { askers: [...askers.values()].sort((one, other) => rank(one.own) - rank(other.own)), complete }
}

/** Of a policy that names nobody: whoever has it. */
function bearerOf({ kind, entries }: Comparison, accountId: string = exampleAccounts[0]): Asker {
  const iam = `arn:aws:iam::${accountId}`
  const session = `arn:aws:sts::${accountId}:assumed-role/example/example`
  return {
    principal:
      kind === 'session'
        ? { kind, accountId, arn: session, roleArn: `${iam}:role/example` }
        : { kind: 'user', accountId, arn: `${iam}:user/example` },
    resourceAccountId: undefined,
    own: kind === 'identity' ? 'nothing' : 'everything',
    beside: kind === 'identity' ? {} : all,
    entries: bitsOf(entries, () => true),
  }
}

function meaning({ entries }: Comparison, principal: PolicyPrincipal, bounded: boolean): bigint {
  return bitsOf(entries, ({ statement }) => reachOf(statement, requestOf(principal), bounded) !== 'none')
}

function requestOf(principal: PolicyPrincipal): PolicyRequest {
  return { principal, action: '', resource: '', context: new Map() }
}

/** Where nothing is said, the resource may be the principal's own account's or another's. */
function ownersFor(principal: PolicyPrincipal, accountId: string | undefined): (string | undefined)[] {
  if (accountId !== undefined) return [accountId]
  const own = accountOf(principal)
  return own === undefined ? [undefined] : [own, exampleAccounts.find(id => id !== own)]
}

function besidesFor({ kind }: PolicyPrincipal): readonly [OwnPolicies, PolicySet][] {
  return kind === 'user' ? ofUser : kind === 'session' || kind === 'federatedUser' ? ofSession : [alone]
}

const all: PolicySet = { identity: [simplePolicy('identity', 'Action')] }
const alone: [OwnPolicies, PolicySet] = ['nothing', {}]
const bounded: [OwnPolicies, PolicySet] = [
  'bounded',
  { ...all, boundary: simplePolicy('boundary', 'Action') },
]
/** All actions but all allow none. */
const ofUser: readonly [OwnPolicies, PolicySet][] = [
  alone,
  ['everything', all],
  ['narrowed', { boundary: simplePolicy('boundary', 'NotAction') }],
  bounded,
]
const ofSession: readonly [OwnPolicies, PolicySet][] = [
  alone,
  ['everything', all],
  ['narrowed', { session: [simplePolicy('session', 'NotAction')] }],
  bounded,
]

const ranks = { nothing: 0, everything: 1, narrowed: 2, bounded: 3 }

/** An example with less beside it is easier to understand. */
function rank(own: OwnPolicies): number {
  return ranks[own]
}

function simplePolicy(kind: PolicyKind, element: string): Policy {
  const statement = { Effect: 'Allow', [element]: '*', Resource: '*' }
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement }), kind)
}
