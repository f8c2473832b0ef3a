import type { Context } from '../../request.ts'
import { closeLists } from '../close-lists.ts'
import type { Effort } from '../effort.ts'
import type { Line } from './line.ts'
import { representatives } from './representatives.ts'

/** Values that a key may have, one list for each outcome that the lines together can have; empty for absent. */
export type KeyStates = {
  key: string
  states: readonly (readonly string[])[]
  /** Why the lines may have further outcomes, as a sentence. */
  because?: string
}

/** More outcomes than this are not gone through. */
const mostStates = 256

/**
 * Every outcome that the lines, all about one key, can have together. A key may have several values at once:
 * each line asks whether any of them fits or whether all do, so that one more value changes outcomes alone.
 *
 * @param context the values of the keys that variables stand for
 */
export function keyStates(key: string, lines: readonly Line[], context: Context, effort: Effort): KeyStates {
  const trial = new Map(context)
  const outcomeOf = (values: readonly string[]): string => {
    trial.set(key, values)
    return lines.map(({ condition }) => Number(condition.holds(trial))).join('')
  }
  const { values, because } = representatives(lines, context, effort)
  const { lists, complete } = closeLists(values, outcomeOf, mostStates)
  const whenAbsent = outcomeOf([])
  const others = [...lists].filter(([outcome]) => outcome !== whenAbsent).map(([, list]) => list)
  const states = [[], ...others]
  const name = lines[0]?.condition.writtenKey ?? key
  if (!complete) return { key, states, because: `${name} has too many combinations of values.` }
  if (because === undefined) return { key, states }
  return { key, states, because: `${name} ${because}: only some of its values were tried.` }
}
