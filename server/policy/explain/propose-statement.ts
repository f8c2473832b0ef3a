import {
  type Decision,
  decide,
  type PolicyPart,
  type PolicySet,
  type StatementPlace,
} from '../decide/decide.ts'
import { parsePolicy } from '../parse-policy.ts'
import type { Policy } from '../policy.ts'
import type { PolicyPrincipal, PolicyRequest } from '../request.ts'

/** A statement as it stands in a document. */
export type ProposedStatement = {
  Effect: 'Allow'
  Principal?: Record<string, string>
  Action: string
  Resource?: string
  Condition?: Record<string, Record<string, string>>
}

export type Proposal =
  | { possible: true; add: readonly { part: 'identity' | 'resource'; statement: ProposedStatement }[] }
  /** Why no statement could: in words, for people. */
  | { possible: false; because: string }

/**
 * The smallest statements that would allow exactly this request, to be added to the principal's policies or
 * the resource's. Each proposal was tried: with it, `decide` allows.
 */
export function proposeStatement(policies: PolicySet, request: PolicyRequest): Proposal {
  const decision = decide(policies, request)
  if (decision.outcome === 'allowed') return { possible: false, because: 'It is allowed already.' }
  const add: { part: 'identity' | 'resource'; statement: ProposedStatement }[] = []
  let [last, tried]: [Decision, PolicySet] = [decision, policies]
  while (
    last.outcome === 'implicitlyDenied' &&
    (last.missing === 'identity' || last.missing === 'resource')
  ) {
    // Where nothing has the name that was asked for, that name is the resource, which no policy can say.
    if (!/^(?:arn:|\*+$)/.test(request.resource)) {
      return {
        possible: false,
        because: 'There is no such resource, and a policy names what there is by its ARN.',
      }
    }
    const part = last.missing
    if (add.some(one => one.part === part)) break
    const statement = part === 'identity' ? forIdentity(request) : forResource(policies, request)
    if (statement === undefined)
      return { possible: false, because: 'Only opening it to everybody would allow it.' }
    add.push({ part, statement })
    tried = withStatement(tried, part, statement)
    last = decide(tried, request)
  }
  return last.outcome === 'allowed' ? { possible: true, add } : { possible: false, because: reasonOf(last) }
}

function forIdentity({ action, resource }: PolicyRequest): ProposedStatement {
  return { Effect: 'Allow', Action: action, Resource: resourceText(resource) }
}

function forResource(policies: PolicySet, request: PolicyRequest): ProposedStatement | undefined {
  const { action, resource, principal } = request
  const named = principalElement(principal)
  if (named === undefined) return undefined
  const pinned = principal.kind === 'federated' ? pinnedClaims(request) : undefined
  return {
    Effect: 'Allow',
    Principal: named,
    Action: action,
    ...(policies.resource?.kind === 'trust' ? {} : { Resource: resourceText(resource) }),
    ...(pinned === undefined ? {} : { Condition: { StringEquals: pinned } }),
  }
}

function principalElement(principal: PolicyPrincipal): Record<string, string> | undefined {
  switch (principal.kind) {
    case 'root':
      return { AWS: `arn:aws:iam::${principal.accountId}:root` }
    case 'federated':
      return principal.providers[0] === undefined ? undefined : { Federated: principal.providers[0] }
    case 'service':
      return principal.names[0] === undefined ? undefined : { Service: principal.names[0] }
    case 'anonymous':
      return undefined
    default:
      return { AWS: principal.arn }
  }
}

/** A provider vouches for many: without audience and subject the statement would mean them all. */
function pinnedClaims({ context }: PolicyRequest): Record<string, string> | undefined {
  const pinned: Record<string, string> = {}
  for (const [key, [value, ...more]] of context) {
    const isPin = /:(?:aud|sub|app_id|id)$/.test(key) && !/^(?:aws|sts):/.test(key)
    if (isPin && value !== undefined && more.length === 0) pinned[key] = asText(value)
  }
  return Object.keys(pinned).length === 0 ? undefined : pinned
}

/** What no Resource element can hold, too long an ARN, only one for everything allows. */
function resourceText(resource: string): string {
  const text = asText(resource)
  return text.startsWith('arn:') && text.length <= longestResource ? text : '*'
}

/** As `parsePolicy` has it. */
const longestResource = 2048

/** What acts in a pattern stands for itself, but for the end of a secret's ARN that is not drawn yet. */
function asText(text: string): string {
  if (text === '*') return text
  const end = text.endsWith(anyEnd) ? anyEnd : ''
  return text.slice(0, text.length - end.length).replace(/[*?$]/g, character => `\${${character}}`) + end
}

const anyEnd = '-??????'

function withStatement(
  policies: PolicySet,
  part: 'identity' | 'resource',
  statement: ProposedStatement,
): PolicySet {
  if (part === 'identity') {
    const added = parsePolicy(documentOf(statement), 'identity')
    return { ...policies, identity: [...(policies.identity ?? []), added] }
  }
  // A deny of the resource's own policy still counts: nothing is taken away, only added.
  const kind = policies.resource?.kind === 'trust' ? 'trust' : 'resource'
  const added = parsePolicy(documentOf(statement), kind)
  return { ...policies, resource: policies.resource === undefined ? added : joined(policies.resource, added) }
}

function documentOf(statement: ProposedStatement): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
}

/** Only allowing is added, and only to be tried: the old index keeps the denials. */
function joined(policy: Policy, added: Policy): Policy {
  return { ...policy, statements: [...policy.statements, ...added.statements], allowing: added.allowing }
}

function reasonOf(decision: Decision): string {
  if (decision.outcome === 'explicitlyDenied') {
    return `${describePlace(decision.statements[0])} denies it explicitly, and a deny wins.`
  }
  const missing = decision.outcome === 'implicitlyDenied' ? decision.missing : 'identity'
  return `${partNames[missing]} does not allow it, and narrows whatever is added.`
}

export const partNames: Readonly<Record<PolicyPart, string>> = {
  identity: 'An identity-based policy',
  group: 'A policy of a group',
  boundary: 'The permissions boundary',
  session: 'The session policy',
  resource: 'The resource-based policy',
}

/** `The permissions boundary, statement 2 (NoSecrets)` */
export function describePlace({ part, index, sid }: StatementPlace): string {
  return `${partNames[part]}, statement ${index + 1}${sid === undefined ? '' : ` (${sid})`},`
}
