import { type PolicySet, policiesOf, policyParts, type StatementPlace } from '../decide/decide.ts'
import type { Policy } from '../policy.ts'
import type { Context, PolicyPrincipal, PolicyRequest } from '../request.ts'
import { type DependsOn, dependsOn } from './depends-on.ts'
import { findOutcomes } from './find-outcomes.ts'
import { type JudgedPolicy, judgePolicy } from './judged-policy.ts'
import { OpenDecision } from './open-decision.ts'
import type { Efforts } from './values/explore-contexts.ts'

export type WhoCanQuestion = {
  /** `service:Name`, in any case. */
  action: string
  resource: string
  resourcePolicy?: Policy
  /** Whose the resource is. Without it, each principal's own account. */
  resourceAccountId?: string
  /** The keys that are known; with an empty list, known to be absent. Any other may have any value, or none. */
  context?: Context
}

export type Asker = {
  name: string
  principal: PolicyPrincipal
  policies: Omit<PolicySet, 'resource'>
  /** Keys that are known of this principal alone, such as `aws:username`. */
  context?: Context
}

export type WhoCanAnswer = {
  name: string
  principal: PolicyPrincipal
  /** `yes` and `no`: whatever the values of the keys that are not known. */
  answer: 'yes' | 'no' | 'depends'
  /** What grants or denies it; of what depends, the statements that decide. */
  statements: readonly StatementPlace[]
  /** What it depends on; empty unless it depends. */
  conditions: readonly DependsOn[]
  /** Whether `depends` is known to go both ways: the examples are one of each. */
  exact: boolean
  /** Why it is not known, in sentences. */
  because: readonly string[]
  examples: { allowed?: Context; denied?: Context }
}

/** In steps of automata, for all principals together. */
const mostSteps = 2_000_000
/** In contexts that are tried: for all principals together, and for each. */
const mostContexts = 100_000
const mostContextsEach = 2_000

/**
 * Who can do something, out of some principals? Decided for each by `decide`, once with everything that is
 * not known in their favour and once with everything against them. Where that differs, values of the open
 * keys are tried, which finds an example of both or that there is but one outcome after all.
 */
export function whoCan(question: WhoCanQuestion, askers: readonly Asker[]): WhoCanAnswer[] {
  const { action, resource, resourcePolicy, resourceAccountId } = question
  const account = resourceAccountId === undefined ? {} : { resourceAccountId }
  const texts = { left: mostSteps }
  const each = Math.min(mostContextsEach, Math.ceil(mostContexts / askers.length))
  const shared = new Map<Policy, JudgedPolicy>()
  return askers.map(({ name, principal, policies, context }) => {
    const known = knownContext(question.context, context)
    // Policies that many have, such as the resource's, are judged once for all of whom no more is known.
    const judged = context === undefined ? shared : new Map<Policy, JudgedPolicy>()
    const judge = (policy: Policy): JudgedPolicy => {
      const one = judged.get(policy) ?? judgePolicy(policy, { action, resource, known }, texts)
      judged.set(policy, one)
      return one
    }
    const set = resourcePolicy === undefined ? policies : { ...policies, resource: resourcePolicy }
    const request = { principal, action, resource, ...account, context: known }
    return { name, principal, ...answer(set, request, judge, { texts, contexts: { left: each } }) }
  })
}

function knownContext(...contexts: readonly (Context | undefined)[]): Context {
  const entries = contexts.flatMap(context => [...(context ?? [])])
  return new Map(entries.map(([key, values]) => [key.toLowerCase(), values]))
}

type Found = Omit<WhoCanAnswer, 'name' | 'principal'>

function answer(
  policies: PolicySet,
  request: PolicyRequest,
  judge: (policy: Policy) => JudgedPolicy,
  efforts: Efforts,
): Found {
  const judged = policyParts.map(part => [part, policiesOf(policies, part).map(judge)] as const)
  const decision = new OpenDecision(new Map(judged.filter(([, some]) => some.length > 0)), request)
  const atWorst = decision.atWorst()
  if (atWorst.outcome === 'allowed') return certain('yes', atWorst.statements)
  const atBest = decision.atBest()
  if (atBest.outcome !== 'allowed') return certain('no', atBest.statements)

  const open = decision.decisive()
  const { granting, because, ...examples } = findOutcomes(open, policies, request, efforts)
  const exact = examples.allowed !== undefined && examples.denied !== undefined
  if (!exact && because.length === 0) {
    return certain(examples.allowed === undefined ? 'no' : 'yes', granting)
  }
  return {
    answer: 'depends',
    statements: open.map(({ place }) => place),
    conditions: open.map(dependsOn),
    exact,
    because: exact ? [] : because,
    examples,
  }
}

function certain(answer: 'yes' | 'no', statements: readonly StatementPlace[]): Found {
  return { answer, statements, conditions: [], exact: true, because: [], examples: {} }
}
