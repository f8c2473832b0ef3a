import { type Effort, spend } from '../effort.ts'
import { type Glob, GlobSet, type State } from './glob-set.ts'
import type { Shape } from './shapes.ts'

export type TextClasses = {
  /** One text of each class: each is matched by other patterns than all the others. */
  texts: readonly string[]
  /** Whether there are no further classes. */
  complete: boolean
}

type Options = {
  shape: Shape
  /** Texts that people would rather read than the shortest. The first of each class is taken. */
  candidates?: readonly string[]
  /** How the patterns read a text: actions are read in lower case. */
  read?: (text: string) => string
  effort: Effort
}

type Node = { state: State; shape: number; before: Node | undefined; code: number }

/**
 * Parts all texts of a shape into classes by which of the patterns match, and finds a shortest text of each:
 * the automaton of all patterns is walked breadth-first, every state once.
 */
export function textClasses(globs: readonly (Glob | undefined)[], options: Options): TextClasses {
  const { shape, candidates = [], read = text => text, effort } = options
  const set = new GlobSet(globs)
  const found = new Map<string, string>()
  const add = (state: State, text: () => string): void => {
    const name = set.matched(state).join()
    if (!found.has(name)) found.set(name, text())
  }
  for (const text of candidates) {
    if (hasShape(read(text), shape)) add(set.read(read(text)), () => text)
  }

  const seen = new Set<string>()
  let nodes: Node[] = [{ state: set.start, shape: shape.start, before: undefined, code: 0 }]
  while (nodes.length > 0) {
    const next: Node[] = []
    for (const node of nodes) {
      if (shape.accepts(node.shape)) add(node.state, () => textTo(node))
      for (const code of codesFrom(set, node, shape)) {
        const after = shape.step(node.shape, code)
        if (after === undefined) continue
        if (!spend(effort, node.state.length + 1)) return { texts: [...found.values()], complete: false }
        const state = set.step(node.state, code)
        const name = `${after} ${state.join()}`
        if (seen.has(name)) continue
        seen.add(name)
        next.push({ state, shape: after, before: node, code })
      }
    }
    nodes = next
  }
  return { texts: [...found.values()], complete: true }
}

export function hasShape(text: string, shape: Shape): boolean {
  let state: number | undefined = shape.start
  for (let n = 0; n < text.length && state !== undefined; n++) state = shape.step(state, text.charCodeAt(n))
  return state !== undefined && shape.accepts(state)
}

/** One for all the characters that no pattern tells apart from here, and each that some pattern does. */
function codesFrom(set: GlobSet, { state, shape: at }: Node, shape: Shape): number[] {
  const codes = set.toldApart(state)
  for (let n = 0; n < shape.toldApart.length; n++) codes.add(shape.toldApart.charCodeAt(n))
  for (let n = 0; n < shape.fillers.length; n++) {
    const filler = shape.fillers.charCodeAt(n)
    if (!codes.has(filler) && shape.step(at, filler) !== undefined) return [filler, ...codes]
  }
  return [...codes]
}

function textTo(node: Node): string {
  const codes: number[] = []
  for (let at = node; at.before !== undefined; at = at.before) codes.push(at.code)
  return String.fromCharCode(...codes.reverse())
}
