import type { Context } from '../../request.ts'
import type { Effort } from '../effort.ts'
import { keyStates } from './key-states.ts'
import type { Line } from './line.ts'

const mostAssignments = 64
/** Of each key, this many values are tried when all of them together would make too many contexts. */
const fewValues = 3

/**
 * Contexts in which keys that variables stand for have a value, or none, or several. A variable can be any
 * text: only some are tried, among them the same text for all, so that variables can meet each other.
 *
 * @param meant texts that a variable may well stand for
 */
export function assignVariables(
  variables: readonly string[],
  lines: readonly Line[],
  known: Context,
  effort: Effort,
  meant: readonly string[] = [],
): Context[] {
  const open = variables.filter(key => !known.has(key))
  const [first = 'example', ...others] = meant
  const texts = [...new Set([first, 'another', ...others, 'example'])]
  const samples = open.map(key => [
    [first],
    [],
    ...texts.slice(1).map(text => [text]),
    ...statesOf(key, lines, known, effort),
  ])
  const product = samples.reduce((size, { length }) => size * length, 1)
  let contexts: Context[] = [known]
  for (const [n, key] of open.entries()) {
    const values = product > mostAssignments ? samples[n]?.slice(0, fewValues) : samples[n]
    contexts = contexts.flatMap(context => (values ?? []).map(list => new Map(context).set(key, list)))
    contexts = contexts.slice(0, mostAssignments)
  }
  return contexts
}

export function sampledVariables(variables: readonly string[]): string[] {
  return variables.map(key => `Only some values of the variable ${key} were tried.`)
}

function statesOf(
  key: string,
  lines: readonly Line[],
  known: Context,
  effort: Effort,
): (readonly string[])[] {
  const about = lines.filter(({ condition }) => condition.key === key)
  return [...keyStates(key, about, known, effort).states.slice(1), ['example', 'another']]
}
