import type { Policy } from '../../policy.ts'
import type { Context } from '../../request.ts'
import { assignVariables, sampledVariables } from '../values/assign-variables.ts'
import { variableKeys } from '../values/line.ts'
import { askersFor } from './askers.ts'
import type { Change } from './change.ts'
import { Changes } from './changes.ts'
import { actionClasses, type Classes, resourceClasses } from './classes.ts'
import { type Comparison, compare, type Entry, entriesOf } from './comparison.ts'
import { exploreDifferences } from './explore-differences.ts'

export type PolicyDiff = {
  becameAllowed: readonly Change[]
  noLongerAllowed: readonly Change[]
  /** Neither version allows it, and only the new one denies it, so that no other policy can allow it any more. */
  denyAdded: readonly Change[]
  /** Neither version allows it, and only the old one denies it, so that another policy may allow it now. */
  denyRemoved: readonly Change[]
  /** Whether there is nothing else. */
  exact: boolean
  /** Why there may be, in sentences. */
  because: readonly string[]
}

export type DiffOptions = {
  /** Whose the resource or the role is. Without it, both the principal's own account and another are tried. */
  accountId?: string
  /** Actions that there are, to make examples of. */
  actions?: readonly string[]
}

/** In steps of automata, in contexts that are tried, and in pairs of an action and a resource. */
const most = { texts: 3_000_000, contexts: 100_000, pairs: 500_000 }

/**
 * What two versions of one policy decide differently, by the statements that made the difference.
 *
 * @param before and `after`: two policies of the same kind
 */
export function diff(before: Policy, after: Policy, options: DiffOptions = {}): PolicyDiff {
  const comparison = compare({ old: before, new: after })
  const changes = new Changes(comparison)
  const because = comparison.changed === 0n ? [] : findDifferences(comparison, changes, options)
  return {
    becameAllowed: changes.inDirection('becameAllowed'),
    noLongerAllowed: changes.inDirection('noLongerAllowed'),
    denyAdded: changes.inDirection('denyAdded'),
    denyRemoved: changes.inDirection('denyRemoved'),
    exact: because.length === 0,
    because,
  }
}

function findDifferences(comparison: Comparison, changes: Changes, options: DiffOptions): string[] {
  const efforts = {
    texts: { left: most.texts },
    contexts: { left: most.contexts },
    pairs: { left: most.pairs },
  }
  const actions = actionClasses(comparison, options.actions ?? [], efforts.texts)
  const about = aboutChanged(comparison, actions)
  const { askers, complete } = askersFor(comparison, options.accountId)
  const { lines, variables, words } = openIn(entriesOf(comparison, about))
  const because = new Set(sampledVariables(variables))
  if (!complete) because.add('There are too many ways in which principals may have several names.')
  if (!actions.complete) because.add('There are too many combinations of action patterns.')
  const noContext: Context = new Map()
  for (const known of assignVariables(variables, lines, noContext, efforts.texts, words)) {
    const resources = resourceClasses(comparison, about, known, efforts.texts)
    if (!resources.complete) because.add('There are too many combinations of resource patterns.')
    const left = exploreDifferences(comparison, {
      askers,
      actions: actions.classes,
      resources: resources.classes,
      known,
      efforts,
      found: difference => changes.add(difference),
    })
    for (const reason of left) because.add(reason)
  }
  return [...because]
}

/** More words than this are not tried for variables. */
const mostWords = 6

function openIn(entries: readonly Entry[]) {
  const lines = entries.flatMap(entry => entry.lines)
  const patterns = entries.flatMap(({ statement }) => statement.resources?.patterns ?? [])
  const keys = [...lines.flatMap(line => line.variables), ...variableKeys(patterns)]
  // What one pattern has in words, a variable in another may stand for.
  const words = patterns.flatMap(({ source }) =>
    source
      .split(/\$\{[^}]*\}|[/:*?]/)
      .slice(5)
      .reverse(),
  )
  const distinct = [...new Set(words.filter(word => word !== ''))]
  return { lines, variables: [...new Set(keys)], words: ['example', ...distinct.slice(0, mostWords)] }
}

/** The entries that are about some action which a changed statement is about too. No others can matter. */
function aboutChanged({ changed }: Comparison, { classes, complete }: Classes): bigint {
  if (!complete) return -1n
  return classes.reduce((about, { entries }) => ((entries & changed) === 0n ? about : about | entries), 0n)
}
