import type { Context } from '../request.ts'
import { type PatternOptions, readChunks, type Span } from './read-chunks.ts'
import {
  type Chunk,
  endAt,
  endOfFirst,
  lengthOf,
  type Piece,
  star,
  textOf,
  type Variable,
} from './segment.ts'

/** A compiled pattern. One whose variables have no value matches nothing. */
export type Pattern = {
  /** As it was given. */
  readonly source: string
  matches(text: string, context: Context): boolean
  /** The same for the part of a text from `from` up to `to`. */
  matchesWithin(text: string, from: number, to: number, context: Context): boolean
  /** The text that it means, where it has neither wildcards nor variables. */
  readonly literal: string | undefined
  /** The one text that it means in this context; undefined with wildcards, or when a variable has no value. */
  textIn(context: Context): string | undefined
  readonly anchor: Anchor
  /** The keys of its variables that have no default. */
  readonly needs: readonly string[]
  /** Undefined for one that matches nothing. */
  readonly pieces: readonly Piece[] | undefined
}

/**
 * The pieces of plain text that every text which matches has in it, and those that it begins and ends with;
 * `exact` when there is one and it is all. Of an ARN, only the last field counts, the resource: in the others
 * ARNs are too much alike to be told apart.
 */
export type Anchor = { runs: readonly string[]; prefix: string; suffix: string; exact: boolean }

/** No help: the text may be any. */
export const everywhere: Anchor = { runs: [], prefix: '', suffix: '', exact: false }

/**
 * Compiles a pattern once. A variable's value is text: a person whose name holds a `*` must not match
 * everybody's.
 *
 * @see AWS IAM User Guide, "IAM policy elements: Variables and tags"
 */
export function compilePattern(source: string, options: PatternOptions): Pattern {
  return compileSpans(source, [{ source, ...options }])
}

/**
 * One pattern of several stretches.
 *
 * @param source what it is called
 * @param headLength how many characters at its start are the head of an ARN, which its anchor leaves out
 */
export function compileSpans(source: string, spans: readonly Span[], headLength = 0): Pattern {
  const chunks = readChunks(spans)
  const literal = textOfAll(chunks)
  if (literal !== undefined) return new LiteralPattern(literal, source, headLength)
  return new ChunksPattern(chunks, source, headLength)
}

class LiteralPattern implements Pattern {
  readonly literal: string
  readonly source: string
  readonly needs: readonly string[] = none
  readonly #headLength: number

  constructor(literal: string, source: string, headLength: number) {
    this.literal = literal
    this.source = source
    this.#headLength = headLength
  }

  get anchor(): Anchor {
    const text = this.literal.slice(this.#headLength)
    return { runs: [text], prefix: text, suffix: '', exact: true }
  }

  get pieces(): readonly Piece[] {
    return [this.literal]
  }

  textIn(): string {
    return this.literal
  }

  matches(text: string): boolean {
    return text === this.literal
  }

  matchesWithin(text: string, from: number, to: number): boolean {
    return to - from === this.literal.length && text.startsWith(this.literal, from)
  }
}

class ChunksPattern implements Pattern {
  // What matching needs stands first, and so together.
  readonly #chunks: readonly Chunk[]
  /** Where the first and the last `*` are; behind all chunks, and before them, when there is none. */
  readonly #firstStar: number
  readonly #lastStar: number
  readonly #headLength: number
  readonly literal = undefined
  readonly source: string
  readonly needs: readonly string[]

  constructor(chunks: readonly Chunk[], source: string, headLength: number) {
    this.source = source
    this.#chunks = chunks
    this.#headLength = headLength
    const firstStar = chunks.indexOf(star)
    this.#firstStar = firstStar < 0 ? chunks.length : firstStar
    this.#lastStar = chunks.lastIndexOf(star)
    const needs = chunks.flatMap(chunk => (isNeedy(chunk) ? chunk.key : []))
    this.needs = needs.length === 0 ? none : needs
  }

  get anchor(): Anchor {
    const prefix = textOnly(this.#chunks[0]).slice(this.#headLength)
    const others = this.#chunks.slice(1).filter(chunk => typeof chunk === 'string')
    const runs = prefix === '' ? others : [prefix, ...others]
    return { runs, prefix, suffix: textOnly(this.#chunks.at(-1)), exact: false }
  }

  get pieces(): readonly Piece[] {
    return this.#chunks.flatMap(piecesOf)
  }

  textIn(context: Context): string | undefined {
    return textOf(this.#chunks, context)
  }

  matches(text: string, context: Context): boolean {
    return this.matchesWithin(text, 0, text.length, context)
  }

  /**
   * The first segment at the start, the last at the end, each other one at its first place after the one
   * before. Taking the first place is never wrong, so that nothing is ever tried twice.
   */
  matchesWithin(text: string, from: number, to: number, context: Context): boolean {
    const chunks = this.#chunks
    let at = endAt(chunks, 0, this.#firstStar, text, from, context)
    if (at < 0) return false
    if (this.#lastStar < 0) return at === to

    const lastLength = lengthOf(chunks, this.#lastStar + 1, chunks.length, context)
    if (lastLength === undefined) return false
    const end = to - lastLength
    if (end < at || endAt(chunks, this.#lastStar + 1, chunks.length, text, end, context) < 0) return false
    for (let first = this.#firstStar + 1; first <= this.#lastStar; ) {
      const next = chunks.indexOf(star, first)
      at = endOfFirst(chunks, first, next, text, at, context)
      if (at < 0 || at > end) return false
      first = next + 1
    }
    return true
  }
}

const none: readonly string[] = []
const anything: Piece = { wildcard: '*', crosses: true }

/** What a lone `*` means, and what an ARN that ends too early does. */
export const everything: Pattern = {
  source: '*',
  literal: undefined,
  textIn: () => undefined,
  matches: () => true,
  matchesWithin: () => true,
  anchor: everywhere,
  needs: none,
  pieces: [anything],
}

export const nothing: Pattern = {
  ...everything,
  matches: () => false,
  matchesWithin: () => false,
  pieces: undefined,
}

function piecesOf(chunk: Chunk): Piece[] {
  if (typeof chunk !== 'number') return [chunk]
  if (chunk === star) return [anything]
  return Array.from({ length: chunk }, () => ({ wildcard: '?', crosses: true }))
}

function textOnly(chunk: Chunk | undefined): string {
  return typeof chunk === 'string' ? chunk : ''
}

function textOfAll(chunks: readonly Chunk[]): string | undefined {
  return chunks.every(chunk => typeof chunk === 'string') ? chunks.join('') : undefined
}

function isNeedy(chunk: Chunk): chunk is Variable {
  return typeof chunk === 'object' && chunk.fallback === undefined
}
