import type { Context, PolicyRequest } from '../../request.ts'
import { type Effort, spend } from '../effort.ts'
import { exploreContexts, withoutAbsent } from '../values/explore-contexts.ts'
import type { Asker } from './askers.ts'
import type { TextClass } from './classes.ts'
import { type Comparison, entriesOf } from './comparison.ts'
import { decideBoth, type Outcomes, type Pair, requestFor } from './decide-both.ts'

/** A request that the two versions decide differently. */
export type Difference = {
  asker: Asker
  request: PolicyRequest
  outcomes: Outcomes
  /** Other requests that differ in the same way: classes of actions with classes of resources. */
  alike: readonly Pair[]
}

type Search = {
  askers: readonly Asker[]
  actions: readonly TextClass[]
  resources: readonly TextClass[]
  /** The values of variables. */
  known: Context
  efforts: { texts: Effort; contexts: Effort; pairs: Effort }
  found(difference: Difference): void
}

/** So that one combination of statements does not use up what there is for all. */
const mostContextsEach = 4096

/**
 * Goes through all combinations of an asker, an action, a resource and a context that statements can tell
 * apart, and that a changed statement could match.
 *
 * @returns why it may have left out some, in sentences; nothing when it has not
 */
export function exploreDifferences(comparison: Comparison, search: Search): string[] {
  const because = new Set<string>()
  const pairs = pairsByEntries(comparison, search)
  if (search.efforts.pairs.left < 0) because.add('There are too many combinations of actions and resources.')
  for (const asker of search.askers) {
    const byEntries = new Map<bigint, Pair[]>()
    for (const [about, some] of pairs) {
      const entries = about & asker.entries
      if ((entries & comparison.changed) === 0n) continue
      byEntries.set(entries, [...(byEntries.get(entries) ?? []), ...some])
    }
    for (const [entries, alike] of byEntries) {
      for (const reason of exploreOne(comparison, search, asker, entries, alike)) because.add(reason)
    }
  }
  return [...because]
}

/** By the statements that are about both. */
function pairsByEntries(
  { changed }: Comparison,
  { actions, resources, efforts }: Search,
): Map<bigint, Pair[]> {
  const pairs = new Map<bigint, Pair[]>()
  for (const action of actions) {
    for (const resource of resources) {
      if (!spend(efforts.pairs, 1)) return pairs
      const entries = action.entries & resource.entries
      if ((entries & changed) === 0n) continue
      const known = pairs.get(entries)
      if (known === undefined) pairs.set(entries, [{ action, resource }])
      else known.push({ action, resource })
    }
  }
  return pairs
}

function exploreOne(
  comparison: Comparison,
  { known, efforts, found }: Search,
  asker: Asker,
  entries: bigint,
  alike: readonly Pair[],
): string[] {
  const [pair] = alike
  if (pair === undefined) return []
  const changed = entriesOf(comparison, entries & comparison.changed)
  const common = entriesOf(comparison, entries & ~comparison.changed)
  const request = requestFor(comparison.kind, asker, pair)
  const contexts = { left: Math.min(mostContextsEach, efforts.contexts.left) }
  const given = contexts.left
  const because = exploreContexts({
    lines: [...changed, ...common].flatMap(({ lines }) => lines),
    known,
    // Where no changed statement matches any more, both versions decide alike.
    isPointless: (context, has) =>
      changed.every(({ lines }) =>
        lines.some(({ condition }) => has(condition.key) && !condition.holds(context)),
      ),
    visit(context) {
      const asked = { ...request, context: withoutAbsent(context) }
      const outcomes = decideBoth(comparison, asker, asked)
      if (outcomes.old !== outcomes.new) found({ asker, request: asked, outcomes, alike })
      return false
    },
    efforts: { texts: efforts.texts, contexts },
  })
  efforts.contexts.left -= given - Math.max(0, contexts.left)
  return because
}
