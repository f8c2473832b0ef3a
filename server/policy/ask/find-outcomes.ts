import { decide, type PolicySet, type StatementPlace } from '../decide/decide.ts'
import type { Context, PolicyRequest } from '../request.ts'
import type { OpenStatement } from './open-decision.ts'
import { assignVariables, sampledVariables } from './values/assign-variables.ts'
import { type Efforts, exploreContexts, withoutAbsent } from './values/explore-contexts.ts'
import { variableKeys } from './values/line.ts'

/** One context for each outcome that was found. */
export type Outcomes = {
  allowed?: Context
  denied?: Context
  /** What granted it, in any of the contexts. */
  granting: readonly StatementPlace[]
  /** Why there may be another outcome, in sentences. */
  because: readonly string[]
}

/** Tries values of all the keys that are not known and that matter, until both outcomes are seen. */
export function findOutcomes(
  open: readonly OpenStatement[],
  policies: PolicySet,
  request: PolicyRequest,
  efforts: Efforts,
): Outcomes {
  const { lines, variables } = unknownIn(open, request.context)
  const because = new Set(sampledVariables(variables))
  const granting = new Map<string, StatementPlace>()
  const found: { allowed?: Context; denied?: Context } = {}
  const hasBoth = (): boolean => found.allowed !== undefined && found.denied !== undefined
  const visit = (context: Context): boolean => {
    const decision = decide(policies, { ...request, context })
    const isAllowed = decision.outcome === 'allowed'
    found[isAllowed ? 'allowed' : 'denied'] ??= withoutAbsent(context)
    for (const place of isAllowed ? decision.statements : []) granting.set(JSON.stringify(place), place)
    return hasBoth()
  }
  const contexts = assignVariables(variables, lines, request.context, efforts.texts, wordsIn(request))
  for (const known of contexts) {
    for (const reason of exploreContexts({ lines, known, visit, efforts })) because.add(reason)
    if (hasBoth()) break
  }
  return { ...found, granting: [...granting.values()], because: [...because] }
}

function unknownIn(open: readonly OpenStatement[], known: Context) {
  const lines = open.flatMap(one => one.open)
  const resources = open.flatMap(one => (one.openResource ? (one.statement.resources?.patterns ?? []) : []))
  const keys = [...lines.flatMap(line => line.variables), ...variableKeys(resources)]
  return { lines, variables: [...new Set(keys)].filter(key => !known.has(key)) }
}

/** More words than this are not tried. */
const mostWords = 8

/** What stands between slashes and colons: a variable is most often one of these. */
function wordsIn({ resource, context }: PolicyRequest): string[] {
  const texts = [resource, ...[...context.values()].flat()]
  const words = texts.flatMap(text => text.split(/[/:]/).reverse()).filter(word => word !== '')
  return [...new Set(words)].slice(0, mostWords)
}
