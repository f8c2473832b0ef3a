import { type Problem, problem } from '../check.ts'
import type { Place } from '../text/json-node.ts'
import { quote } from '../text/quote.ts'

/** `same`: what two have in common that mean the same. */
type Listed = { text: Place & { value: string }; same: string }

export type Comparer<Pattern> = {
  /** Called once for each. */
  prepare(same: string): Pattern
  covers(wide: Pattern, narrow: Pattern): boolean
}

/** What a list says twice, or has within something wider. Of two that say the same, the later is told. */
export function* redundant<Pattern>(
  list: readonly Listed[],
  { prepare, covers }: Comparer<Pattern>,
): Iterable<Problem> {
  const first = new Map<string, { text: Listed['text']; pattern: Pattern; n: number }>()
  for (const { text, same } of list) {
    if (first.has(same)) yield problem(text, `${quote(text.value)} is in the list already.`, 'Take it out.')
    else first.set(same, { text, pattern: prepare(same), n: first.size })
  }
  const all = [...first.values()]
  for (const one of all) {
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
