import type { Result } from '../aws/action.ts'
import { Refusal } from '../base/refusal.ts'
import { contextOf, type RequestFacts } from '../base/request-facts.ts'
import { createTurns, type Turns } from '../base/turns.ts'
import { type Decision, decide, type PolicySet, type StatementPlace } from '../policy/decide/decide.ts'
import { contextKeysOf } from '../policy/explain/context-keys.ts'
import { type Span, statementSpans } from '../policy/explain/statement-spans.ts'
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

type Compiled = {
  policies: PolicySet
  sources: Sources
  /** Where the statements of a source stand; found once for each that decided something. */
  spans: Map<Source, readonly Span[]>
  /** The context keys that the policies ask about and the simulation does not say. */
  missing: readonly string[]
}
type Sources = Readonly<Record<'identity' | 'group' | 'boundary' | 'session' | 'resource', readonly Source[]>>

/** Missing keys are told for each action and each of its resources: so many in one answer. */
const mostMissing = 50_000

/** The keys that a real request has, unless the caller says otherwise. */
export function simulatedContext(facts: RequestFacts, entries: ReadonlyMap<string, readonly string[]>) {
  const context = contextOf(facts)
  // Where the one who simulates sits says nothing of where the simulated request would come from.
  for (const key of ['aws:sourceip', 'aws:useragent', 'aws:securetransport']) context.delete(key)
  for (const [key, values] of entries) context.set(key, values)
  return context
}

/**
 * One result for each action, with one for each resource within it where resources were named. Of the actions only the
 * first, at least one, where the answer would be too long for all.
 *
 * @throws {Refusal} policy.malformed | entity.invalid
 */
export async function simulate(simulation: Simulation): Promise<Result[]> {
  const turns = createTurns()
  const compiled = await compile(simulation, turns)
  const missingInEach = compiled.missing.length * (1 + simulation.resources.length)
  if (missingInEach > mostMissing) {
    const message = `The policies ask about ${compiled.missing.length} context keys that have no value, too many for so many resources.`
    throw new Refusal('entity.invalid', { said: { message } })
  }
  const results: Result[] = []
  for (const action of simulation.actions) {
    if (results.length > 0 && (results.length + 1) * missingInEach > mostMissing) break
    results.push(await resultFor(action, simulation, compiled, turns))
  }
  return results
}

async function compile(
  { identity, group, boundary, resource, context }: Simulation,
  turns: Turns,
): Promise<Compiled> {
  const parse = async (sources: readonly Source[], kind: PolicyKind) => {
    const policies: Policy[] = []
    for (const { id, document } of sources) {
      await turns.pass()
      policies.push(parseSource(id, document, kind))
    }
    return policies
  }
  const own = await parse(identity, 'identity')
  const groups = await parse(group, 'identity')
  const [bound] = await parse(boundary === undefined ? [] : [boundary], 'boundary')
  const [ofResource] = await parse(resource === undefined ? [] : [resource], 'resource')
  const all = [...own, ...groups, ...(bound ? [bound] : []), ...(ofResource ? [ofResource] : [])]
  return {
    policies: {
      identity: own,
      group: groups,
      ...(bound === undefined ? {} : { boundary: bound }),
      ...(ofResource === undefined ? {} : { resource: ofResource }),
    },
    missing: contextKeysOf(all).filter(key => !context.has(key.toLowerCase())),
    spans: new Map(),
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

async function resultFor(
  action: string,
  simulation: Simulation,
  compiled: Compiled,
  turns: Turns,
): Promise<Result> {
  const resources = simulation.resources.length === 0 ? ['*'] : simulation.resources
  const { principal, context } = simulation
  const { missing } = compiled
  const each: ({ resource: string } & ReturnType<typeof judge>)[] = []
  for (const resource of resources) {
    await turns.pass()
    const request: PolicyRequest = { principal, action, resource, context }
    each.push({ resource, ...judge(request, compiled) })
  }
  const [first] = each
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

function judge(request: PolicyRequest, compiled: Compiled) {
  const { policies } = compiled
  const decision = decide(policies, request)
  const { boundary } = policies
  const allowedByBoundary =
    boundary === undefined || decide({ identity: [boundary] }, request).outcome === 'allowed'
  return {
    decision: words[decision.outcome],
    matched: decision.statements.map(place => wireStatement(place, compiled)),
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

function wireStatement({ part, policy, index }: StatementPlace, { sources, spans }: Compiled): Result {
  const source = sources[part][policy]
  const span = source && spansOf(source, spans)[index]
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

function spansOf(source: Source, known: Compiled['spans']): readonly Span[] {
  const spans = known.get(source) ?? statementSpans(source.document)
  known.set(source, spans)
  return spans
}
