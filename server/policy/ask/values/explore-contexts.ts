import type { Context } from '../../request.ts'
import { type Effort, spend } from '../effort.ts'
import { type KeyStates, keyStates } from './key-states.ts'
import type { Line } from './line.ts'

export type Efforts = {
  /** In steps of automata. */
  texts: Effort
  /** In contexts that are visited. */
  contexts: Effort
}

type Exploration = {
  /** Whose keys are given values. Those of one key need not stand together; keys are taken in their order. */
  lines: readonly Line[]
  /** Keys that have their values already. */
  known: Context
  /** Whether nothing more can come of a context in which only some keys have their values. */
  isPointless?: (context: Context, has: (key: string) => boolean) => boolean
  /** Answers whether it has seen enough. */
  visit(context: Context): boolean
  efforts: Efforts
}

/**
 * Visits one context, at least, for each outcome that all lines can have together.
 *
 * @returns why it may have left out some, in sentences; nothing when it has not
 */
export function exploreContexts({ lines, known, isPointless, visit, efforts }: Exploration): string[] {
  const byKey = Map.groupBy(lines, ({ condition }) => condition.key)
  const keys: KeyStates[] = []
  for (const [key, about] of byKey) {
    if (!known.has(key)) keys.push(keyStates(key, about, known, efforts.texts))
  }
  const because = keys.flatMap(key => key.because ?? [])
  const context = new Map(known)
  let given = 0
  const has = (key: string): boolean => known.has(key) || keys.findIndex(states => states.key === key) < given
  const walk = (at: number): 'on' | 'enough' | 'spent' => {
    given = at
    if (isPointless?.(context, has)) return 'on'
    const states = keys[at]
    if (states === undefined) {
      if (!spend(efforts.contexts, 1)) return 'spent'
      return visit(new Map(context)) ? 'enough' : 'on'
    }
    for (const values of states.states) {
      if (values.length === 0) context.delete(states.key)
      else context.set(states.key, values)
      const ended = walk(at + 1)
      if (ended !== 'on') return ended
    }
    context.delete(states.key)
    return 'on'
  }
  return walk(0) === 'spent' ? [...because, tooManyContexts] : because
}

export const tooManyContexts = 'There are too many combinations of condition keys to try all of them.'

export function withoutAbsent(context: Context): Context {
  return new Map([...context].filter(([, values]) => values.length > 0))
}
