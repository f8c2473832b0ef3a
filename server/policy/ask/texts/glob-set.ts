import type { Piece, Variable } from '../../match/segment.ts'

/** One pattern, character by character. A wildcard that does not cross stays between two colons. */
export type Glob = readonly Token[]
type Token =
  | { kind: 'text'; code: number; caseless: boolean }
  | { kind: 'any'; crosses: boolean }
  | { kind: 'star'; crosses: boolean }

/** What a variable stands for: text, or a star for what is not known. Undefined when it has no value. */
export type Resolve = (variable: Variable) => Exclude<Piece, Variable> | undefined

/** Undefined for a pattern that matches nothing, as one does whose variable has no value. */
export function globOf(
  pieces: readonly Piece[] | undefined,
  resolve: Resolve,
  caseless = false,
): Glob | undefined {
  const tokens: Token[] = []
  for (const piece of pieces ?? []) {
    const known = typeof piece === 'object' && 'key' in piece ? resolve(piece) : piece
    if (known === undefined) return undefined
    if (typeof known === 'string') tokens.push(...tokensOf(known, caseless))
    else tokens.push({ kind: known.wildcard === '*' ? 'star' : 'any', crosses: known.crosses })
  }
  return pieces && tokens
}

/** A pattern for one text and no other. */
export function tokensOf(text: string, caseless: boolean): Token[] {
  return [...Array(text.length).keys()].map(at => ({ kind: 'text', code: text.charCodeAt(at), caseless }))
}

/** Places in the patterns that a text may have come to, in rising order. Those in no pattern any more: none. */
export type State = readonly number[]

const colon = 0x3a

/**
 * Patterns side by side, as one automaton that reads a text once: a state is the set of all the places that
 * the text so far may have come to. States are made when they are asked for, since of all that there could be
 * few can be reached.
 */
export class GlobSet {
  readonly start: State
  /** The tokens of all patterns, one after the other; a number ends the pattern of that number. */
  readonly #tokens: readonly (Token | number)[]

  constructor(globs: readonly (Glob | undefined)[]) {
    const tokens: (Token | number)[] = []
    const starts: number[] = []
    for (const [n, glob] of globs.entries()) {
      if (glob === undefined) continue
      starts.push(tokens.length)
      tokens.push(...glob, n)
    }
    this.#tokens = tokens
    this.start = this.#reach(starts)
  }

  /** After one more character. */
  step(state: State, code: number): State {
    const next: number[] = []
    for (const at of state) {
      const token = this.#tokens[at]
      if (token === undefined || typeof token === 'number' || !accepts(token, code)) continue
      next.push(token.kind === 'star' ? at : at + 1)
    }
    return this.#reach(next)
  }

  /** The characters that matter from here: any two others lead to the same state. */
  toldApart(state: State): Set<number> {
    const codes = new Set<number>()
    for (const at of state) {
      const token = this.#tokens[at]
      if (token === undefined || typeof token === 'number') continue
      if (token.kind === 'text') for (const code of spellings(token)) codes.add(code)
      else if (!token.crosses) codes.add(colon)
    }
    return codes
  }

  /** Which patterns match a text that ends here, in rising order. */
  matched(state: State): number[] {
    return state.map(at => this.#tokens[at]).filter(token => typeof token === 'number')
  }

  read(text: string): State {
    let state = this.start
    for (let n = 0; n < text.length; n++) state = this.step(state, text.charCodeAt(n))
    return state
  }

  /** A star may be nothing, so that what follows it is reached with it. */
  #reach(places: readonly number[]): State {
    const reached = new Set<number>()
    for (const place of places) {
      for (let at = place; !reached.has(at); at++) {
        reached.add(at)
        const token = this.#tokens[at]
        if (typeof token !== 'object' || token.kind !== 'star') break
      }
    }
    return [...reached].sort((one, other) => one - other)
  }
}

function accepts(token: Token, code: number): boolean {
  if (token.kind !== 'text') return token.crosses || code !== colon
  return token.code === code || (token.caseless && lower(token.code) === lower(code))
}

const kelvin = 0x212a

/** In upper and lower case; and `k` has a third spelling, the sign for kelvin. */
function spellings({ code, caseless }: Extract<Token, { kind: 'text' }>): number[] {
  if (!caseless) return [code]
  const text = String.fromCharCode(code)
  const spelled = [code, lower(code), text.toUpperCase().charCodeAt(0)]
  return lower(code) === 0x6b ? [...spelled, kelvin] : spelled
}

function lower(code: number): number {
  return String.fromCharCode(code).toLowerCase().charCodeAt(0)
}
