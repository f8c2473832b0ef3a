import type { Result } from '../aws/action.ts'
import { Refusal } from '../base/refusal.ts'
import { contextOf, type RequestFacts } from '../base/request-facts.ts'
import { type Decision, decide, type PolicySet, type StatementPlace } from '../policy/decide/decide.ts'
import { contextKeysOf } from '../policy/explain/context-keys.ts'
import { statementSpans } from '../policy/explain/statement-spans.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Policy, PolicyKind } from '../policy/policy.ts'
import type { PolicyPrincipal, PolicyRequest } from '../policy/request.ts'

/** A document with where it is from. */
export type Source = { id: string; document: string }

export type Simulation = {
  identity: readonly Source[]
  group: readonly Source[]
  boundary: Source | undefined
  resource: Source | undefined
  principal: PolicyPrincipal
  actions: readonly string[]
  resources: readonly string[]
  /** In lower case. */
  context: ReadonlyMap<string, readonly string[]>
}

type Compiled = { policies: PolicySet; all: readonly Policy[]; sources: Sources }
type Sources = Readonly<Record<'identity' | 'group' | 'boundary' | 'session' | 'resource', readonly Source[]>>

/** The keys that a real request has, unless the caller says otherwise. */
export function simulatedContext(facts: RequestFacts, entries: ReadonlyMap<string, readonly string[]>) {
  const context = contextOf(facts)
  // Where the one who simulates sits says nothing of where the simulated request would come from.
  for (const key of ['aws:sourceip', 'aws:useragent', 'aws:securetransport']) context.delete(key)
  for (const [key, values] of entries) context.set(key, values)
  return context
}

/**
 * One result for each action, with one for each resource within it where resources were named.
 *
 * @throws {Refusal} policy.malformed | entity.invalid
 */
export function simulate(simulation: Simulation): Result[] {
  const compiled = compile(simulation)
  return simulation.actions.map(action => resultFor(action, simulation, compiled))
}

function compile({ identity, group, boundary, resource }: Simulation): Compiled {
  const parse = (sources: readonly Source[], kind: PolicyKind) =>
    sources.map(({ id, document }) => parseSource(id, document, kind))
  const [own, groups] = [parse(identity, 'identity'), parse(group, 'identity')]
  const [bound] = parse(boundary === undefined ? [] : [boundary], 'boundary')
  const [ofResource] = parse(resource === undefined ? [] : [resource], 'resource')
  return {
    policies: {
      identity: own,
      group: groups,
      ...(bound === undefined ? {} : { boundary: bound }),
      ...(ofResource === undefined ? {} : { resource: ofResource }),
    },
    all: [...own, ...groups, ...(bound ? [bound] : []), ...(ofResource ? [ofResource] : [])],
    sources: {
      identity,
      group,
      boundary: boundary === undefined ? [] : [boundary],
      session: [],
      resource: resource === undefined ? [] : [resource],
    },
  }
}

function parseSource(id: string, document: string, kind: PolicyKind): Policy {
  try {
    return parsePolicy(document, kind)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal('entity.invalid', {
      said: { message: `${id}: ${error.said.message ?? error.message}` },
    })
  }
}

function resultFor(action: string, simulation: Simulation, compiled: Compiled): Result {
  const resources = simulation.resources.length === 0 ? ['*'] : simulation.resources
  const each = resources.map(resource => {
    const { principal, context } = simulation
    const request: PolicyRequest = { principal, action, resource, context }
    return { resource, ...judge(request, compiled) }
  })
  const [first] = each
  const missing = missingKeys(compiled.all, simulation.context)
  return {
    EvalActionName: action,
    EvalResourceName: resources.length === 1 ? first?.resource : '*',
    EvalDecision: overall(each.map(({ decision }) => decision)),
    MatchedStatements: each.length === 1 ? (first?.matched ?? []) : [],
    MissingContextValues: missing,
    ...(each.length === 1 ? first?.boundary : {}),
    ResourceSpecificResults:
      simulation.resources.length === 0
        ? []
        : each.map(one => ({
            EvalResourceName: one.resource,
            EvalResourceDecision: one.decision,
            MatchedStatements: one.matched,
            MissingContextValues: missing,
            ...one.boundary,
          })),
  }
}

type Word = 'allowed' | 'explicitDeny' | 'implicitDeny'
const words: Readonly<Record<Decision['outcome'], Word>> = {
  allowed: 'allowed',
  explicitlyDenied: 'explicitDeny',
  implicitlyDenied: 'implicitDeny',
}

function judge(request: PolicyRequest, { policies, sources }: Compiled) {
  const decision = decide(policies, request)
  const { boundary } = policies
  const allowedByBoundary =
    boundary === undefined || decide({ identity: [boundary] }, request).outcome === 'allowed'
  return {
    decision: words[decision.outcome],
    matched: decision.statements.map(place => wireStatement(place, sources)),
    boundary:
      boundary === undefined
        ? {}
        : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: allowedByBoundary } },
  }
}

/** The action is allowed as a whole only where it is on every resource. */
function overall(decisions: readonly Word[]): Word {
  if (decisions.includes('explicitDeny')) return 'explicitDeny'
  return decisions.includes('implicitDeny') ? 'implicitDeny' : 'allowed'
}

function wireStatement({ part, policy, index }: StatementPlace, sources: Sources): Result {
  const source = sources[part][policy]
  const span = source && statementSpans(source.document)[index]
  return {
    SourcePolicyId: source?.id,
    SourcePolicyType: part === 'resource' ? 'Resource Policy' : 'IAM Policy',
    ...(span === undefined
      ? {}
      : {
          StartPosition: { Line: span.start.line, Column: span.start.column },
          EndPosition: { Line: span.end.line, Column: span.end.column },
        }),
  }
}

function missingKeys(policies: readonly Policy[], context: Simulation['context']): string[] {
  return contextKeysOf(policies).filter(key => !context.has(key.toLowerCase()))
}
