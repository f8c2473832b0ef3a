import { type Problem, problem } from '../check.ts'
import type { Place } from '../text/json-node.ts'
import { quote } from '../text/quote.ts'
import type { Effort } from './glob.ts'

/** `same`: what two have in common that mean the same. */
type Listed = { text: Place & { value: string }; same: string }

export type Comparer<Pattern> = {
  /** Called once for each. */
  prepare(same: string): Pattern
  covers(wide: Pattern, narrow: Pattern): boolean
  /** What `covers` spends. When it is gone, the rest of the list is not compared. */
  effort: Effort
}

/** What a list says twice. The later is told. */
export function* repeated(list: readonly Listed[]): Iterable<Problem> {
  const seen = new Set<string>()
  for (const { text, same } of list) {
    if (seen.has(same)) yield problem(text, `${quote(text.value)} is in the list already.`, 'Take it out.')
    seen.add(same)
  }
}

/** What a list says twice, or has within something wider. Of two that say the same, the later is told. */
export function* redundant<Pattern>(
  list: readonly Listed[],
  { prepare, covers, effort }: Comparer<Pattern>,
): Iterable<Problem> {
  yield* repeated(list)
  const first = new Map(list.toReversed().map(({ text, same }) => [same, text]))
  const all = [...first].toReversed().map(([same, text], n) => ({ text, pattern: prepare(same), n }))
  for (const one of all) {
    if (effort.left < 0) return
    const wider = all.find(
      other =>
        other !== one &&
        covers(other.pattern, one.pattern) &&
        (other.n < one.n || !covers(one.pattern, other.pattern)),
    )
    if (wider === undefined) continue
    const message = `${quote(one.text.value)} is covered by ${quote(wider.text.value)}.`
    yield problem(one.text, message, 'Take it out.')
  }
}

/**
 * What an Allow excludes by a variable is never redundant: it also sees to it that nothing is allowed while the
 * variable has no value.
 */
export function withoutVariables<Text extends { value: string }>(texts: readonly Text[]): readonly Text[] {
  return texts.filter(({ value }) => !value.includes('${'))
}
